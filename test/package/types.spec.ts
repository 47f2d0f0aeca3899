import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Project, root } from './project'
import { typescript, typescript52, typescript56 } from './tools'

const project = new Project()
beforeAll(() => {
  project.unpack()
  cpSync(join(root, 'node_modules', 'prom-client'), join(project.folder, 'node_modules', 'prom-client'), {
    recursive: true,
  })
})
afterAll(() => project.remove())

const use = `
  import { cpuId, getcpu, monitorPreemption, PerCpuCounter, type PerCpuHandle, PerCpuPool, PerCpuRing, PerCpuSum, type PreemptionMonitor, PreemptionProbe, RseqError, type SharedBytes, type Status, status } from 'rseq'
  const cpu: number = cpuId()
  const location: { readonly cpu: number; readonly node: number } = getcpu()
  const counter: PerCpuCounter = PerCpuCounter.named('a', { index: 'mm_cid' })
  const handle: PerCpuHandle<'counter'> = counter.handle
  class Mine extends PerCpuCounter { readonly mine = true }
  const mine: boolean = Mine.named('b').mine && Mine.from(handle).mine
  const cells: BigInt64Array = PerCpuCounter.from(handle).perCpu()
  const sums: Float64Array = new PerCpuSum().perCpu()
  const now: Status = status()
  const backend: 'rseq' | 'atomic' | 'portable' = now.backend
  if (now.area !== null) now.area.mode satisfies 'legacy' | 'optimized' | null
  try { counter.add(1) } catch (error) { if (error instanceof RseqError) error.code satisfies string }
  const slots = new PerCpuPool({ slots: 3, slotBytes: 8 })
  const bytes: SharedBytes = slots.bytes(0)
  const memory: SharedArrayBuffer = bytes.buffer
  // @ts-expect-error no number, as any would be
  slots.bytes(0) satisfies number
  const held: { readonly slot: number; [Symbol.dispose](): void } | null = slots.hold()
  const doubles: Float64Array = slots.view(slots.acquire(), Float64Array)
  const ring = new PerCpuRing({ fields: 2, mode: 'overwrite' })
  const written: boolean = ring.write(1, 2)
  const drained: number = ring.drain(({ time, cpu, values }) => [time, cpu, ...values()] satisfies number[])
  async function* all(): AsyncGenerator<number> {
    for await (const { time } of ring.records({ signal: new AbortController().signal })) yield time
  }
  const interrupted: boolean = new PreemptionProbe().interrupted
  const monitor: PreemptionMonitor = monitorPreemption({ resolution: 10 })
  const off: { [Symbol.dispose](): void; enable(): boolean; percentile(p: number): number } = monitor
  import rseq from 'rseq'
  const sameStatus: rseq.Status = rseq.status()
  const sameModule: typeof rseq = rseq.default
  // @ts-expect-error how many slots?
  new PerCpuPool()
  // @ts-expect-error a string is no amount
  counter.add('1')
  // @ts-expect-error no such index
  new PerCpuCounter({ index: 'node' })
  // @ts-expect-error a sum's handle opens no counter
  PerCpuCounter.from(new PerCpuSum().handle)
  // @ts-expect-error frozen
  now.available = false
  export { all, backend, cells, cpu, doubles, drained, held, interrupted, location, memory, mine, off, sameModule, sameStatus, sums, written }
`
/** What only a CommonJS file can say. */
const required = `
  import whole = require('rseq')
  export const again: Status = whole.status()
`

