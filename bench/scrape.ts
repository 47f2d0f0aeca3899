import { PerCpuCounter } from 'rseq'
import type { QuestionPlan, RowPlan } from '../src/ts/cli/bench/plan'
import { FLOORS } from './native'
import { optional } from './optional'

const SIZES = [1, 1_000, 10_000]

type PromClient = typeof import('prom-client')

function ours(size: number): RowPlan {
  return {
    id: 'value',
    label: 'PerCpuCounter.value',
    kind: 'ours',
    size,
    case: {
      kind: 'loop',
      prepare() {
        const all = Array.from({ length: size }, () => new PerCpuCounter())
        for (const counter of all) counter.inc()
        return (n) => {
          let sum = 0
          for (let i = 0; i < n; i++) for (const counter of all) sum += counter.value
          return sum
        }
      },
    },
  }
}

/** One labelled counter with that many children, as a service has. */
function promClient(id: string, label: string, size: number, read: 'get' | 'metrics'): RowPlan {
  return {
    id,
    label,
    kind: 'other',
    size,
    case: {
      kind: 'async',
      prepare() {
        const { Counter, Registry } = optional<PromClient>('prom-client')
        const registry = new Registry()
        const counter = new Counter({
          name: 'requests_total',
          help: 'Requests',
          labelNames: ['route'],
          registers: [registry],
        })
        for (let i = 0; i < size; i++) counter.labels(`/${i}`).inc()
        return async (n) => {
          for (let i = 0; i < n; i++) await (read === 'get' ? counter.get() : registry.metrics())
        }
      },
    },
  }
}

/** What reading all counters costs, as a scrape does every few seconds. */
export const scrape: QuestionPlan = {
  name: 'scrape',
  title: 'Reading all counters',
  per: 'scrape',
  reference: ['value'],
  unit: 'value',
  notes: [
    'prom-client: the children of one labelled counter of one thread. metrics() writes them as text; the others give numbers.',
  ],
  rows: () => [
    ...FLOORS.slice(0, 1),
    ...SIZES.flatMap((size) => [
      ours(size),
      promClient('prom-get', 'prom-client counter.get()', size, 'get'),
      promClient('prom-metrics', 'prom-client metrics()', size, 'metrics'),
    ]),
  ],
}
