/** A reader of 64-bit little-endian ELF files: what is in one, as if loaded at address 0. */

export const Machine = { x64: 62, arm64: 183 } as const
export type Arch = keyof typeof Machine

/** R_X86_64_RELATIVE, R_AARCH64_RELATIVE: the word is the load address plus the addend. */
const RELATIVE = { x64: 8, arm64: 1027 }

const SHT = { rela: 4, nobits: 8 }
const SHF = { alloc: 2, tls: 0x400 }
const SYMBOL_SIZE = 24
const RELA_SIZE = 24
const DYNAMIC_SIZE = 16
const SEGMENT_SIZE = 56
const SECTION_SIZE = 64

/** Offsets in the file are kept beside what was read there, for tests that change it. */
export interface Section {
  name: string
  type: number
  flags: number
  address: number
  offset: number
  size: number
}

export interface Segment {
  at: number
  type: number
  flags: number
  offset: number
  address: number
  fileSize: number
  align: number
}

export interface ElfSymbol {
  /** file offset of the name */
  nameAt: number
  name: string
  type: 'function' | 'object' | 'other'
  local: boolean
  defined: boolean
  address: number
  size: number
}

export interface Relocation {
  at: number
  address: number
  type: number
  addend: number
}

export interface DynamicEntry {
  at: number
  tag: number
  value: number
}

export class Elf {
  readonly arch: Arch
  readonly sections: Section[] = []
  readonly segments: Segment[] = []
  readonly relocations: Relocation[] = []
  readonly #file: Buffer
  /** The file with its relative relocations applied. */
  readonly #image: Buffer

  constructor(file: Buffer) {
    this.#file = file
    if (file.toString('latin1', 0, 6) !== '\x7fELF\x02\x01')
      throw new Error('not a 64-bit little-endian ELF file')
    const arch = Object.entries(Machine).find(([, machine]) => machine === file.readUInt16LE(18))?.[0]
    if (arch === undefined) throw new Error(`unknown machine ${file.readUInt16LE(18)}`)
    this.arch = arch as Arch
    this.#readSegments()
    this.#readSections()
    this.#image = this.#relocate()
  }

  #word(at: number): number {
    return Number(this.#file.readBigUInt64LE(at))
  }

  /** The zero-terminated string at a file offset. */
  #string(at: number): string {
    return this.#file.toString('utf8', at, this.#file.indexOf(0, at))
  }

  #readSegments(): void {
    const first = this.#word(32)
    for (let i = 0; i < this.#file.readUInt16LE(56); ++i) {
      const at = first + i * SEGMENT_SIZE
      this.segments.push({
        at,
        type: this.#file.readUInt32LE(at),
        flags: this.#file.readUInt32LE(at + 4),
        offset: this.#word(at + 8),
        address: this.#word(at + 16),
        fileSize: this.#word(at + 32),
        align: this.#word(at + 48),
      })
    }
  }

  #readSections(): void {
    const first = this.#word(40)
    const names = this.#word(first + this.#file.readUInt16LE(62) * SECTION_SIZE + 24)
    for (let i = 0; i < this.#file.readUInt16LE(60); ++i) {
      const at = first + i * SECTION_SIZE
      this.sections.push({
        name: this.#string(names + this.#file.readUInt32LE(at)),
        type: this.#file.readUInt32LE(at + 4),
        flags: this.#word(at + 8),
        address: this.#word(at + 16),
        offset: this.#word(at + 24),
        size: this.#word(at + 32),
      })
    }
  }

  #relocate(): Buffer {
    const image = Buffer.from(this.#file)
    for (const section of this.sections) {
      if (section.type !== SHT.rela) continue
      for (let at = section.offset; at < section.offset + section.size; at += RELA_SIZE) {
        const relocation = {
          at,
          address: this.#word(at),
          type: this.#file.readUInt32LE(at + 8),
          addend: Number(this.#file.readBigInt64LE(at + 16)),
        }
        this.relocations.push(relocation)
        if (relocation.type !== RELATIVE[this.arch]) continue
        image.writeBigInt64LE(BigInt(relocation.addend), this.offsetOf(relocation.address))
      }
    }
    return image
  }

  /** The section of this name, or one without content. */
  section(name: string): Section {
    const found = this.sections.find((section) => section.name === name)
    return found ?? { name, type: 0, flags: 0, address: 0, offset: 0, size: 0 }
  }

  /** The loaded section that an address is in. */
  sectionAt(address: number): Section | undefined {
    return this.sections.find(({ type, flags, address: start, size }) => {
      // .tbss takes no room: its addresses are also those of the sections after it.
      const tbss = type === SHT.nobits && (flags & SHF.tls) !== 0
      return (flags & SHF.alloc) !== 0 && !tbss && contains(start, size, address)
    })
  }

  /** Where in the file the memory at an address comes from. */
  offsetOf(address: number): number {
    const section = this.sectionAt(address)
    if (section === undefined || section.type === SHT.nobits) {
      throw new Error(`nothing in the file is loaded at ${hex(address)}`)
    }
    return section.offset + address - section.address
  }

  u32(address: number): number {
    return this.#image.readUInt32LE(this.offsetOf(address))
  }

  u64(address: number): number {
    return Number(this.#image.readBigUInt64LE(this.offsetOf(address)))
  }

  bytes(address: number, length: number): Buffer {
    const at = this.offsetOf(address)
    return this.#image.subarray(at, at + length)
  }

  /** A section's content as 64-bit words. */
  words(section: Section): number[] {
    return Array.from({ length: Math.floor(section.size / 8) }, (_, i) => this.u64(section.address + 8 * i))
  }

  symbols(table: '.symtab' | '.dynsym'): ElfSymbol[] {
    const { offset, size } = this.section(table)
    const names = this.section(table === '.symtab' ? '.strtab' : '.dynstr').offset
    return Array.from({ length: Math.floor(size / SYMBOL_SIZE) }, (_, i) => {
      const at = offset + i * SYMBOL_SIZE
      const nameAt = names + this.#file.readUInt32LE(at)
      const info = this.#file.readUInt8(at + 4)
      const type = { 1: 'object', 2: 'function' }[info & 15] ?? 'other'
      return {
        nameAt,
        name: this.#string(nameAt),
        type: type as ElfSymbol['type'],
        local: info >> 4 === 0,
        defined: this.#file.readUInt16LE(at + 6) !== 0,
        address: this.#word(at + 8),
        size: this.#word(at + 16),
      }
    })
  }

  /** The entries before DT_NULL. */
  dynamic(): DynamicEntry[] {
    const { offset, size } = this.section('.dynamic')
    const entries: DynamicEntry[] = []
    for (let at = offset; at < offset + size && this.#word(at) !== 0; at += DYNAMIC_SIZE) {
      entries.push({ at, tag: this.#word(at), value: this.#word(at + 8) })
    }
    return entries
  }
}

export function contains(start: number, size: number, address: number): boolean {
  return address >= start && address < start + size
}

export function hex(address: number): string {
  return `0x${address.toString(16)}`
}
