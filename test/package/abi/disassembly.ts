import { execFileSync } from 'node:child_process'
import { type Arch, hex } from '../../support/elf'

/** binutils for this machine come with g++, those for another with its cross compiler. */
export function tool(name: 'objdump' | 'strip', arch: Arch): string {
  return arch === process.arch ? name : `${{ x64: 'x86_64', arm64: 'aarch64' }[arch]}-linux-gnu-${name}`
}

export interface Instruction {
  address: number
  size: number
  mnemonic: string
  operands: string[]
  /** as written by objdump, for messages */
  text: string
  /** where a direct branch goes, or what a program-counter-relative operand points at */
  target: number | undefined
}

/** The operands of one instruction: split at commas outside of brackets. */
function split(operands: string): string[] {
  return operands
    .split(/,(?![^([{]*[)\]}])/)
    .map((operand) => operand.trim())
    .filter((operand) => operand !== '')
}

function parse(line: string): Omit<Instruction, 'size'> | undefined {
  const [, at, text = ''] = /^ *([0-9a-f]+):\t(.*)$/.exec(line) ?? []
  if (at === undefined) return undefined
  const [code = ''] = text.split(/\s+(?:#|\/\/) /)
  const [, mnemonic = '', rest = ''] =
    /^((?:(?:lock|notrack|bnd|rep\w*|cs|ds|data16) )*\S+)\s*(.*)$/.exec(code) ?? []
  // "2a90 <symbol+0x10>" after a branch or adrp, "# 13040 <symbol+0x20>" after an x86-64 memory operand
  const [, target] = /(?:^|[\s#])(?:0x)?([0-9a-f]+) </.exec(text) ?? []
  return {
    address: Number.parseInt(at, 16),
    mnemonic,
    operands: split(rest.replace(/ <.*>/, '')),
    text: text.replace(/\s+/g, ' '),
    target: target === undefined ? undefined : Number.parseInt(target, 16),
  }
}

/** All code of a file, by objdump. */
export class Disassembly {
  readonly all: readonly Instruction[]
  readonly #indexOf: Map<number, number>

  constructor(path: string, arch: Arch) {
    const output = execFileSync(tool('objdump', arch), ['-d', '-w', '--no-show-raw-insn', path], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      maxBuffer: 1 << 28,
    })
    const parsed = output.split('\n').flatMap((line) => parse(line) ?? [])
    this.all = parsed.map((instruction, i) => ({
      ...instruction,
      size: (parsed[i + 1]?.address ?? instruction.address) - instruction.address,
    }))
    this.#indexOf = new Map(this.all.map(({ address }, i) => [address, i]))
  }

  get length(): number {
    return this.all.length
  }

  #index(address: number): number {
    const i = this.#indexOf.get(address)
    if (i === undefined) throw new Error(`no instruction begins at ${hex(address)}`)
    return i
  }

  at(address: number): Instruction {
    return this.all[this.#index(address)] as Instruction
  }

  /** The instructions in [start, end). */
  range(start: number, end: number): Instruction[] {
    return this.all.slice(this.#index(start), this.#index(end))
  }

  /** The `count` instructions before an address. */
  before(address: number, count: number): Instruction[] {
    const i = this.#index(address)
    return this.all.slice(i - count, i)
  }
}
