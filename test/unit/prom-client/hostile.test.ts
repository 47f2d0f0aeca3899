// Callers that do what nobody should, and memory that is not there: a service goes on.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PerCpuCounter, PerCpuHistogram, PerCpuSum, Region } from 'rseq'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { samples, shared } from '../../support/prom-clients'
import { Service } from '../../support/prom-service'
import { hasAddon } from '../../support/world'

const { Counter, Gauge, Histogram, Registry, setRegion } = shared
const warnings: string[] = []
const onWarning = ({ message }: Error): unknown => warnings.push(message)
process.on('warning', onWarning)
afterAll(() => process.off('warning', onWarning))
/** Warnings come after the code that made them. */
const warned = async (): Promise<string[]> => {
  await new Promise(setImmediate)
  return warnings.splice(0)
}

const shown = async (registry: { metrics(): Promise<string> }) => samples(await registry.metrics())

describe('callers', () => {
  test('forged receivers get a TypeError, and nothing changes', async () => {
    const registry = new Registry()
    const config = { help: 'h', labelNames: ['x'], registers: [registry] }
    const metrics = [
      new Counter({ ...config, name: 'a' }),
      new Gauge({ ...config, name: 'b' }),
      new Histogram({ ...config, name: 'c' }),
    ]
    for (const metric of metrics) {
      const own = Object.getPrototypeOf(metric) as Record<string, (...args: unknown[]) => unknown>
      for (const receiver of [undefined, null, {}, Object.create(metric), new Proxy(metric, {}), registry]) {
        for (const name of ['labels', 'remove'])
          expect(() => own[name]?.call(receiver, '1')).toThrow(TypeError)
      }
    }
    for (const receiver of [undefined, {}, metrics[0]]) {
      await expect(Registry.prototype.metrics.call(receiver as never)).rejects.toThrow(TypeError)
    }
    expect(await shown(registry)).toEqual([])
  })

  test('a proxy of a metric counts, and so does a class of its own', async () => {
    const registry = new Registry()
    class Own extends Counter {
      twice(): void {
        this.inc(2)
      }
    }
    const own = new Own({ name: 'a', help: 'h', registers: [registry] })
    own.twice()
    new Proxy(own, {}).inc()
    expect(await shown(registry)).toEqual(['a 3'])
  })

  test('getters of labels: each call counts once, whatever they say', async () => {
    const registry = new Registry()
    const config = { help: 'h', labelNames: ['x'], registers: [registry] }
    const counter = new Counter({ ...config, name: 'a' })
    const histogram = new Histogram({ ...config, name: 'b', buckets: [1] })
    let n = 0
    const labels = {
      get x() {
        return String(n++ % 7)
      },
    }
    for (let i = 0; i < 200; i++) {
      counter.inc(labels)
      counter.labels(labels).inc()
      histogram.observe(labels, 1)
    }
    const lines = await shown(registry)
    const sum = (beginning: string) =>
      lines
        .filter((line) => line.startsWith(beginning))
        .reduce((all, line) => all + Number(line.split(' ')[1]), 0)
    expect([sum('a{'), sum('b_count'), sum('b_sum')]).toEqual([400, 200, 200])
    // No more of them than there are values.
    expect(lines.length).toBeLessThanOrEqual(7 * 5)
  })

  test('labels that come from a prototype, or from a proxy', async () => {
    const registry = new Registry()
    const counter = new Counter({ name: 'a', help: 'h', labelNames: ['x'], registers: [registry] })
    for (let i = 0; i < 3; i++) counter.inc(Object.create({ x: 'inherited' }))
    for (let i = 0; i < 3; i++) counter.inc(new Proxy({ x: 'of a proxy' }, {}))
    const throws = new Proxy(
      {},
      {
        ownKeys() {
          throw new Error('of a trap')
        },
      },
    )
    expect(() => counter.inc(throws)).toThrow('of a trap')
    expect(await shown(registry)).toEqual(['a 3', 'a{x="of a proxy"} 3'])
  })

  test('what is no region', () => {
    for (const region of [
      undefined,
      null,
      {},
      'region',
      Object.create(Region.process),
      new Proxy(Region.process, {}),
    ])
      expect(() => setRegion(region as never)).toThrow(TypeError)
  })

  test('names and texts that are too long: of each process alone', async () => {
    const registry = new Registry()
    const name = 'n'.repeat(241)
    new Counter({ name, help: 'h', labelNames: ['x'], registers: [registry] }).inc({ x: 1 })
    new Gauge({ name: 'a', help: 'h'.repeat(40_000), labelNames: ['x'], registers: [registry] }).set(
      { x: 1 },
      2,
    )
    expect(await shown(registry)).toEqual([`${name}{x="1"} 1`, 'a{x="1"} 2'])
    expect((await warned())[0]).toContain(`${name} is of each process alone`)
  })

  test('labels that are too long: counting throws, and nothing else changes', async () => {
    const registry = new Registry()
    const counter = new Counter({ name: 'a', help: 'h', labelNames: ['x'], registers: [registry] })
    counter.inc({ x: 'x'.repeat(30_000) })
    expect(() => counter.inc({ x: 'x'.repeat(33_000) })).toThrow(RangeError)
    expect(await shown(registry)).toEqual([`a{x="${'x'.repeat(30_000)}"} 1`])
  })

  test('an aggregator of one’s own, or none', async () => {
    const registry = new Registry()
    const config = { help: 'h', registers: [registry] }
    new Gauge({ ...config, name: 'a', aggregator: 'median' as never }).set(1)
    new Counter({ ...config, name: 'b', aggregator: undefined as never }).inc(2)
    new Counter({ ...config, name: 'c', aggregator: 'max' }).inc(3)
    expect(await shown(registry)).toEqual(['a 1', 'b 2', 'c 3'])
  })
})

