import { cpuId, PerCpuBatch, PerCpuCounter, status } from 'rseq'
import type { Case, Loop, QuestionPlan, RowPlan, Scope } from '../src/ts/cli/bench/plan'
import { checkCalls, FLOORS, NAPI, packageAddon } from './native'
import { openTelemetryLoop, promClientLoop } from './others'

/** Words between two cells that different threads write: processors fetch cache lines in pairs. */
const STRIDE_SHIFT = 5
const STRIDE = 1 << STRIDE_SHIFT
const LINE_BYTES = STRIDE * Int32Array.BYTES_PER_ELEMENT
const NAME = 'rseq bench'

interface Variant {
  readonly id: string
  readonly label: string
  readonly kind: RowPlan['kind']
  readonly prepare: Extract<Case, { kind: 'threads' }>['prepare']
  readonly env?: RowPlan['env']
  bytes?(scope: Scope, workers: number): number
}

function counter(fastCalls: boolean): PerCpuCounter {
  checkCalls(fastCalls)
  return PerCpuCounter.named(NAME)
}

export function incLoop(target: PerCpuCounter): Loop {
  return (n) => {
    for (let i = 0; i < n; i++) target.inc()
  }
}

function addLoop(fastCalls: boolean): Loop {
  const target = counter(fastCalls)
  return (n) => {
    for (let i = 0; i < n; i++) target.add((i & 7) + 1)
  }
}

/** Operations are elements: `n` increments, of `size` counters per call. `n` is a power of two, as `size` is. */
function batchLoop(size: number): Loop {
  checkCalls(status().fastCalls)
  const batch = new PerCpuBatch(Array.from({ length: size }, (_, i) => PerCpuCounter.named(`${NAME} ${i}`)))
  const amounts = new Int32Array(size).fill(1)
  return (n) => {
    for (let i = 0; i < n; i += size) batch.add(amounts)
  }
}

export function atomicLoop(cells: Int32Array, at: number): Loop {
  return (n) => {
    for (let i = 0; i < n; i++) Atomics.add(cells, at, 1)
  }
}

const stripesOf = ({ possibleCpus }: Scope): number => possibleCpus + 1
const ourBytes = (scope: Scope): number => stripesOf(scope) * BigInt64Array.BYTES_PER_ELEMENT

const VARIANTS: readonly Variant[] = [
  {
    id: 'rseq-fast',
    label: 'PerCpuCounter.inc()',
    kind: 'ours',
    bytes: ourBytes,
    prepare: () => incLoop(counter(true)),
  },
  {
    id: 'rseq-fast-add',
    label: 'PerCpuCounter.add(n)',
    kind: 'ours',
    bytes: ourBytes,
    prepare: () => addLoop(true),
  },
  {
    id: 'rseq-napi',
    label: 'PerCpuCounter.inc(), N-API',
    kind: 'ours',
    env: NAPI,
    bytes: ourBytes,
    prepare: () => incLoop(counter(false)),
  },
  {
    id: 'rseq-batch-64',
    label: 'PerCpuBatch, 64 a call',
    kind: 'ours',
    bytes: ourBytes,
    prepare: () => batchLoop(64),
  },
  {
    id: 'rseq-batch-1024',
    label: 'PerCpuBatch, 1024 a call',
    kind: 'ours',
    bytes: ourBytes,
    prepare: () => batchLoop(1024),
  },
  {
    id: 'atomics-shared',
    label: 'Atomics.add, shared',
    kind: 'other',
    bytes: () => Int32Array.BYTES_PER_ELEMENT,
    prepare: ({ memory }) => atomicLoop(new Int32Array(memory), 0),
  },
  {
    id: 'atomics-cpu',
    label: 'Atomics.add by cpuId()',
    kind: 'other',
    bytes: ({ possibleCpus }) => possibleCpus * LINE_BYTES,
    prepare({ memory }) {
      packageAddon()
      const cells = new Int32Array(memory)
      return (n) => {
        for (let i = 0; i < n; i++) Atomics.add(cells, cpuId() << STRIDE_SHIFT, 1)
      }
    },
  },
  {
    id: 'atomics-worker',
    label: 'Atomics.add per worker',
    kind: 'other',
    bytes: (_, workers) => workers * LINE_BYTES,
    prepare: ({ memory, worker }) => atomicLoop(new Int32Array(memory), worker * STRIDE),
  },
  {
    id: 'plain-worker',
    label: 'plain += per worker',
    kind: 'other',
    bytes: (_, workers) => workers * LINE_BYTES,
    prepare({ memory, worker }) {
      const cells = new Int32Array(memory, worker * LINE_BYTES, 1)
      return (n) => {
        for (let i = 0; i < n; i++) cells[0] = (cells[0] as number) + 1
      }
    },
  },
  { id: 'prom-client', label: 'prom-client child.inc()', kind: 'other', prepare: promClientLoop },
  { id: 'opentelemetry', label: 'OpenTelemetry add()', kind: 'other', prepare: openTelemetryLoop },
]

function rowOf({ id, label, kind, env, prepare, bytes }: Variant, workers: number, scope: Scope): RowPlan {
  return {
    id,
    label,
    kind,
    workers,
    case: { kind: 'threads', prepare },
    ...(env !== undefined && { env }),
    ...(bytes !== undefined && { bytes: bytes(scope, workers) }),
  }
}

/** What an increment costs, alone and in company. */
export const counters: QuestionPlan = {
  name: 'counters',
  title: 'Counting in worker threads',
  per: 'increment',
  reference: ['rseq-fast', 'rseq-napi'],
  unit: 'inc()',
  notes: [
    'Wall-clock time by the increments of all workers together: what the CPUs do at once counts at once.',
    'Bytes are those of one counter, with the most workers. One number for all workers: PerCpuCounter, PerCpuBatch, Atomics.add shared and by cpuId(). In the other rows each worker has a number of its own.',
    {
      about: ['prom-client', 'opentelemetry'],
      text: 'Nobody else can read that number of prom-client and of OpenTelemetry.',
    },
  ],
  rows: (scope) => [
    ...FLOORS,
    ...(scope.quick ? [1, 2, 4] : [1, 2, 4, 8, 16]).flatMap((workers) =>
      VARIANTS.map((variant) => rowOf(variant, workers, scope)),
    ),
  ],
}

/** Bytes of shared memory that the cells of any variant need. */
export function memoryBytes(workers: number, possibleCpus: number): number {
  return Math.max(workers, possibleCpus) * LINE_BYTES
}
