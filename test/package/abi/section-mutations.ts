import type { Elf } from '../../support/elf'
import type { Binary, Descriptor, Mutation } from './binary'
import * as code from './code'
import * as descriptors from './descriptors'

const NOP = { x64: Buffer.of(0x90), arm64: Buffer.of(0x1f, 0x20, 0x03, 0xd5) }
const SYSTEM_CALL = { x64: Buffer.of(0x0f, 0x05), arm64: Buffer.of(0x01, 0x00, 0x00, 0xd4) }
/** lock incl (%rdi); ldxr x16, [x0] */
const ATOMIC = { x64: Buffer.of(0xf0, 0xff, 0x07), arm64: Buffer.of(0x10, 0x7c, 0x5f, 0xc8) }

/** An addition's section: without a loop, whatever it is changed to has room. */
function first(binary: Binary): Descriptor {
  const descriptor = binary.descriptors.find((candidate) => code.count(candidate, binary).name !== 'watch')
  if (descriptor === undefined) throw new Error('no critical section')
  return descriptor
}

/** Writes the word at an address, through its relocation where it has one. */
function poke(file: Buffer, elf: Elf, address: number, value: number): void {
  const relocation = elf.relocations.find((candidate) => candidate.address === address)
  file.writeBigInt64LE(BigInt(value), relocation ? relocation.at + 16 : elf.offsetOf(address))
}

/** Fills [start, end) with no-operations, then puts `bytes` at its beginning. */
function patch(file: Buffer, { elf }: Binary, start: number, end: number, bytes?: Buffer): void {
  const at = elf.offsetOf(start)
  file.fill(NOP[elf.arch], at, at + end - start)
  bytes?.copy(file, at)
}

/** The last instruction of the first section replaced. */
function replaceCommit(file: Buffer, binary: Binary, bytes?: Buffer): void {
  const { postCommit } = first(binary)
  patch(file, binary, binary.code.before(postCommit, 1)[0]?.address ?? 0, postCommit, bytes)
}

function jump({ arch }: Elf, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(arch === 'x64' ? 5 : 4)
  if (arch === 'arm64') bytes.writeUInt32LE(0x14000000 | (((to - from) >> 2) & 0x3ffffff))
  else bytes.writeInt32LE(to - from - bytes.length, bytes.writeUInt8(0xe9))
  return bytes
}

const entryPoint = ({ elf }: Binary) =>
  elf.symbols('.dynsym').find(({ name }) => name === 'napi_register_module_v1')?.address ?? 0

