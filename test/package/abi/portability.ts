import type { Elf } from '../../support/elf'
import type { Check } from './binary'

/** Everything that the addon may ask of libc: there in glibc since 2.31 and in musl, under one name. */
const LIBC =
  `__errno_location __tls_get_addr abort calloc clock_gettime close dlsym fchmod fcntl free ftruncate
  getauxval getenv geteuid getrandom link madvise malloc memcmp memcpy memset mmap munmap nanosleep open
  prctl pread pthread_create pthread_detach pthread_join pthread_mutex_lock pthread_mutex_unlock
  pthread_once pthread_sigmask pwrite read sched_getcpu sigaction sigfillset strcmp strlen syscall uname
  unlink`.split(/\s+/)

export const DT = {
  needed: 1,
  soname: 14,
  textrel: 22,
  flags: 30,
  versionSymbols: 0x6ffffff0,
  flags1: 0x6ffffffb,
  versionDefinitions: 0x6ffffffc,
  versionNeeds: 0x6ffffffe,
}
export const DF = { textrel: 4, bindNow: 8, staticTls: 16 }
export const DF1 = { now: 1, nodelete: 8 }
export const PT = { load: 1, stack: 0x6474e551, relro: 0x6474e552 }
export const PF = { execute: 1, write: 2 }

/** GNU_PROPERTY_X86_FEATURE_1_AND, GNU_PROPERTY_AARCH64_FEATURE_1_AND. */
const FEATURES = { x64: 0xc0000002, arm64: 0xc0000000 }
/** Both bits are needed: IBT and SHSTK, BTI and PAC. */
const PROTECTED = 3

function has(elf: Elf, tag: number): boolean {
  return elf.dynamic().some((entry) => entry.tag === tag)
}

function flags(elf: Elf, tag: number): number {
  return elf.dynamic().find((entry) => entry.tag === tag)?.value ?? 0
}

/** A check of one fact. */
function fact(name: string, holds: (elf: Elf) => boolean): Check {
  return { name, problems: ({ elf }) => (holds(elf) ? [] : [`not so: ${name}`]) }
}

/** Names in the dynamic symbol table, of which the first is a dummy. */
export function dynamicNames(elf: Elf, kind: 'imports' | 'exports'): string[] {
  const [, ...symbols] = elf.symbols('.dynsym')
  const wanted = symbols.filter(({ defined, local }) => (kind === 'imports' ? !defined : defined && !local))
  return wanted.map(({ name }) => name)
}

/** @param host how the names of what it is loaded into begin: it imports some of those, or does nothing */
export function importing(name: string, host: string, allowed: (symbol: string) => boolean): Check {
  return {
    name,
    problems({ elf }) {
      const names = dynamicNames(elf, 'imports')
      if (!names.some((symbol) => symbol.startsWith(host))) return ['imports nothing']
      return names.filter((symbol) => !allowed(symbol)).map((symbol) => `imports ${symbol}`)
    },
  }
}

export function exporting(...wanted: string[]): Check {
  return {
    name: `exports are ${wanted.join(' and ')}`,
    problems({ elf }) {
      const names = dynamicNames(elf, 'exports')
      return [
        ...names.filter((name) => !wanted.includes(name)).map((name) => `exports ${name}`),
        ...wanted.filter((name) => !names.includes(name)).map((name) => `does not export ${name}`),
      ]
    },
  }
}

export const imports = importing(
  'imports are Node-API functions and an allow-list of libc',
  'napi_',
  (symbol) => /^napi_\w+$/.test(symbol) || LIBC.includes(symbol),
)

export const exported = exporting('napi_register_module_v1', 'node_api_module_get_api_version_v1')

export const unneeding = fact(
  'needs no library by name',
  (elf) => !has(elf, DT.needed) && has(elf, DT.soname),
)

export const unversioned = fact(
  'knows no symbol versions',
  (elf) => ![DT.versionSymbols, DT.versionDefinitions, DT.versionNeeds].some((tag) => has(elf, tag)),
)

export const nodelete = fact('is never unmapped', (elf) => (flags(elf, DT.flags1) & DF1.nodelete) !== 0)

export const now = fact(
  'binds at once',
  (elf) => (flags(elf, DT.flags1) & DF1.now) !== 0 && (flags(elf, DT.flags) & DF.bindNow) !== 0,
)

export const dynamicTls = fact('takes no static TLS', (elf) => (flags(elf, DT.flags) & DF.staticTls) === 0)

export const textrel = fact(
  'has no text relocations',
  (elf) => !has(elf, DT.textrel) && (flags(elf, DT.flags) & DF.textrel) === 0,
)

export const relro = fact('has read-only relocations', (elf) =>
  elf.segments.some(({ type }) => type === PT.relro),
)

export const stack = fact('has a stack without code', (elf) =>
  elf.segments.some((segment) => segment.type === PT.stack && (segment.flags & PF.execute) === 0),
)

export const writable = fact('has no memory that can be written and run', (elf) => {
  const both = PF.execute | PF.write
  return elf.segments.every((segment) => segment.type !== PT.load || (segment.flags & both) !== both)
})

/** aarch64 kernels have pages of 4, 16 or 64 KiB. */
const PAGE = { x64: 0x1000, arm64: 0x10000 }

export const pages = fact('can be mapped in the largest pages of its architecture', ({ arch, segments }) =>
  segments.every(({ type, align }) => type !== PT.load || align % PAGE[arch] === 0),
)

/** The feature bits of .note.gnu.property, as { address, value }. */
export function features(elf: Elf) {
  const { address, size } = elf.section('.note.gnu.property')
  // A note's head: lengths of name and content, type; "GNU\0". Then properties: type, length, words.
  for (let at = address + 16; at < address + size; ) {
    const length = elf.u32(at + 4)
    if (elf.u32(at) === FEATURES[elf.arch]) return { address: at + 8, value: elf.u32(at + 8) }
    at += 8 + Math.ceil(length / 8) * 8
  }
  return undefined
}

export const controlFlow = fact(
  'is marked for branch protection (IBT and SHSTK, BTI and PAC)',
  (elf) => ((features(elf)?.value ?? 0) & PROTECTED) === PROTECTED,
)
