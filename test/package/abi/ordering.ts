import type { Binary, Check, Mutation } from './binary'
import type { Instruction } from './disassembly'

const functionOf = (name: string): RegExp => new RegExp(`^_ZNK?4rseq6region9Directory${name.length}${name}E`)

/** What clears a hold: a thread's last stores to a cell come before whatever a remover stores there. */
const LET_GO = /^_ZNK?4rseq6region9Directory(?:13let_go_locked|5leave)E/

/** The instructions there that store atomically, or would if they were right. */
function clearings(binary: Binary): Instruction[] {
  const isOne = ({ mnemonic, operands }: Instruction): boolean =>
    binary.elf.arch === 'arm64'
      ? /^stl?xr$/.test(mnemonic)
      : /^(?:lock )?and/.test(mnemonic) && operands.at(-1)?.includes('(') === true
  return binary.functions(LET_GO).filter(isOne)
}

const RELEASING = { x64: /^lock /, arm64: /^stlxr$/ }

export const lettingGo: Check = {
  name: 'who lets go of an entry releases it',
  problems(binary) {
    const found = clearings(binary)
    if (found.length === 0) return ['clears no hold']
    return found
      .filter(({ mnemonic }) => !RELEASING[binary.elf.arch].test(mnemonic))
      .map(({ text }) => `clears a hold by ${text}`)
  },
}

/** What must be in a function, for what stands there on x86-64 without an instruction of its own. */
const FENCES: readonly (readonly [name: string, instruction: RegExp, why: string])[] = [
  ['is_held', /^ldar x/, 'acquires what was let go of'],
  ['still', /^dmb ishld/, 'looks behind what was read'],
  ['remove', /^dmb ish$/, 'says so before the zeros'],
  ['build', /^dmb ish$/, 'writes behind the last removal'],
  ['let_go_locked', /^dmb ish$/, 'is dirty before the change'],
]

function fencesIn(binary: Binary, name: string, instruction: RegExp): Instruction[] {
  const text = ({ mnemonic, operands }: Instruction): string => `${mnemonic} ${operands.join()}`
  return binary.functions(functionOf(name)).filter((one) => instruction.test(text(one)))
}

export const fencing: Check = {
  name: 'the fences of the directory are there',
  arch: 'arm64',
  problems: (binary) =>
    FENCES.filter(([name, instruction]) => fencesIn(binary, name, instruction).length === 0).map(
      ([name, , why]) => `${name} no longer ${why}`,
    ),
}

/** These may come before an earlier store-release of the same thread. */
const RCPC = /^ldapu?r/

export const acquiring: Check = {
  name: 'every load that acquires comes after the releases before it',
  arch: 'arm64',
  problems: ({ code }) => code.all.filter(({ mnemonic }) => RCPC.test(mnemonic)).map(({ text }) => text),
}

/** STLXR's one bit that makes it release. */
const RELEASE = 1 << 15
/** ldapr w0, [x0] */
const LDAPR = 0xb8bfc000

function at(file: Buffer, { elf }: Binary, found: Instruction | undefined) {
  if (found === undefined) throw new Error('no such instruction')
  const offset = elf.offsetOf(found.address)
  return { offset, word: file.readUInt32LE(offset) }
}

const NOP = 0xd503201f

/** One of the fences is gone. */
const unfenced: Mutation[] = FENCES.map(([name, instruction, why]) => ({
  check: fencing,
  how: `${name} without`,
  complaint: new RegExp(`${name} no longer ${why}`),
  change(file, binary) {
    for (const one of fencesIn(binary, name, instruction))
      file.writeUInt32LE(NOP, binary.elf.offsetOf(one.address))
  },
}))

export const orderingMutations: Mutation[] = [
  ...unfenced,
  {
    check: lettingGo,
    how: 'a plain store',
    complaint: /clears a hold by .*(?:and|stxr)/,
    change(file, binary) {
      const { offset, word } = at(file, binary, clearings(binary).at(-1))
      if (binary.elf.arch === 'arm64') file.writeUInt32LE((word & ~RELEASE) >>> 0, offset)
      else file.writeUInt8(0x90, offset) // a no-operation in place of the prefix
    },
  },
  {
    check: acquiring,
    how: 'a weaker load',
    complaint: /ldapr/,
    change(file, binary) {
      const { offset } = at(
        file,
        binary,
        binary.code.all.find(({ mnemonic }) => mnemonic === 'ldar'),
      )
      file.writeUInt32LE(LDAPR, offset)
    },
  },
]
