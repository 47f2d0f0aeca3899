import { once } from 'node:events'
import { MessageChannel } from 'node:worker_threads'
import {
  monitorPreemption,
  PerCpuCounter,
  PerCpuHistogram,
  type PreemptionMonitor,
  Region,
  status,
} from 'rseq'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { loaded } from '../../../lib/backend/addon.js'
import { threadRecord } from '../../../lib/preemption/probe.js'
import { hasAddon, helpers, world } from '../../support/world'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const call = monitorPreemption as (options: unknown) => unknown

test('wrong options throw', () => {
  for (const wrong of [null, 5, 'each'])
    expect(() => call(wrong)).toThrow(/^monitorPreemption options: expected an object, received /)
  for (const resolution of ['1', null, 5n, [], true]) expect(() => call({ resolution })).toThrow(TypeError)
  for (const resolution of [-1, 1.5, Number.NaN, 2 ** 31, Number.POSITIVE_INFINITY]) {
    expect(() => call({ resolution })).toThrow(RangeError)
    expect(() => call({ resolution })).toThrow(
      /^monitorPreemption options\.resolution: expected an integer, 0 to 2147483647, received /,
    )
  }
  for (const region of [null, {}, 'service', 0]) expect(() => call({ region })).toThrow(TypeError)
})

if (!hasAddon)
  test(`world ${world}: without the addon it throws, and says why`, () => {
    expect(() => monitorPreemption()).toThrow(expect.objectContaining({ code: 'ERR_RSEQ_FEATURE' }))
    expect(() => monitorPreemption()).toThrow(/^monitorPreemption: .*npm run build/)
  })

if (hasAddon)
  describe(`PreemptionMonitor, world ${world}, where the kernel counts as it is told to`, () => {
    let next = 0

    beforeEach(() => {
      const words = new Int32Array(threadRecord())
      // It goes around.
      let count = 0xffff_fffe
      vi.spyOn(loaded.addon as { countSwitches(): boolean }, 'countSwitches').mockImplementation(() => {
        count += next
        next = 0
        words[6] = count
        return true
      })
    })

    afterEach(() => void vi.restoreAllMocks())

    /** A turn's rest is a sample. */
    function sample(monitor: PreemptionMonitor, interruptions: number): void {
      expect(monitor.enable()).toBe(true)
      next = interruptions
      expect(monitor.disable()).toBe(true)
    }

    test('has nothing before it is on', () => {
      const { count, min, max, mean, stddev, exceeds, interruptions, interruptedTurns, migrations, name } =
        monitorPreemption()
      expect({ count, exceeds, interruptions, interruptedTurns, migrations, max }).toEqual({
        count: 0,
        exceeds: 0,
        interruptions: 0,
        interruptedTurns: 0,
        migrations: 0,
        max: 0,
      })
      expect([min, mean, stddev, name]).toEqual([Number.NaN, Number.NaN, Number.NaN, null])
      const monitor = monitorPreemption()
      expect([monitor.interruptionsPerSecond, monitor.migrationsPerSecond]).toEqual([Number.NaN, Number.NaN])
      expect([monitor.percentile(50), [...monitor.percentiles]]).toEqual([0, [[100, 0]]])
    })

    test('has a sample for each turn, exactly', () => {
      const monitor = monitorPreemption()
      // Not of a time when it was off.
      next = 1000
      const samples = [0, 3, 0, 0, 127, 1, 0, 0, 0, 1]
      for (const interruptions of samples) sample(monitor, interruptions)
      expect(monitor.count).toBe(10)
      expect(monitor.interruptions).toBe(132)
      expect([monitor.sum, monitor.sumBigInt]).toEqual([132, 132n])
      expect(monitor.interruptedTurns).toBe(4)
      expect([monitor.min, monitor.max, monitor.mean]).toEqual([0, 127, 13.2])
      const variance = samples.reduce((sum, x) => sum + (x - 13.2) ** 2, 0) / 10
      expect(monitor.stddev).toBeCloseTo(Math.sqrt(variance), 9)
      expect([50, 60, 70, 80, 90, 100].map((p) => monitor.percentile(p))).toEqual([0, 0, 1, 1, 3, 127])
      expect(monitor.buckets().map(({ from, count }) => [from, count])).toEqual([
        [0, 6],
        [1, 2],
        [3, 1],
        [127, 1],
      ])
      expect(monitor.percentiles).toBeInstanceOf(Map)
      expect(monitor.interruptionsPerSecond).toBeGreaterThan(132 / 60)
    })

    test('loses nothing of large numbers', () => {
      const monitor = monitorPreemption()
      for (let i = 0; i < 5; i++) sample(monitor, 0xffff_ffff)
      sample(monitor, 1000)
      expect(monitor.interruptions).toBe(5 * 0xffff_ffff + 1000)
      expect(monitor.sumBigInt).toBe(5n * 0xffff_ffffn + 1000n)
      expect([monitor.min, monitor.max, monitor.exceeds]).toEqual([1000, 0xffff_ffff, 0])
    })

    test('enable and disable say whether they did anything, and go on where it was', async () => {
      const monitor = monitorPreemption()
      expect(monitor.disable()).toBe(false)
      expect([monitor.enable(), monitor.enable()]).toEqual([true, false])
      next = 2
      await turn()
      await turn()
      expect(monitor.interruptions).toBe(2)
      next = 5
      expect([monitor.disable(), monitor.disable()]).toEqual([true, false])
      expect(monitor.interruptions).toBe(7)
      next = 100
      await turn()
      expect(monitor.interruptions).toBe(7)
      sample(monitor, 1)
      expect(monitor.interruptions).toBe(8)
    })

    test('reset forgets all of the past, and nothing of what is to come', async () => {
      const monitor = monitorPreemption()
      sample(monitor, 4)
      monitor.reset()
      expect([monitor.count, monitor.interruptions, monitor.min]).toEqual([0, 0, Number.NaN])
      expect(monitor.interruptionsPerSecond).toBeNaN()
      monitor.enable()
      next = 7
      monitor.reset()
      expect([monitor.count, monitor.interruptions, monitor.interruptionsPerSecond]).toEqual([0, 0, 0])
      next = 3
      await turn()
      await turn()
      expect(monitor.interruptions).toBe(3)
      expect(monitor.disable()).toBe(true)
    })

    test('several in one thread do not disturb each other', () => {
      const [a, b, c] = [monitorPreemption(), monitorPreemption({ resolution: 1000 }), monitorPreemption()]
      a.enable()
      next = 5
      b.enable()
      next = 2
      c.enable()
      next = 1
      b.disable()
      a.disable()
      next = 10
      c.disable()
      expect([a, b, c].map(({ interruptions }) => interruptions)).toEqual([8, 3, 11])
    })

    test('where the kernel tells its count no more, it stops, says so, and does not start again', async () => {
      const monitor = monitorPreemption()
      monitor.enable()
      next = 3
      await turn()
      await turn()
      vi.mocked((loaded.addon as { countSwitches(): boolean }).countSwitches).mockReturnValue(false)
      const [warning] = await once(process, 'warning')
      expect(warning).toMatchObject({
        code: 'ERR_RSEQ_FEATURE',
        message: expect.stringMatching(/^monitorPreemption: stopped\. /),
      })
      expect(monitor.disable()).toBe(false)
      expect(() => monitor.enable()).toThrow(expect.objectContaining({ code: 'ERR_RSEQ_FEATURE' }))
      expect(monitor.interruptions).toBe(3)
      const { interruptionsPerSecond } = monitor
      await turn()
      expect(monitor.interruptionsPerSecond).toBe(interruptionsPerSecond)
    })

    test('counts in a region as well, for all who do', () => {
      const region = Region.create({ memfd: true })
      const [a, b] = [monitorPreemption({ region }), monitorPreemption({ region })]
      for (const x of [0, 0, 5]) sample(a, x)
      sample(b, 2)
      a.reset()
      sample(a, 1)
      const histogram = PerCpuHistogram.named('eventloop.turn.preemptions', { region })
      expect([histogram.count, histogram.sum, histogram.max]).toEqual([5, 8, 5])
      expect([a.interruptions, b.interruptions]).toEqual([1, 2])
      expect(histogram.percentile(50)).toBe(1)
      const names = region.list().map(({ name, kind }) => [name, kind])
      expect(names.sort()).toEqual([
        ['eventloop.migrations', 'counter'],
        ['eventloop.turn.preemptions', 'histogram'],
      ])
      region.close()
    })
  })

