// The gauge that says on the page how threads count.
import { status } from 'rseq'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { leaveRegion, loose, original, ownRegion, samples, shared, shownBy } from '../../support/prom-clients'
import { Service } from '../../support/prom-service'
import { hasAddon } from '../../support/world'

const { collectDefaultMetrics, collectRseqInfo, Gauge, Registry, register } = shared
const row = (more = '', prefix = ''): string => {
  const { backend, reason, fastCalls } = status()
  const labels = `backend="${backend}",reason="${reason}",fast_calls="${fastCalls ? 1 : 0}"${more}`
  return `${prefix}rseq_info{${labels}} 1`
}

let region: ReturnType<typeof ownRegion>
beforeEach(() => {
  region = ownRegion()
})
afterEach(() => leaveRegion(region))

describe('collectRseqInfo', () => {
  test('puts it on the global page, as status() says it', async () => {
    collectRseqInfo()
    expect(await shownBy(register)).toEqual([row()])
    expect(await register.getSingleMetricAsString('rseq_info')).toMatch(
      /^# HELP rseq_info .+\n# TYPE rseq_info gauge\n/,
    )
  })

  test('with a prefix and labels, in any registry', async () => {
    for (const one of [new Registry(), new original.Registry()]) {
      if (one instanceof Registry) {
        collectRseqInfo({ register: one, prefix: 'p_', labels: { x: 1 } })
        expect(await shownBy(one)).toEqual([row(',x="1"', 'p_')])
      } else expect(() => collectRseqInfo({ register: one })).toThrow(TypeError)
    }
  })

  test('once, and again after it was removed, cleared or reset, as any metric', async () => {
    collectRseqInfo()
    collectRseqInfo()
    expect(await shownBy(register)).toEqual([row()])
    register.resetMetrics()
    expect(await shownBy(register)).toEqual([row()])
    register.removeSingleMetric('rseq_info')
    expect(await shownBy(register)).toEqual([])
    collectRseqInfo()
    register.clear()
    expect(await shownBy(register)).toEqual([])
    collectRseqInfo()
    expect(await shownBy(register)).toEqual([row()])
  })

  test('leaves a metric of that name that is there', async () => {
    new Gauge({ name: 'rseq_info', help: 'h' }).set(7)
    collectRseqInfo()
    expect(await shownBy(register)).toEqual(['rseq_info 7'])
  })

  test('refuses options that are none', () => {
    const refused = [null, 1, { register: {} }, { prefix: 1 }, { labels: null }]
    for (const options of refused) expect(() => loose(shared).collectRseqInfo?.(options)).toThrow(TypeError)
  })
})

test('collectDefaultMetrics has it beside prom-client’s, with the same prefix, labels and registry', async () => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'p_', labels: { x: 'y' } })
  const theirs = new original.Registry()
  original.collectDefaultMetrics({ register: theirs, prefix: 'p_', labels: { x: 'y' } })
  const names = (all: { name: string }[]) => all.map(({ name }) => name)
  const expected = [...names(theirs.getMetricsAsArray() as never), 'p_rseq_info']
  expect(names(registry.getMetricsAsArray() as never)).toEqual(expected)
  expect(samples(await registry.metrics())).toContain(row(',x="y"', 'p_'))
  expect(Reflect.get(collectDefaultMetrics, 'metricsList')).toEqual(
    Reflect.get(original.collectDefaultMetrics, 'metricsList'),
  )
  registry.clear()
  theirs.clear()
})

if (hasAddon)
  test('a service has a row for each way in which its processes count', async () => {
    const service = new Service()
    try {
      const way = await service.start('cluster')
      for (const to of [[], way]) await service.run(to, ({ prom }) => prom.collectRseqInfo())
      expect(await service.page([], 'rseq_info')).toEqual([row()])
      // In one of them something has changed.
      const other = await service.run(way, async ({ require, prom }) => {
        const { unregister, status } = require('rseq') as typeof import('rseq')
        unregister()
        await prom.register.metrics()
        return status().reason
      })
      const rows = other === status().reason ? [row()] : [row(), expect.stringContaining(`reason="${other}"`)]
      const found = await service.page([], 'rseq_info')
      expect(found.sort()).toEqual(expect.arrayContaining(rows))
      expect(found.length).toBe(rows.length)
    } finally {
      await service.end()
    }
  })
