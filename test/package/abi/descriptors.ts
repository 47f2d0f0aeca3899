import { contains, type Elf, hex } from '../../support/elf'
import { type Binary, type Check, DESCRIPTOR_SIZE, type Descriptor } from './binary'

/** The bytes before every abort handler. On x86-64 an undefined instruction ends with the signature. */
const BEFORE_HANDLER = { x64: '0fb93d53300553', arm64: '00bc28d4' }

/** A check of each descriptor by itself. */
export function ofEach(
  name: string,
  problem: (descriptor: Descriptor, binary: Binary) => string | undefined,
): Check {
  return {
    name,
    problems: (binary) =>
      binary.descriptors.flatMap((descriptor) => {
        const found = problem(descriptor, binary)
        return found === undefined ? [] : [`section at ${hex(descriptor.start)}: ${found}`]
      }),
  }
}

function inside({ start, postCommit }: Descriptor, address: number): boolean {
  return contains(start, postCommit - start, address)
}

/** What the kernel and debuggers read, without looking at the code. */
export const listing: Check = {
  name: '__rseq_cs_ptr_array lists every aligned descriptor in __rseq_cs once',
  problems({ elf, listed, descriptors }) {
    const { size } = elf.section('__rseq_cs')
    const known = new Set(descriptors.map(({ address }) => address))
    return [
      ...(size % DESCRIPTOR_SIZE === 0 ? [] : [`__rseq_cs has ${size} bytes`]),
      ...(descriptors.length > 0 ? [] : ['__rseq_cs is empty']),
      ...listed.filter((address) => !known.has(address)).map((address) => `${hex(address)} is no descriptor`),
      ...listed.filter((address) => address % 32 !== 0).map((address) => `${hex(address)} is not aligned`),
      ...[...known].flatMap((address) => {
        const times = listed.filter((entry) => entry === address).length
        return times === 1 ? [] : [`${hex(address)} is listed ${times} times`]
      }),
    ]
  },
}

export const zeroes = ofEach('version and flags are 0', ({ version, flags }) =>
  version === 0 && flags === 0 ? undefined : `version ${version}, flags ${flags}`,
)

export const oneFunction = ofEach('start and post-commit are in one function', (descriptor, binary) => {
  const { start, postCommit } = descriptor
  if (postCommit <= start) return 'is empty'
  return binary.inOnePiece(start, postCommit) ? undefined : `ends in another function, at ${hex(postCommit)}`
})

export const handlerPlace = ofEach('the abort handler is out of line', (descriptor, { elf }) => {
  const { abort } = descriptor
  if (inside(descriptor, abort)) return 'has its handler inside'
  const place = elf.sectionAt(abort)?.name
  return place === '__rseq_failure' ? undefined : `has its handler in ${place}`
})

export const ownHandler: Check = {
  name: 'every section has an abort handler of its own',
  problems: ({ descriptors }) =>
    descriptors
      .map(({ abort }) => abort)
      .filter((abort, i, all) => all.indexOf(abort) !== i)
      .map((abort) => `${hex(abort)} serves two sections`),
}

/** What is wrong with the bytes before an abort handler. */
export function signatureBefore(abort: number, elf: Elf): string | undefined {
  const expected = BEFORE_HANDLER[elf.arch]
  const length = expected.length / 2
  const found = elf.bytes(abort - length, length).toString('hex')
  return found === expected ? undefined : `${found} instead of ${expected} before its handler`
}

export const signature = ofEach('the signature is right before the abort handler', ({ abort }, { elf }) =>
  signatureBefore(abort, elf),
)

export const exits: Check = {
  name: 'exit points are in the function of their section, outside of it',
  problems(binary) {
    const { descriptors, exitPoints } = binary
    const missing = descriptors.filter(({ start }) => !exitPoints.some((point) => point.start === start))
    return [
      ...missing.map(({ start }) => `section at ${hex(start)}: no exit point`),
      ...exitPoints.flatMap(({ start, exit }) => {
        const descriptor = descriptors.find((candidate) => candidate.start === start)
        if (descriptor === undefined) return [`exit point ${hex(exit)} is of no section`]
        if (inside(descriptor, exit)) return [`section at ${hex(start)}: exit point ${hex(exit)} is inside`]
        if (binary.inOneFunction(start, exit)) return []
        return [`section at ${hex(start)}: exit point ${hex(exit)} is in another function`]
      }),
    ]
  },
}
