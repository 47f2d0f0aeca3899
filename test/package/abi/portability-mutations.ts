import type { Elf } from '../../support/elf'
import type { Mutation } from './binary'
import * as portability from './portability'

const { DF, DF1, DT, PF, PT } = portability

function entry(elf: Elf, tag: number): { at: number; value: number } {
  const found = elf.dynamic().find((candidate) => candidate.tag === tag)
  if (found === undefined) throw new Error(`no dynamic entry ${tag}`)
  return found
}

function setTag(from: number, to: number): Mutation['change'] {
  return (file, { elf }) => file.writeBigInt64LE(BigInt(to), entry(elf, from).at)
}

function flipFlag(tag: number, flag: number): Mutation['change'] {
  return (file, { elf }) => {
    const { at, value } = entry(elf, tag)
    file.writeBigInt64LE(BigInt(value ^ flag), at + 8)
  }
}

function segment(elf: Elf, type: number): { at: number; flags: number } {
  const found = elf.segments.find((candidate) => candidate.type === type)
  if (found === undefined) throw new Error(`no segment of type ${type}`)
  return found
}

function setSegmentFlags(type: number, flags: number): Mutation['change'] {
  return (file, { elf }) => {
    const found = segment(elf, type)
    file.writeUInt32LE(found.flags | flags, found.at + 4)
  }
}

export function rename(name: string): Mutation['change'] {
  return (file, { elf }) => {
    const symbol = elf.symbols('.dynsym').find((candidate) => candidate.name === name)
    if (symbol === undefined) throw new Error(`no symbol ${name}`)
    file.write('X', symbol.nameAt)
  }
}

export const portabilityMutations: Mutation[] = [
  { check: portability.imports, how: 'another name', complaint: /Xalloc/, change: rename('malloc') },
  {
    check: portability.exported,
    how: 'another name',
    complaint: /exports Xapi_register_module_v1.*does not export napi_register/,
    change: rename('napi_register_module_v1'),
  },
  {
    check: portability.unneeding,
    how: 'DT_NEEDED',
    complaint: /not so/,
    change: setTag(DT.soname, DT.needed),
  },
  {
    check: portability.unversioned,
    how: 'DT_VERNEED',
    complaint: /not so/,
    change: setTag(DT.soname, DT.versionNeeds),
  },
  {
    check: portability.nodelete,
    how: 'no flag',
    complaint: /not so/,
    change: flipFlag(DT.flags1, DF1.nodelete),
  },
  { check: portability.now, how: 'no flag', complaint: /not so/, change: flipFlag(DT.flags1, DF1.now) },
  {
    check: portability.dynamicTls,
    how: 'flag',
    complaint: /not so/,
    change: flipFlag(DT.flags, DF.staticTls),
  },
  { check: portability.textrel, how: 'flag', complaint: /not so/, change: flipFlag(DT.flags, DF.textrel) },
  { check: portability.textrel, how: 'entry', complaint: /not so/, change: setTag(DT.soname, DT.textrel) },
  {
    check: portability.relro,
    how: 'no segment',
    complaint: /not so/,
    change: (file, { elf }) => file.writeUInt32LE(0, segment(elf, PT.relro).at),
  },
  {
    check: portability.stack,
    how: 'flag',
    complaint: /not so/,
    change: setSegmentFlags(PT.stack, PF.execute),
  },
  {
    check: portability.writable,
    how: 'flags',
    complaint: /not so/,
    change: setSegmentFlags(PT.load, PF.execute | PF.write),
  },
  {
    check: portability.pages,
    how: 'smaller pages',
    complaint: /not so/,
    change: (file, { elf }) => file.writeBigInt64LE(0x800n, segment(elf, PT.load).at + 48),
  },
  {
    check: portability.controlFlow,
    how: 'no mark',
    complaint: /not so/,
    change: (file, { elf }) => file.writeUInt32LE(1, elf.offsetOf(portability.features(elf)?.address ?? 0)),
  },
]
