import process from 'node:process'
import { PerCpuCounter, Region, status } from 'rseq'
import {
  type AsyncLoop,
  type QuestionPlan,
  type RowPlan,
  type Scope,
  Unavailable,
} from '../src/ts/cli/bench/plan'
import { atomicLoop, incLoop } from './counters'
import { checkCalls, FLOORS } from './native'
import { promClientLoop } from './others'

const NAME = 'rseq bench'

/** @throws {Unavailable} where processes share nothing */
export function sharedRegion(): Region {
  const { addon, message } = status()
  if (addon === null) throw new Unavailable(message)
  return Region.create({ memfd: true })
}

/** Done when the last message is in the socket, which holds a few hundred: the primary has to keep up. */
function sendLoop(): AsyncLoop {
  return (n) =>
    new Promise((resolve, reject) => {
      for (let i = 1; i < n; i++) process.send?.(1)
      process.send?.(1, undefined, undefined, (error) => (error === null ? resolve(null) : reject(error)))
    })
}

type Variant = Pick<RowPlan, 'id' | 'label' | 'kind' | 'case'>

const VARIANTS: readonly Variant[] = [
  {
    id: 'rseq-region',
    label: 'PerCpuCounter.inc(), shared region',
    kind: 'ours',
    case: {
      kind: 'processes',
      share: () => sharedRegion().path as string,
      prepare({ shared }) {
        checkCalls(status().fastCalls)
        return incLoop(PerCpuCounter.named(NAME, { region: Region.attach(shared) }))
      },
    },
  },
  {
    id: 'atomics-threads',
    label: 'Atomics.add, threads of one process',
    kind: 'other',
    case: { kind: 'threads', prepare: ({ memory }) => atomicLoop(new Int32Array(memory), 0) },
  },
  {
    id: 'prom-client',
    label: 'prom-client child.inc()',
    kind: 'other',
    case: { kind: 'processes', prepare: promClientLoop },
  },
  {
    id: 'ipc',
    label: 'process.send() to the primary',
    kind: 'other',
    case: { kind: 'processes', prepare: sendLoop },
  },
]

/** What an increment costs where processes count the same number. */
export const processes: QuestionPlan = {
  name: 'processes',
  title: 'Counting in several processes',
  per: 'increment',
  reference: ['rseq-region'],
  unit: 'inc()',
  notes: [
    'Workers are processes, as in a cluster; with Atomics.add threads of one process, for Node shares no memory between processes. Wall-clock time by the increments of all together.',
    'One number that anyone can read at any time: PerCpuCounter, Atomics.add, and in the primary process.send().',
    {
      about: ['prom-client'],
      text: 'prom-client counts in each process for itself: what a scrape costs then is in “scrape”.',
    },
  ],
  rows: ({ quick }: Scope) => [
    ...FLOORS.slice(0, 1),
    ...(quick ? [1, 2] : [1, 2, 4]).flatMap((workers) =>
      VARIANTS.map((variant): RowPlan => ({ ...variant, workers })),
    ),
  ],
}
