import { PerCpuPool, status } from 'rseq'
import type { Case, Loop, QuestionPlan, RowPlan, Seat } from '../src/ts/cli/bench/plan'
import { FreeList, WideFreeList } from './free-list'
import { checkCalls, FLOORS, NAPI } from './native'

const NAME = 'rseq bench'
const SLOTS = 64
/** Of one call of the batches; a power of two. */
const MANY = 16
/** What a stream reads at once by default. */
const BUFFER_BYTES = 65_536
const WORD = Int32Array.BYTES_PER_ELEMENT

interface Variant {
  readonly id: string
  readonly label: string
  readonly kind: RowPlan['kind']
  readonly prepare: Extract<Case, { kind: 'threads' }>['prepare']
  /** Of shared memory. */
  readonly bytes?: number
  readonly env?: RowPlan['env']
}

function pool(fastCalls: boolean): PerCpuPool {
  checkCalls(fastCalls)
  return PerCpuPool.named(NAME, { slots: SLOTS })
}

function poolLoop(fastCalls: boolean): Loop {
  const target = pool(fastCalls)
  return (n) => {
    for (let i = 0; i < n; i++) target.release(target.acquire())
  }
}

/** Operations are slots; `n` is a power of two, as {@link MANY} is. */
function manyLoop(): Loop {
  const target = pool(status().fastCalls)
  const slots = new Int32Array(MANY)
  return (n) => {
    for (let i = 0; i < n; i += MANY) target.releaseMany(slots, target.acquireMany(slots))
  }
}

/** A list in the memory that all workers share, which the first of them makes. */
function listOf<List>({ memory, worker }: Seat, bytes: number, make: (isFirst: boolean) => List): List {
  const made = new Int32Array(memory, bytes, 1)
  if (worker > 0) {
    Atomics.wait(made, 0, 0)
    return make(false)
  }
  const list = make(true)
  Atomics.store(made, 0, 1)
  Atomics.notify(made, 0)
  return list
}

/** A loop for each class: calls of a shared one would be polymorphic. */
function freeListLoop(list: FreeList): Loop {
  return (n) => {
    for (let i = 0; i < n; i++) list.release(list.acquire())
  }
}

function wideFreeListLoop(list: WideFreeList): Loop {
  return (n) => {
    for (let i = 0; i < n; i++) list.release(list.acquire())
  }
}

/** What is allocated is garbage at once, which is the collector's lightest work. */
function allocatingLoop(allocate: (bytes: number) => Buffer): Loop {
  return (n) => {
    let last: Buffer | undefined
    for (let i = 0; i < n; i++) last = allocate(BUFFER_BYTES)
    return last
  }
}

const VARIANTS: readonly Variant[] = [
  { id: 'pool', label: 'PerCpuPool', kind: 'ours', prepare: () => poolLoop(true) },
  { id: 'pool-napi', label: 'PerCpuPool, N-API', kind: 'ours', env: NAPI, prepare: () => poolLoop(false) },
  { id: 'pool-many', label: `PerCpuPool, ${MANY} a call`, kind: 'ours', prepare: manyLoop },
  {
    id: 'free-list',
    label: 'Atomics free list, tagged',
    kind: 'other',
    bytes: FreeList.bytes(SLOTS) + WORD,
    prepare: (seat) =>
      freeListLoop(
        listOf(seat, FreeList.bytes(SLOTS), (isFirst) => new FreeList(seat.memory, SLOTS, isFirst)),
      ),
  },
  {
    id: 'free-list-64',
    label: 'Atomics free list, 64-bit head',
    kind: 'other',
    bytes: WideFreeList.bytes(SLOTS) + WORD,
    prepare: (seat) =>
      wideFreeListLoop(
        listOf(seat, WideFreeList.bytes(SLOTS), (isFirst) => new WideFreeList(seat.memory, SLOTS, isFirst)),
      ),
  },
  {
    id: 'alloc-unsafe',
    label: 'Buffer.allocUnsafe(64 KiB)',
    kind: 'other',
    prepare: () => allocatingLoop(Buffer.allocUnsafe),
  },
  { id: 'alloc', label: 'Buffer.alloc(64 KiB)', kind: 'other', prepare: () => allocatingLoop(Buffer.alloc) },
]

function rowOf({ id, label, kind, env, bytes, prepare }: Variant, workers: number): RowPlan {
  return {
    id,
    label,
    kind,
    workers,
    case: { kind: 'threads', prepare, ...(bytes !== undefined && { bytes }) },
    ...(env !== undefined && { env }),
  }
}

/** What a slot of a pool costs, alone and in company. */
export const pools: QuestionPlan = {
  name: 'pool',
  title: 'A slot from a pool, and back',
  per: 'slot taken and given back',
  reference: ['pool', 'pool-napi'],
  unit: 'PerCpuPool',
  notes: [
    `${SLOTS} slots for all workers. Wall-clock time by the slots of all workers together.`,
    {
      about: ['free-list'],
      text: 'The list’s head is one word: a slot’s number, and in all other bits a tag, which comes round after some 33 million slots. One of 64 bits does not; JavaScript has that as BigInts.',
    },
    {
      about: ['alloc-unsafe', 'alloc'],
      text: 'A buffer is allocated and dropped: what the collector does about it is in the figure.',
    },
  ],
  rows: () => [...FLOORS, ...[1, 2].flatMap((workers) => VARIANTS.map((variant) => rowOf(variant, workers)))],
}
