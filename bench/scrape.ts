import { PerCpuCounter, type Region, status } from 'rseq'
import { type QuestionPlan, type RowPlan, Unavailable } from '../src/ts/cli/bench/plan'
import { BUILD, FLOORS, withCpus } from './native'
import { optional } from './optional'
import { sharedRegion } from './processes'

const SIZES = [1, 1_000, 10_000]
/** Of the rows that are about other things than size. */
const SIZE = 1_000
/** As many as large machines have. */
const CPUS = 64
const WORKERS = 4

type PromClient = typeof import('prom-client')

function ours(id: string, label: string, size: number, regionOf?: () => Region): RowPlan {
  return {
    id,
    label,
    kind: 'ours',
    size,
    case: {
      kind: 'loop',
      prepare() {
        const region = regionOf?.()
        const options = region === undefined ? undefined : { region }
        const all = Array.from({ length: size }, () => new PerCpuCounter(options))
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

/** In shared memory: there, what nobody has written has pages of its own too, as if each CPU had counted. */
function onManyCpus(): RowPlan {
  const row = ours('value-cpus', `PerCpuCounter.value, shared, ${CPUS} CPUs`, SIZE, () => {
    if (withCpus(CPUS) === null) throw new Unavailable(BUILD)
    const region = sharedRegion()
    const { possible } = status().cpus
    if (possible !== CPUS) throw new Unavailable(`LD_PRELOAD is without effect: ${possible} possible CPUs`)
    return region
  })
  return { ...row, env: withCpus(CPUS) ?? {} }
}

/** One labelled counter with that many children, as a service has. */
function promCounter(size: number, registry: InstanceType<PromClient['Registry']>) {
  const { Counter } = optional<PromClient>('prom-client')
  const counter = new Counter({
    name: 'requests_total',
    help: 'Requests',
    labelNames: ['route'],
    registers: [registry],
  })
  for (let i = 0; i < size; i++) counter.labels(`/${i}`).inc()
  return counter
}

function promClient(id: string, label: string, size: number, read: 'get' | 'metrics'): RowPlan {
  return {
    id,
    label,
    kind: 'other',
    size,
    case: {
      kind: 'async',
      prepare() {
        const { Registry } = optional<PromClient>('prom-client')
        const registry = new Registry()
        const counter = promCounter(size, registry)
        return async (n) => {
          for (let i = 0; i < n; i++) await (read === 'get' ? counter.get() : registry.metrics())
        }
      },
    },
  }
}

/** Each worker of a cluster has all counters; the primary asks for them, and adds. */
const PROM_CLUSTER: RowPlan = {
  id: 'prom-cluster',
  label: 'prom-client clusterMetrics()',
  kind: 'other',
  size: SIZE,
  case: {
    kind: 'cluster',
    workers: WORKERS,
    work() {
      const { AggregatorRegistry, register } = optional<PromClient>('prom-client')
      promCounter(SIZE, register)
      // Answers the primary.
      new AggregatorRegistry()
    },
    prepare() {
      const { AggregatorRegistry } = optional<PromClient>('prom-client')
      const registry = new AggregatorRegistry()
      return async (n) => {
        for (let i = 0; i < n; i++) await registry.clusterMetrics()
      }
    },
  },
}

/** What reading all counters costs, as a scrape does every few seconds. */
export const scrape: QuestionPlan = {
  name: 'scrape',
  title: 'Reading all counters',
  per: 'scrape',
  reference: ['value'],
  unit: 'value',
  notes: [
    {
      about: ['prom-get', 'prom-metrics'],
      text: 'prom-client: the children of one labelled counter of one thread. metrics() writes them as text; the others give numbers.',
    },
    { about: ['value-shared'], text: 'Of several processes: value of counters in a shared region.' },
    {
      about: ['prom-cluster'],
      text: `Of several processes too: clusterMetrics() of ${WORKERS} cluster workers, as text.`,
    },
    {
      about: ['value-cpus'],
      text: `${CPUS} CPUs are simulated: cells for so many are read, out of the caches of one CPU.`,
    },
  ],
  rows: () => [
    ...FLOORS.slice(0, 1),
    ...SIZES.flatMap((size) => [
      ours('value', 'PerCpuCounter.value', size),
      promClient('prom-get', 'prom-client counter.get()', size, 'get'),
      promClient('prom-metrics', 'prom-client metrics()', size, 'metrics'),
    ]),
    ours('value-shared', 'PerCpuCounter.value, shared', SIZE, sharedRegion),
    onManyCpus(),
    PROM_CLUSTER,
  ],
}
