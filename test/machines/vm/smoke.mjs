// One cell of the matrix: worlds run in its machine, and what must hold of them.
import { runInCell } from './boot.mjs'
import { isSuspect, nameOf } from './cells.mjs'

const ALL = ['default', 'napi', 'self', 'mm_cid', 'denied', 'inject', 'inject self', 'probed']
const FEW = ['default', 'self', 'inject']

/** What is wrong with a world's report. `broken`: this kernel does not abort sections. */
function faultsOf(report, cell, broken) {
  const { name, error, main, sum, expected, aborts, reasons, backends, registrations } = report
  if (error !== undefined) return [`${name}: ${error}`]
  const faults = []
  const must = (holds, what) => holds || faults.push(`${name}: ${what}`)
  const all = (values, value) => values.every((one) => one === value)

  if (name === 'trusting') return faults
  must(sum === expected, `${sum} of ${expected} increments`)
  if (name === 'denied') {
    must(all(backends, 'atomic') && all(reasons, 'EPERM'), `${reasons}, not EPERM`)
    return faults
  }
  const own = name.endsWith('self') || cell.glibc === '2.31'
  must(all(registrations, own ? 'self' : 'libc'), `registered by ${registrations}`)
  must(main.cpuIdSource === 'rseq', `cpuId() reads ${main.cpuIdSource}`)
  if (broken) {
    must(all(reasons, 'UNTRUSTED_KERNEL') && all(backends, 'atomic'), `trusts the kernel: ${reasons}`)
    must(main.message.includes('update'), `says ${main.message}`)
  } else if (name !== 'probed') {
    must(all(reasons, 'OK') && all(backends, 'rseq'), `${reasons}, not OK`)
    if (name.startsWith('inject')) must(aborts > 0, 'no section was aborted')
  }
  if (own) {
    const mode = main.kernel.featureSize > 32 ? 'optimized' : null
    must(main.area?.mode === mode, `own area in mode ${main.area?.mode}, not ${mode}`)
  }
  return faults
}

/**
 * @param {object} cell of cells.mjs
 * @param {{ folder: string, few?: boolean, workers?: number, echo?: boolean }} options folder: of stage()
 * @returns {Promise<import('./cells.mjs').Result & { reports: object[], broken: boolean }>} broken: sections of this
 *   kernel lose counts where nothing prevents it
 */
export async function smoke(cell, { folder, few = false, workers = 16, echo = false }) {
  const suspect = isSuspect(cell.arch, cell.kernel)
  const worlds = [...(few ? FEW : ALL), ...(suspect ? ['trusting'] : [])]
  const command = `node test/machines/vm/guest/smoke.mjs ${workers} ${worlds.map((name) => `'${name}'`).join(' ')}`
  const { status, stdout, stderr, kernel, seconds } = await runInCell(cell, folder, command)
  const reports = stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
  const trusting = reports.find(({ name }) => name === 'trusting')
  const broken = trusting !== undefined && trusting.sum !== trusting.expected
  const faults = reports.flatMap((report) => faultsOf(report, cell, broken))
  if (status !== 0) faults.push(`the machine ended with ${status}: ${stderr.trim().slice(-2000)}`)
  for (const name of worlds)
    if (!reports.some((report) => report.name === name)) faults.push(`${name}: did not run`)
  const held = reports.filter(({ name }) => !faults.some((fault) => fault.startsWith(`${name}:`)))
  const result = { cell, release: kernel, seconds, passed: held.length, faults, reports, broken }
  if (echo) print(result)
  return result
}

/** What a person sees of it. */
export function print({ cell, release, seconds, reports, broken, faults }) {
  console.log(`\n${nameOf(cell)}: ${release}, emulated, ${seconds.toFixed(0)} s`)
  for (const { name, sum, expected, aborts, main, backends = [] } of reports) {
    if (main === undefined) continue
    const area = main.area === null ? 'no area' : `${main.area.size} of ${main.area.registeredSize} bytes`
    const mode = main.area?.mode ? `, ${main.area.mode}` : ''
    const lost = sum === expected ? 'exact' : `${expected - sum} lost`
    console.log(
      `  ${name}: ${sum} of ${expected} by ${backends.length} workers, ${lost}; ${aborts} aborts; ` +
        `${main.backend}, ${main.reason}, ${main.registration}, ${area}${mode}`,
    )
  }
  if (broken) console.log('  this kernel does not abort sections: what the abort check is for')
  for (const fault of faults) console.log(`  FAILED ${fault}`)
}
