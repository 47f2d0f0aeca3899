// What the matrix consists of: a cell is a kernel of one architecture beside a C library, on a number of CPUs.
import { newestKernel } from './kernel.mjs'

/** The Debian suites that the C libraries come from. */
export const GLIBC = { 2.31: 'bullseye', 2.36: 'bookworm', 2.41: 'trixie', newest: 'sid' }

const KERNELS = ['5.10', '6.1', '6.12', '6.18', '6.19', '7.0', '7.1', 'newest']
const CPUS = [2, 4, 16]

export const resolve = (arch, kernel) => (kernel === 'newest' ? newestKernel(arch) : kernel)

const [major, minor] = [0, 1].map((part) => (kernel) => Number(kernel.split('.')[part]))

/** Kernels that can be told to check everything that they need not: since 7.1. */
export const canDebug = (kernel) => major(kernel) > 7 || (major(kernel) === 7 && minor(kernel) >= 1)

/** Where the package makes its abort check unasked: src/native/kernel/kernel.cc. */
export const isSuspect = (arch, kernel) =>
  arch === 'arm64' &&
  !canDebug(kernel) &&
  (major(kernel) === 7 || (major(kernel) === 6 && minor(kernel) >= 19))

/** Every kernel with every C library, and with every number of CPUs; the strict kernels once more, strict. */
export function matrix() {
  const libraries = Object.keys(GLIBC)
  return ['arm64', 'x64'].flatMap((arch) =>
    KERNELS.map((kernel) => resolve(arch, kernel)).flatMap((kernel, row) => [
      ...libraries.map((glibc, column) => ({
        arch,
        kernel,
        glibc,
        smp: CPUS[(row + column) % CPUS.length],
        debug: false,
      })),
      ...(canDebug(kernel) ? [{ arch, kernel, glibc: 'newest', smp: 4, debug: true }] : []),
    ]),
  )
}

export const nameOf = ({ arch, kernel, glibc, smp, debug }) =>
  `${arch} ${kernel}${debug ? ' rseq_debug=1' : ''}, glibc ${glibc}, ${smp} CPUs`

/**
 * What a job in a machine gives: where it was, what uname -r said there, how many of its checks held, and what did
 * not.
 * @typedef {{ cell: object, release: string, seconds: number, passed: number, faults: string[] }} Result
 */

/** A result as runner.mjs's finish() wants it. */
export const rowOf = ({ cell, seconds, passed, faults }) => ({
  run: nameOf(cell),
  passed,
  failed: faults.length,
  skipped: 0,
  seconds: Math.round(seconds),
})