/** What a program says that was written for prom-client: only the name of the import is another. */
const client = (name: string): string => `
  import * as client from '${name}'
  import whole, {
    AggregatorRegistry, collectDefaultMetrics, contentType, Counter, type CounterConfiguration, Gauge, Histogram,
    type HistogramConfiguration, linearBuckets, type Metric, type MetricType, type OpenMetricsContentType,
    type PrometheusContentType, Pushgateway, register, Registry, type RegistryContentType, Summary,
  } from '${name}'
  const registry: Registry = new Registry()
  const open: Registry<OpenMetricsContentType> = new Registry<OpenMetricsContentType>()
  open.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  const prometheus: PrometheusContentType = registry.contentType
  const configuration: CounterConfiguration<'a' | 'b'> = {
    name: 'a', help: 'h', labelNames: ['a', 'b'], registers: [registry], collect() { this.inc({ a: 1 }) },
  }
  const counter: Counter<'a' | 'b'> = new Counter(configuration)
  const child: Counter.Internal = counter.labels('1', '2')
  child.inc(2)
  counter.labels({ a: 1 }).inc()
  // @ts-expect-error no such label
  counter.inc({ c: 1 })
  // @ts-expect-error no such method
  child.dec()
  const gauge: Gauge = new Gauge({ name: 'g', help: 'h', aggregator: 'max' })
  const gaugeChild: Gauge.Internal<string> = gauge.labels('1')
  gaugeChild.startTimer()({ x: 1 })
  const config: HistogramConfiguration<'code'> = { name: 'h', help: 'h', labelNames: ['code'], buckets: linearBuckets(0, 1, 5) }
  const histogram = new client.Histogram(config)
  const histogramChild: Histogram.Internal<'code'> = histogram.labels('200')
  const shape: Histogram.Config = { buckets: [1] }
  const summary: Summary<'x'> = new Summary({ name: 's', help: 'h', labelNames: ['x'] })
  const summaryChild: Summary.Internal<'x'> = summary.labels('1')
  const limits: Summary.Config = { percentiles: [0.5] }
  const gateway: Pushgateway<PrometheusContentType> = new Pushgateway('http://localhost')
  const parameters: Pushgateway.Parameters = { jobName: 'job' }
  const pushed: Promise<{ resp?: unknown }> = gateway.push(parameters)
  const aggregator: AggregatorRegistry<PrometheusContentType> = new AggregatorRegistry()
  const page: Promise<string> = aggregator.clusterMetrics()
  const one: Metric<string> | undefined = register.getSingleMetric('a')
  const of: RegistryContentType = contentType
  const type = (kind: MetricType): kind is MetricType.Counter => kind === 0
  class Own extends Counter<'x'> { twice(): void { this.inc({ x: 1 }, 2) } }
  const ofWhole: whole.Counter<'x'> = new whole.Counter({ name: 'w', help: 'h', labelNames: ['x'] })
  const merged: Registry = Registry.merge([registry, whole.register])
  collectDefaultMetrics({ register: registry, prefix: 'p_' })
  export { histogramChild, limits, merged, of, ofWhole, one, Own, page, prometheus, pushed, shape, summaryChild, type }
`

const options = ['--noEmit', '--strict', '--target', 'es2022', '--skipLibCheck', 'false']

const olderWays = [
  ['node16', 'node16', 'mts'],
  ['nodenext', 'nodenext', 'cts'],
]
const ways = [
  ...olderWays,
  ['node16', 'node16', 'cts'],
  ['commonjs', 'bundler', 'ts'],
  ['esnext', 'bundler', 'ts'],
  ['nodenext', 'nodenext', 'mts'],
  ['preserve', 'bundler', 'ts'],
  ['preserve', 'bundler', 'cts'],
]

describe.each([
  { version: '5.2', tsc: typescript52, ways: olderWays },
  { version: '5.6', tsc: typescript56, ways: olderWays },
  { version: 'of today', tsc: typescript, ways },
])('types of the installed package, TypeScript $version', ({ tsc, ways }) => {
  test.each(ways)('check under module %s, resolution %s, in a .%s file', (module, resolution, extension) => {
    project.write(`use.${extension}`, extension === 'cts' ? use + required : use)
    for (const name of ['prom-client', 'rseq/prom-client']) {
      project.write(`${name.replace('/', '-')}.${extension}`, client(name))
    }
    const files = ['use', 'prom-client', 'rseq-prom-client'].map((name) => `${name}.${extension}`)
    const modules = ['--module', module as string, '--moduleResolution', resolution as string]
    const { stdout, status } = project.try(['node', tsc(), ...options, ...modules, ...files])
    expect({ stdout, status }).toEqual({ stdout: '', status: 0 })
  })
})
