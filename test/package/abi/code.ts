import { contains, hex } from '../../support/elf'
import type { Binary, Descriptor } from './binary'
import { ofEach } from './descriptors'
import type { Instruction } from './disassembly'

const JUMP = { x64: /^jmp$/, arm64: /^b$/ }
const BRANCH = { x64: /^j/, arm64: /^(?:b|b\..*|cbn?z|tbn?z)$/ }

/** Calls, returns and system calls; and on aarch64 exclusives and LSE atomics. */
const FORBIDDEN = {
  x64: /^(?:lock |call|ret|iret|int|sysc|syse|sysr|cmpxchg\d+b|xbegin)/,
  arm64:
    /^(?:bl|br|ret|svc|hvc|smc|lda?x[rp]|stl?x[rp]|cas|swp|(?:ld|st)(?:add|clr|eor|set|[su]max|[su]min))/,
}

/** x86-64 instructions whose last operand is read only. */
const READS = /^(?:cmp|test|bt|u?comis|j|lea|nop|push|i?mul|i?div|prefetch)/

/**
 * Upper bounds on the instructions from the load of the descriptor's address to the commit. x86-64 adds
 * floats in a register: load, add, store instead of one instruction.
 */
const BOUNDS = {
  x64: { add_i64: 6, add_f64: 8, compare_store: 8, compare_store_store: 9, watch: 11, append: 13 },
  arm64: { add_i64: 9, add_f64: 9, compare_store: 10, compare_store_store: 11, watch: 14, append: 17 },
}
type Operation = keyof (typeof BOUNDS)['x64']

/** Those that write what their commit then publishes, by one instruction. */
const PUBLISHING: readonly Operation[] = ['compare_store_store', 'append']

/** The memory operand of an AT&T instruction. */
function isMemory(operand: string | undefined): boolean {
  return operand?.includes('(') ?? false
}

function isStore({ mnemonic, operands }: Instruction, { elf }: Binary): boolean {
  if (elf.arch === 'arm64') return mnemonic.startsWith('st')
  return isMemory(operands.at(-1)) && !READS.test(mnemonic)
}

function isForbidden({ mnemonic, operands }: Instruction, { elf }: Binary): boolean {
  if (FORBIDDEN[elf.arch].test(mnemonic)) return true
  if (elf.arch === 'arm64') return false
  const indirect = /\bjmp/.test(mnemonic) && operands[0]?.startsWith('*') === true
  return indirect || (mnemonic.startsWith('xchg') && operands.some(isMemory)) // xchg locks by itself
}

/**
 * The operation that a section is a copy of: those with a loop, with a second comparison, or by its arithmetic; of two
 * such the one that stores before it commits.
 */
function operation(body: Instruction[], binary: Binary): Operation {
  const start = body[0]?.address ?? 0
  const stores = body.slice(0, -1).some((instruction) => isStore(instruction, binary))
  if (body.some(({ address, target = address }) => target >= start && target < address)) {
    return stores ? 'append' : 'watch'
  }
  if (body.filter(({ mnemonic }) => mnemonic.startsWith('cmp')).length > 1) {
    return stores ? 'compare_store_store' : 'compare_store'
  }
  const registers = body.flatMap(({ target, operands }) => (target === undefined ? operands : []))
  return registers.some((operand) => /^(?:%xmm|d)\d+$/.test(operand)) ? 'add_f64' : 'add_i64'
}

/** Instructions of a section, and how many it may have. */
export function count(descriptor: Descriptor, binary: Binary) {
  const body = binary.body(descriptor)
  const name = operation(body, binary)
  return {
    name,
    instructions: binary.arming(descriptor).length + body.length,
    bound: BOUNDS[binary.elf.arch][name],
  }
}

export const handlerJump = ofEach(
  'the abort handler jumps back to the function, outside of the section',
  ({ start, postCommit, abort }, binary) => {
    const { mnemonic, target, text } = binary.code.at(abort)
    if (!JUMP[binary.elf.arch].test(mnemonic) || target === undefined) return `handler does not jump: ${text}`
    if (contains(start, postCommit - start, target)) return `handler jumps into the section: ${text}`
    return binary.inOneFunction(start, target) ? undefined : `handler leaves the function: ${text}`
  },
)

export const arming = ofEach(
  "the descriptor's address is stored to rseq_cs right before the start",
  (descriptor, binary) => {
    const instructions = binary.arming(descriptor)
    const load = instructions[0]
    const add = instructions.at(-2)
    const store = instructions.at(-1)
    const text = instructions.map((instruction) => instruction.text).join('; ')
    const x64 = binary.elf.arch === 'x64'
    const register = load?.operands[x64 ? 1 : 0] ?? ''
    const low = x64 ? 0 : Number(add?.operands[2]?.slice(1))
    if (load?.mnemonic !== (x64 ? 'lea' : 'adrp') || (load.target ?? 0) + low !== descriptor.address) {
      return `loads something else than ${hex(descriptor.address)}: ${text}`
    }
    if (!x64 && (add?.mnemonic !== 'add' || add.operands[0] !== register || add.operands[1] !== register)) {
      return `loads half an address: ${text}`
    }
    const stored = x64
      ? store?.mnemonic === 'mov' &&
        store.operands[0] === register &&
        /^0x8\(%\w+\)$/.test(store.operands[1] ?? '')
      : store?.mnemonic === 'str' &&
        store.operands[0] === register &&
        /^\[x\d+, #8\]$/.test(store.operands[1] ?? '')
    return stored ? undefined : `does not store to rseq_cs: ${text}`
  },
)

export const plain = ofEach('no call, system call or atomic inside', (descriptor, binary) => {
  const found = binary.body(descriptor).find((instruction) => isForbidden(instruction, binary))
  return found === undefined ? undefined : `has ${found.text}`
})

export const leaving = ofEach('branches stay inside or go to a listed exit point', (descriptor, binary) => {
  const { start, postCommit } = descriptor
  const exits = binary.exitPoints.filter((point) => point.start === start).map(({ exit }) => exit)
  const found = binary
    .body(descriptor)
    .filter(({ mnemonic }) => BRANCH[binary.elf.arch].test(mnemonic))
    .find(({ target = 0 }) => !contains(start, postCommit - start, target) && !exits.includes(target))
  return found === undefined ? undefined : `leaves by ${found.text}`
})

/** … but for the one that writes what it publishes. */
export const commit = ofEach('the last instruction is the only store', (descriptor, binary) => {
  const body = binary.body(descriptor)
  const stores = body.filter((instruction) => isStore(instruction, binary))
  const allowed = PUBLISHING.includes(operation(body, binary)) ? 2 : 1
  if (stores.length !== allowed) return `has ${stores.length} stores`
  return stores.at(-1) === body.at(-1) ? undefined : `goes on after ${stores.at(-1)?.text}`
})

export const short = ofEach('no more instructions than allowed', (descriptor, binary) => {
  const { name, instructions, bound } = count(descriptor, binary)
  return instructions <= bound ? undefined : `${name} has ${instructions} instructions, more than ${bound}`
})
