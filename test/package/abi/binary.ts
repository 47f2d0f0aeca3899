import { readFileSync, writeFileSync } from 'node:fs'
import { type Arch, contains, Elf, type ElfSymbol } from '../../support/elf'
import { Disassembly, type Instruction } from './disassembly'

/** struct rseq_cs, and the critical section that it describes. */
export interface Descriptor {
  address: number
  version: number
  flags: number
  start: number
  postCommit: number
  abort: number
}

export interface ExitPoint {
  start: number
  exit: number
}

export const DESCRIPTOR_SIZE = 32

/** Instructions that arm a section: they load the descriptor's address and store it. */
const ARMING = { x64: 2, arm64: 3 }

export function readDescriptor(elf: Elf, address: number): Descriptor {
  const start = elf.u64(address + 8)
  return {
    address,
    version: elf.u32(address),
    flags: elf.u32(address + 4),
    start,
    postCommit: start + elf.u64(address + 16),
    abort: elf.u64(address + 24),
  }
}

/** A built, unstripped addon. */
export class Binary {
  readonly path: string
  readonly elf: Elf
  readonly #functions: ElfSymbol[]
  #code: Disassembly | undefined

  constructor(path: string) {
    this.path = path
    this.elf = new Elf(readFileSync(path))
    this.#functions = this.elf
      .symbols('.symtab')
      .filter(({ type, defined }) => type === 'function' && defined)
  }

  get code(): Disassembly {
    this.#code ??= new Disassembly(this.path, this.elf.arch)
    return this.#code
  }

  /** Addresses in __rseq_cs_ptr_array. */
  get listed(): number[] {
    return this.elf.words(this.elf.section('__rseq_cs_ptr_array'))
  }

  /** The content of __rseq_cs. */
  get descriptors(): Descriptor[] {
    const { address, size } = this.elf.section('__rseq_cs')
    return Array.from({ length: Math.floor(size / DESCRIPTOR_SIZE) }, (_, i) =>
      readDescriptor(this.elf, address + i * DESCRIPTOR_SIZE),
    )
  }

  /** The content of __rseq_exit_point_array. */
  get exitPoints(): ExitPoint[] {
    const words = this.elf.words(this.elf.section('__rseq_exit_point_array'))
    return words.flatMap((start, i) => (i % 2 === 0 ? [{ start, exit: words[i + 1] ?? 0 }] : []))
  }

  /** Names of the function in .text at an address: several where constructors share their code. */
  #namesAt(address: number): string[] {
    if (this.elf.sectionAt(address)?.name !== '.text') return []
    return this.#functions.filter((f) => contains(f.address, f.size, address)).map(({ name }) => name)
  }

  /** All addresses are in one piece of one function. */
  inOnePiece(...addresses: number[]): boolean {
    const [first = [], ...rest] = addresses.map((address) => this.#namesAt(address))
    return first.some((name) => rest.every((names) => names.includes(name)))
  }

  /** As inOnePiece(), where a function and the part of it that GCC moved away as unlikely are one. */
  inOneFunction(...addresses: number[]): boolean {
    const whole = (name: string) => name.replace(/\.cold(?:\.\d+)?$/, '')
    const [first = [], ...rest] = addresses.map((address) => this.#namesAt(address).map(whole))
    return first.some((name) => rest.every((names) => names.includes(name)))
  }

  /** The instructions of all functions of such a name, and of the parts of them that GCC moved away. */
  functions(named: RegExp): Instruction[] {
    return this.#functions
      .filter(({ name }) => named.test(name))
      .flatMap(({ address, size }) => this.code.all.filter((one) => contains(address, size, one.address)))
  }

  /** The instructions that arm a section. */
  arming({ start }: Descriptor): Instruction[] {
    return this.code.before(start, ARMING[this.elf.arch])
  }

  /** The instructions of a section, from start to commit. */
  body({ start, postCommit }: Descriptor): Instruction[] {
    return this.code.range(start, postCommit)
  }
}

/** One property of a binary. */
export interface Check {
  name: string
  /** of binaries for this one alone */
  arch?: Arch
  /** what is wrong, in words; nothing where all is well */
  problems(binary: Binary): string[]
}

/** A way to break a binary, and the complaint that the check must make of it. */
export interface Mutation {
  check: Check
  how: string
  complaint: RegExp
  change(file: Buffer, binary: Binary): void
}

/** What a mutation's check says of a file that it has broken, and that is then written to `to`. */
export function complaints({ check, change }: Mutation, binary: Binary, content: Buffer, to: string): string {
  change(content, binary)
  writeFileSync(to, content)
  return check.problems(new Binary(to)).join('\n')
}
