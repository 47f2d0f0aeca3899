// How often turns of event loops are interrupted, with a meter of OpenTelemetry's.
import { type Meter, metrics } from '@opentelemetry/api'
import {
  type DataPoint,
  type Histogram,
  type MetricData,
  MetricReader,
  MeterProvider as SdkMeterProvider,
} from '@opentelemetry/sdk-metrics'
import { Region, status } from 'rseq'
import { MeterProvider, observePreemption } from 'rseq/opentelemetry'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { hasAddon, helpers, world } from '../../support/world'

class Reader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

const call = observePreemption as (meter: unknown, options?: unknown) => unknown
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const noop = metrics.getMeter('noop')

afterEach(() => void vi.restoreAllMocks())

test('wrong arguments throw', () => {
  for (const wrong of [undefined, null, 5, {}])
    expect(() => call(wrong)).toThrow(/expected a Meter, received/)
  for (const wrong of [null, 5])
    expect(() => call(noop, wrong)).toThrow(/^observePreemption options: expected an object, received /)
  expect(() => call(noop, { resolution: '1' })).toThrow(TypeError)
  expect(() => call(noop, { resolution: 2 ** 31 })).toThrow(RangeError)
})

if (!hasAddon)
  test(`world ${world}: without the addon it warns once, and makes no instrument`, () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const createHistogram = vi.fn()
    const meter = { createHistogram, createCounter: createHistogram } as unknown as Meter
    for (let i = 0; i < 2; i++) observePreemption(meter).stop()
    expect(warned.mock.calls).toEqual([
      [
        expect.stringMatching(/^rseq\/opentelemetry: preemptions are not counted\. .*npm run build/),
        { code: 'ERR_RSEQ_FEATURE' },
      ],
    ])
    expect(createHistogram).not.toHaveBeenCalled()
  })

if (hasAddon)
  describe(`observePreemption, world ${world}`, () => {
    test.each(['the SDK’s provider', 'ours'])(
      'measures turns and moves, until it is stopped, with %s',
      async (whose) => {
        const region = Region.create({ memfd: true, cells: 16_384 })
        const reader = new Reader()
        const readers = [reader]
        const provider =
          whose === 'ours' ? new MeterProvider({ readers, region }) : new SdkMeterProvider({ readers })
        const collected = async () => {
          const { resourceMetrics, errors } = await reader.collect()
          expect(errors).toEqual([])
          return resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics)
        }
        const watch = observePreemption(provider.getMeter('node'))
        const moves = status().cpus.online > 1 ? 6 : 0
        helpers.pin(0, 0)
        await turn()
        await turn()
        for (let i = 1; i <= 6; i++) {
          if (moves > 0) helpers.pin(0, i % 2)
          await turn()
        }
        watch.stop()
        const before = await collected()
        const [turns, migrations] = before.sort((a, b) => (a.descriptor.name > b.descriptor.name ? -1 : 1))
        expect(turns?.descriptor).toMatchObject({
          name: 'nodejs.eventloop.preemptions',
          unit: '{preemption}',
        })
        const [point] = (turns as MetricData).dataPoints as DataPoint<Histogram>[]
        const { buckets, count, sum } = (point as DataPoint<Histogram>).value
        expect(buckets.boundaries).toEqual([0, 1, 2, 5, 10, 20, 50, 100])
        expect(count).toBeGreaterThanOrEqual(7)
        expect(buckets.counts.reduce((a, b) => a + b, 0)).toBe(count)
        expect(sum).toBeGreaterThanOrEqual(count - (buckets.counts[0] as number))
        if (moves > 0) {
          expect(migrations?.descriptor).toMatchObject({ name: 'nodejs.cpu.migrations', unit: '{migration}' })
          expect(migrations?.dataPoints[0]?.value).toBeGreaterThanOrEqual(6)
          expect(migrations?.dataPoints[0]?.value).toBeLessThanOrEqual(7)
        }
        for (let i = 0; i < 5; i++) await turn()
        watch.stop()
        const after = (await collected()).find(({ descriptor }) => descriptor.name === turns?.descriptor.name)
        expect(after?.dataPoints[0]?.value).toMatchObject({ count, sum })
        await provider.shutdown()
        region.close()
      },
    )
  })