if (hasAddon) {
  describe('regions', () => {
    const regions: Region[] = []
    const folder = mkdtempSync(join(tmpdir(), 'rseq-prom-'))
    const created = (cells: number): Region => {
      const region = Region.create({ memfd: true, cells })
      regions.push(region)
      return region
    }
    afterEach(() => {
      setRegion(Region.process)
      for (const region of regions.splice(0)) region.close()
    })
    afterAll(() => rmSync(folder, { recursive: true }))

    test('a full one: what does not fit is counted in the process, and nothing is lost', async () => {
      await warned()
      setRegion(created(8192))
      const registry = new Registry()
      const config = { help: 'h', labelNames: ['x'], registers: [registry] }
      const before = new Counter({ ...config, name: 'before' })
      before.inc({ x: 'a' })
      const buckets = shared.linearBuckets(1, 1, 500)
      const histogram = new Histogram({ ...config, name: 'h', buckets })
      const counter = new Counter({ ...config, name: 'c' })
      const gauge = new Gauge({ ...config, name: 'g' })
      for (let i = 0; i < 40; i++) histogram.observe({ x: i }, i)
      for (let i = 0; i < 8192; i++) counter.inc({ x: i })
      for (let i = 0; i < 100; i++) gauge.set({ x: i }, i)
      // Its integers are in the region; there is no room for its fractions.
      before.inc({ x: 'a' }, 0.5)
      before.inc({ x: 'a' })
      shared.collectDefaultMetrics({ register: registry })
      const lines = await shown(registry)
      const sum = (beginning: string) =>
        lines
          .filter((line) => line.startsWith(beginning))
          .reduce((all, line) => all + Number(line.split(' ')[1]), 0)
      expect(lines).toContain('before{x="a"} 2.5')
      expect([sum('h_count'), sum('h_sum'), sum('c{'), sum('g{')]).toEqual([40, 780, 8192, 4950])
      expect(lines.filter((line) => line.startsWith('nodejs_version_info')).length).toBe(1)
      expect((await warned()).filter((line) => line.startsWith('rseq/prom-client'))).toEqual([
        expect.stringMatching(/new series are of this process alone.*no free cell or name/),
      ])
      for (const metric of [before, histogram, counter, gauge]) metric.reset()
      expect((await shown(registry)).filter((line) => /^[hcgb]/.test(line))).toEqual([])
      before.inc({ x: 'a' }, 0.5)
      expect((await shown(registry))[0]).toBe('before{x="a"} 0.5')
      registry.clear()
    })

    test('reset() in a full one makes nothing, and sets to 0 what others have counted', async () => {
      const region = created(8192)
      setRegion(region)
      const { register } = shared
      const counter = new Counter({ name: 'c', help: 'h', labelNames: ['x'] })
      const histogram = new Histogram({ name: 'h', help: 'h', labelNames: ['x'], buckets: [1] })
      const labels = { x: 'theirs', 'rseq.scope': 'prom' }
      const theirs = PerCpuCounter.named('c', { region, labels })
      const part = { ...labels, 'rseq.part': 'fraction' }
      const fractions = PerCpuSum.named('c', { region, labels: part })
      const samples = PerCpuHistogram.named('h', { region, labels, buckets: [1] })
      counter.inc({ x: 'mine' }, 2)
      histogram.observe({ x: 'mine' }, 2)
      theirs.add(3)
      fractions.add(0.5)
      samples.record(4)
      const fill: PerCpuCounter[] = []
      const isFull = expect.objectContaining({ code: 'ERR_RSEQ_REGION_FULL' })
      expect(() => {
        for (;;) fill.push(PerCpuCounter.named(`fill ${fill.length}`, { region }))
      }).toThrow(isFull)
      const { namesUsed } = region.usage
      counter.reset()
      histogram.reset()
      expect(region.usage.namesUsed).toBe(namesUsed - 2)
      expect([theirs.value, fractions.value, samples.snapshot().count]).toEqual([0, 0, 0])
      expect(await shown(register)).toEqual([
        'c{x="theirs"} 0',
        ...['1', '+Inf'].map((le) => `h_bucket{le="${le}",x="theirs"} 0`),
        'h_sum{x="theirs"} 0',
        'h_count{x="theirs"} 0',
      ])
      theirs.add(1)
      expect(await shown(register)).toContain('c{x="theirs"} 1')
      for (const one of [theirs, fractions, samples, ...fill]) one.close()
      register.clear()
    })

    test('reset() of what is only read, and of what is closed', async () => {
      const region = Region.create({ file: join(folder, 'reset'), cells: 8192 })
      regions.push(region)
      const labels = { x: 'theirs', 'rseq.scope': 'prom' }
      const theirs = PerCpuCounter.named('c', { region, labels })
      theirs.add(3)
      const seen = Region.attach(join(folder, 'reset'), { readOnly: true })
      regions.push(seen)
      setRegion(seen)
      const { register } = shared
      const counter = new Counter({ name: 'c', help: 'h', labelNames: ['x'] })
      counter.inc({ x: 'mine' }, 2)
      await warned()
      counter.reset()
      expect(await shown(register)).toEqual(['c{x="theirs"} 3'])
      expect(await warned()).toEqual([expect.stringContaining('was not set to 0')])
      seen.close()
      expect(() => counter.reset()).toThrow(expect.objectContaining({ code: 'ERR_RSEQ_CLOSED' }))
      theirs.close()
      register.clear()
    })

    test('one that is only read: its page, and with it what this process counts', async () => {
      const region = Region.create({ file: join(folder, 'read'), cells: 8192 })
      regions.push(region)
      const config = { help: 'h', labelNames: ['x'] }
      const writing = new Counter({ ...config, name: 'read_total', registers: [] })
      setRegion(region)
      const other = new Counter({ ...config, name: 'read_total', registers: [] })
      other.inc({ x: 'theirs' }, 2)
      const seen = Region.attach(join(folder, 'read'), { readOnly: true })
      regions.push(seen)
      setRegion(seen)
      const { register } = shared
      const counter = new Counter({ ...config, name: 'read_of_global' })
      const bare = new Counter({ name: 'read_bare', help: 'h' })
      shared.collectDefaultMetrics()
      counter.inc({ x: 'mine' }, 3)
      counter.inc({ x: 'mine' }, 0.5)
      bare.inc(4)
      const lines = await shown(register)
      expect(lines).toContain('read_of_global{x="mine"} 3.5')
      expect(lines).toContain('read_bare 4')
      register.clear()
      writing.inc({ x: 1 })
    })

    test('one that was closed: what is open counts on, and nothing crashes', async () => {
      const region = created(8192)
      setRegion(region)
      const registry = new Registry()
      const config = { help: 'h', labelNames: ['x'], registers: [registry] }
      const counter = new Counter({ ...config, name: 'a' })
      const gauge = new Gauge({ ...config, name: 'b' })
      const histogram = new Histogram({ ...config, name: 'c' })
      const child = counter.labels('1')
      child.inc()
      region.close()
      child.inc()
      const closed = expect.objectContaining({ code: 'ERR_RSEQ_CLOSED' })
      expect(() => counter.inc({ x: 2 })).toThrow(closed)
      expect(() => gauge.set({ x: 2 }, 1)).toThrow(closed)
      expect(() => histogram.observe({ x: 2 }, 1)).toThrow(closed)
      await expect(registry.metrics()).rejects.toThrow(closed)
      await expect(registry.getMetricsAsJSON()).rejects.toThrow(closed)
      expect(() => setRegion(region)).toThrow(closed)
      // Another one is as good as ever.
      setRegion(created(8192))
      registry.clear()
      new Counter({ ...config, name: 'a' }).inc({ x: 3 })
      expect(await shown(registry)).toEqual(['a{x="3"} 1'])
    })

    test('another one: what prom-client counts goes with it', async () => {
      const registry = new Registry()
      shared.collectDefaultMetrics({ register: registry })
      await registry.metrics()
      const region = created(8192)
      setRegion(region)
      await registry.metrics()
      expect(region.list().some(({ name }) => name === 'nodejs_version_info')).toBe(true)
      registry.clear()
    })

    test('none at all: one warning, and each process has its own', async () => {
      const service = new Service({ RSEQ_REGION: join(folder, 'no', 'such', 'folder') })
      const code = async ({ prom }: { prom: typeof shared }): Promise<string> => {
        const known = prom.register.getSingleMetric('a') as InstanceType<typeof prom.Counter> | undefined
        const counter = known ?? new prom.Counter({ name: 'a', help: 'h', labelNames: ['x'] })
        for (let i = 0; i < 3; i++) counter.inc({ x: i })
        return prom.register.metrics()
      }
      const page = '# HELP a h\n# TYPE a counter\na{x="0"} 1\na{x="1"} 1\na{x="2"} 1\n'
      expect(await service.run([], code)).toBe(page)
      const worker = await service.start('cluster')
      expect(await service.run(worker, code)).toBe(page)
      // As prom-client does it: by messages to the workers.
      await service.run(worker, ({ prom }) => void new prom.AggregatorRegistry())
      const ofWorkers = await service.run([], ({ prom }) => new prom.AggregatorRegistry().clusterMetrics())
      expect(ofWorkers).toBe(page)
      await service.end()
      const lines = service.errors.split('\n').filter((line) => line.includes('Warning:'))
      // One of each process.
      expect(lines.length).toBe(2)
      for (const line of lines) expect(line).toContain('each process shows its own metrics only')
    })
  })
}
