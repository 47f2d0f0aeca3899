import { contains, hex } from '../../support/elf'
import {
  type Binary,
  type Check,
  DESCRIPTOR_SIZE,
  type Descriptor,
  type Mutation,
  readDescriptor,
} from './binary'
import { signatureBefore } from './descriptors'

/** The markers of src/native/thread/preemption.h: descriptors that are armed, and of which nobody is ever inside. */
function markers({ elf }: Binary): Descriptor[] {
  const symbol = elf.symbols('.symtab').find(({ name }) => name === 'rseq_markers')
  if (symbol === undefined) return []
  const count = Math.floor(symbol.size / DESCRIPTOR_SIZE)
  return Array.from({ length: count }, (_, i) => readDescriptor(elf, symbol.address + i * DESCRIPTOR_SIZE))
}

function ofMarkers(name: string, problem: (marker: Descriptor, binary: Binary) => string | undefined): Check {
  return {
    name,
    problems(binary) {
      const found = markers(binary)
      // One of them has an address whose low half is not 0.
      if (found.length !== 2) return [`${found.length} markers`]
      return found.flatMap((marker) => {
        const wrong = problem(marker, binary)
        return wrong === undefined ? [] : [`marker at ${hex(marker.address)}: ${wrong}`]
      })
    },
  }
}

export const shape = ofMarkers('a marker is what kernels accept, and no section', (marker, binary) => {
  const { address, version, flags, start, postCommit, abort } = marker
  if (address % DESCRIPTOR_SIZE !== 0) return 'is not aligned'
  if (version !== 0 || flags !== 0) return `version ${version}, flags ${flags}`
  if (postCommit <= start) return 'is empty'
  if (contains(start, postCommit - start, abort)) return 'has its handler inside'
  if (binary.listed.includes(address)) return 'is listed as a section'
  return undefined
})

export const range = ofMarkers(
  'nothing of a marker is ever executed',
  ({ start, postCommit, abort }, binary) => {
    const places = [start, postCommit - 1, abort].map((address) => binary.elf.sectionAt(address)?.name)
    if (places.some((place) => place !== '__rseq_failure')) return `its range and handler are in ${places}`
    const traps = [start, abort].map((address) => binary.code.at(address).mnemonic)
    return traps.every((mnemonic) => /^(?:ud2|udf|\.inst|\.word)/.test(mnemonic)) ? undefined : `has ${traps}`
  },
)

export const markerSignature = ofMarkers(
  "the signature is right before a marker's handler",
  ({ abort }, { elf }) => signatureBefore(abort, elf),
)

const one = (binary: Binary): Descriptor => {
  const [marker] = markers(binary)
  if (marker === undefined) throw new Error('no marker')
  return marker
}

/** Writes a word of a descriptor, through its relocation. */
function point(file: Buffer, { elf }: Binary, at: number, to: number): void {
  const relocation = elf.relocations.find(({ address }) => address === at)
  file.writeBigInt64LE(BigInt(to), relocation ? relocation.at + 16 : elf.offsetOf(at))
}

export const markerMutations: Mutation[] = [
  {
    check: shape,
    how: 'a flag',
    complaint: /flags 1/,
    change: (file, binary) => file.writeUInt32LE(1, binary.elf.offsetOf(one(binary).address + 4)),
  },
  {
    check: shape,
    how: 'a handler inside',
    complaint: /handler inside/,
    change: (file, binary) => point(file, binary, one(binary).address + 24, one(binary).start),
  },
  {
    check: range,
    how: 'a range of code',
    complaint: /in \.text/,
    change: (file, binary) => point(file, binary, one(binary).address + 8, binary.descriptors[0]?.start ?? 0),
  },
  {
    check: markerSignature,
    how: 'another signature',
    complaint: /instead of/,
    change(file, binary) {
      const at = binary.elf.offsetOf(one(binary).abort - 1)
      file.writeUInt8(file.readUInt8(at) ^ 1, at)
    },
  },
]