export const sectionMutations: Mutation[] = [
  {
    check: descriptors.listing,
    how: 'an address listed twice, another not at all',
    complaint: /listed 0 times.*listed 2 times/,
    change(file, { elf, listed: [, second = 0] }) {
      poke(file, elf, elf.section('__rseq_cs_ptr_array').address, second)
    },
  },
  {
    check: descriptors.listing,
    how: 'an address that is not aligned',
    complaint: /is not aligned/,
    change(file, { elf, listed: [one = 0] }) {
      poke(file, elf, elf.section('__rseq_cs_ptr_array').address, one + 8)
    },
  },
  {
    check: descriptors.zeroes,
    how: 'a flag',
    complaint: /flags 1/,
    change: (file, binary) => file.writeUInt32LE(1, binary.elf.offsetOf(first(binary).address + 4)),
  },
  {
    check: descriptors.oneFunction,
    how: 'a long section',
    complaint: /another function/,
    change: (file, binary) => poke(file, binary.elf, first(binary).address + 16, 0x8000),
  },
  {
    check: descriptors.handlerPlace,
    how: 'a handler at the start',
    complaint: /handler inside/,
    change: (file, binary) => poke(file, binary.elf, first(binary).address + 24, first(binary).start),
  },
  {
    check: descriptors.handlerPlace,
    how: 'a handler in line',
    complaint: /handler in \.text/,
    change: (file, binary) => poke(file, binary.elf, first(binary).address + 24, first(binary).postCommit),
  },
  {
    check: descriptors.ownHandler,
    how: "another section's handler",
    complaint: /two sections/,
    change: (file, binary) =>
      poke(file, binary.elf, first(binary).address + 24, binary.descriptors.at(-1)?.abort ?? 0),
  },
  {
    check: descriptors.signature,
    how: 'another signature',
    complaint: /instead of/,
    change(file, binary) {
      const at = binary.elf.offsetOf(first(binary).abort - 1)
      file.writeUInt8(file.readUInt8(at) ^ 1, at)
    },
  },
  {
    check: descriptors.exits,
    how: 'an exit to another function',
    complaint: /in another function/,
    change: (file, binary) =>
      poke(file, binary.elf, binary.elf.section('__rseq_exit_point_array').address + 8, entryPoint(binary)),
  },
  {
    check: descriptors.exits,
    how: 'an exit of another section',
    complaint: /no exit point.*is of no section/,
    change: (file, binary) =>
      poke(file, binary.elf, binary.elf.section('__rseq_exit_point_array').address, entryPoint(binary)),
  },
  {
    check: code.handlerJump,
    how: 'a jump to the start',
    complaint: /into the section/,
    change(file, binary) {
      const { abort, start } = first(binary)
      jump(binary.elf, abort, start).copy(file, binary.elf.offsetOf(abort))
    },
  },
  {
    check: code.handlerJump,
    how: 'a jump to another function',
    complaint: /leaves the function/,
    change(file, binary) {
      const { abort } = first(binary)
      jump(binary.elf, abort, entryPoint(binary)).copy(file, binary.elf.offsetOf(abort))
    },
  },
  {
    check: code.arming,
    how: 'a store to another field',
    complaint: /does not store/,
    change(file, binary) {
      // The displacement: the last byte on x86-64, counted in words from bit 10 on aarch64.
      const at = binary.elf.offsetOf(first(binary).start)
      if (binary.elf.arch === 'x64') file.writeUInt8(16, at - 1)
      else file.writeUInt32LE(file.readUInt32LE(at - 4) + (1 << 10), at - 4)
    },
  },
  {
    check: code.arming,
    how: "another section's descriptor",
    complaint: /something else/,
    change(file, binary) {
      // Swaps two descriptors' starts.
      const [one, two] = binary.descriptors
      poke(file, binary.elf, (one?.address ?? 0) + 8, two?.start ?? 0)
      poke(file, binary.elf, (two?.address ?? 0) + 8, one?.start ?? 0)
    },
  },
  {
    check: code.plain,
    how: 'a system call',
    complaint: /syscall|svc/,
    change: (file, binary) => replaceCommit(file, binary, SYSTEM_CALL[binary.elf.arch]),
  },
  {
    check: code.plain,
    how: 'an atomic',
    complaint: /lock|ldxr/,
    change: (file, binary) => replaceCommit(file, binary, ATOMIC[binary.elf.arch]),
  },
  {
    check: code.leaving,
    how: 'a branch that no exit point tells of',
    complaint: /leaves by/,
    change: (file, binary) =>
      poke(
        file,
        binary.elf,
        binary.elf.section('__rseq_exit_point_array').address + 8,
        first(binary).postCommit,
      ),
  },
  {
    check: code.commit,
    how: 'no commit',
    complaint: /0 stores/,
    change: (file, binary) => replaceCommit(file, binary),
  },
  {
    check: code.commit,
    how: 'an instruction after the commit',
    complaint: /goes on after/,
    change(file, binary) {
      const { address, start, postCommit } = first(binary)
      const { size } = binary.code.at(postCommit)
      patch(file, binary, postCommit, postCommit + size)
      poke(file, binary.elf, address + 16, postCommit + size - start)
    },
  },
  {
    check: code.short,
    how: 'a long section',
    complaint: /instructions, more than/,
    change(file, binary) {
      const { address, start, postCommit } = first(binary)
      let end = postCommit
      for (let i = 0; i < 3; i++) end += binary.code.at(end).size
      poke(file, binary.elf, address + 16, end - start)
    },
  },
]