if (hasAddon)
  describe(`monitorPreemption, world ${world}`, () => {
    test('counts moves between turns, also in a region', async () => {
      if (status().cpus.online < 2) return
      const region = Region.create({ memfd: true })
      const monitor = monitorPreemption({ region })
      helpers.pin(0, 0)
      monitor.enable()
      for (let i = 1; i <= 10; i++) {
        helpers.pin(0, i % 2)
        await turn()
      }
      // The last one may be of this turn yet.
      monitor.disable()
      expect(monitor.migrations).toBe(10)
      expect(monitor.migrationsPerSecond).toBeGreaterThan(0)
      expect(PerCpuCounter.named('eventloop.migrations', { region }).value).toBe(10)
      monitor.reset()
      expect(monitor.migrations).toBe(0)
      region.close()
    })

    test('refuses a region that cannot be written', () => {
      const region = Region.create({ memfd: true })
      const readOnly = Region.attach(region.path as string, { readOnly: true })
      expect(() => monitorPreemption({ region: readOnly })).toThrow(
        expect.objectContaining({ code: 'ERR_RSEQ_READ_ONLY' }),
      )
      readOnly.close()
      expect(() => monitorPreemption({ region: readOnly })).toThrow(
        expect.objectContaining({ code: 'ERR_RSEQ_CLOSED' }),
      )
      PerCpuCounter.named('eventloop.turn.preemptions', { region })
      expect(() => monitorPreemption({ region })).toThrow(expect.objectContaining({ code: 'ERR_RSEQ_KIND' }))
      region.close()
    })

    test('is off at the end of a block that uses it', () => {
      const monitor = monitorPreemption()
      monitor.enable()
      monitor[Symbol.dispose ?? Symbol.for('Symbol.dispose')]()
      expect(monitor.disable()).toBe(false)
      expect(monitor.count).toBe(1)
    })

    test('is of the thread that made it', () => {
      const { port1 } = new MessageChannel()
      expect(() => port1.postMessage(monitorPreemption())).toThrow(
        /PreemptionMonitor: it is of the thread that made it/,
      )
      port1.close()
    })
  })
