import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { cpuId, PerCpuCounter, status } from 'rseq'
import { describe, expect, test, vi } from 'vitest'
import { TurnWatch } from '../../../lib/preemption/turns.js'
import { PATIENCE } from '../../support/patience'
import { built, hasAddon, hasRseq, helpers, root, world } from '../../support/world'

const refused = expect.objectContaining({ name: 'RseqError', code: 'ERR_RSEQ_FEATURE' })
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const nothing = (): void => {}

/** Involuntary context switches of this thread, by the kernel's other way of saying so. */
function kernel(): number {
  const text = readFileSync('/proc/thread-self/status', 'utf8')
  return Number(/^nonvoluntary_ctxt_switches:\s*(\d+)/m.exec(text)?.[1])
}

function spin(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

/** While a process of its own is busy on the CPU that this thread is pinned to. */
async function besideBusy(work: () => Promise<void>): Promise<void> {
  const cpu = cpuId()
  const path = JSON.stringify(join(built, 'helpers.node'))
  const script = `require(${path}).pin(0, ${cpu}); console.log('ready'); for (;;);`
  const busy = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    await once(busy.stdout, 'data')
    expect(helpers.pin(0, cpu)).toBe(0)
    await work()
  } finally {
    busy.kill('SIGKILL')
    await once(busy, 'exit')
  }
}

/** The last line that a program of its own prints; it has to end by itself. */
function run(script: string): unknown {
  const text = execFileSync(process.execPath, ['-e', script], {
    cwd: root,
    encoding: 'utf8',
    timeout: PATIENCE,
  })
  return JSON.parse(text)
}

if (!hasAddon)
  test(`world ${world}: without the addon there is nothing to see, and it says why`, () => {
    expect(() => new TurnWatch('mine', 0, nothing)).toThrow(refused)
    expect(() => new TurnWatch('mine', 0, nothing)).toThrow(
      /^mine: interruptions cannot be seen here\..*npm run build/,
    )
  })

if (hasAddon)
  describe(`TurnWatch, world ${world}`, () => {
    test('beside a busy process it sees each interruption that the kernel counts, once', async () => {
      const seen = [0, 0, 0]
      const most = [0, 0, 0]
      const resolutions = [0, 0, 5]
      const watches = resolutions.map((resolution, i) => {
        const sink = (interruptions: number): void => {
          seen[i] = (seen[i] as number) + interruptions
          most[i] = Math.max(most[i] as number, interruptions)
        }
        return new TurnWatch('mine', resolution, sink)
      })
      await besideBusy(async () => {
        const outer = kernel()
        for (const watch of watches) expect(watch.start()).toBe(true)
        const inner = kernel()
        const enough = (): boolean => Math.max(...most) > 1 && kernel() - inner > 20
        const end = performance.now() + 60_000
        for (let i = 0; !enough() && performance.now() < end; i++) {
          // Turns of several lengths; one of them longer than what the scheduler gives at a time.
          spin(i % 5 === 0 ? 100 : 2)
          await turn()
        }
        const last = kernel()
        for (const watch of watches) expect(watch.stop()).toBe(true)
        const atMost = kernel() - outer
        expect(last - inner).toBeGreaterThan(20)
        for (const count of seen) {
          expect(count).toBeGreaterThanOrEqual(last - inner)
          expect(count).toBeLessThanOrEqual(atMost)
        }
        expect(Math.max(...most)).toBeGreaterThan(1)
      })
    })

    test('sees that the thread has moved between two turns', async () => {
      if (status().cpus.online < 2) return
      helpers.pin(0, 0)
      let [turns, moves] = [0, 0]
      const watch = new TurnWatch('mine', 0, (_, migrated) => {
        turns++
        if (migrated) moves++
      })
      watch.start()
      await turn()
      const before = [turns, moves]
      expect(moves).toBe(0)
      for (let i = 1; i <= 20; i++) {
        helpers.pin(0, i % 2)
        await turn()
      }
      expect(moves).toBe(20)
      expect(turns - (before[0] as number)).toBeGreaterThanOrEqual(20)
      watch.stop()
      // Not again, of a move that it has seen.
      watch.start()
      watch.stop()
      expect(moves).toBe(20)
    })

    test('nothing is seen before it is on, and once it is off', async () => {
      const sink = vi.fn()
      const watch = new TurnWatch('mine', 0, sink)
      await turn()
      expect([watch.stop(), sink.mock.calls.length, watch.seconds]).toEqual([false, 0, 0])
      expect([watch.start(), watch.start()]).toEqual([true, false])
      for (let i = 0; i < 5; i++) await turn()
      expect([watch.stop(), watch.stop()]).toEqual([true, false])
      const calls = sink.mock.calls.length
      expect(calls).toBeGreaterThanOrEqual(5)
      const { seconds } = watch
      expect(seconds).toBeGreaterThan(0)
      for (let i = 0; i < 5; i++) await turn()
      expect([sink.mock.calls.length, watch.seconds]).toEqual([calls, seconds])
      // On, off and on in one turn: it is there once.
      watch.start()
      watch.stop()
      watch.start()
      sink.mockClear()
      for (let i = 0; i < 5; i++) await turn()
      expect(sink.mock.calls.length).toBeLessThanOrEqual(7)
      watch.reset()
      expect(watch.seconds).toBeLessThan(60)
      watch.stop()
    })

    test('a sink that stops it is not asked for ever', async () => {
      let calls = 0
      const watch: TurnWatch = new TurnWatch('mine', 0, () => {
        calls++
        watch.stop()
      })
      watch.start()
      await turn()
      await turn()
      // The turn, and what there was since: nothing.
      expect(calls).toBe(2)
      expect(watch.start()).toBe(true)
      watch.stop()
    })

    test('with a resolution it looks as seldom as that', async () => {
      let looks = 0
      const watch = new TurnWatch('mine', 20, () => looks++)
      const begun = performance.now()
      watch.start()
      let turns = 0
      for (; performance.now() - begun < 300 || looks < 3; turns++) await turn()
      const took = performance.now() - begun
      watch.stop()
      expect(turns).toBeGreaterThan(looks)
      expect(looks).toBeGreaterThanOrEqual(3)
      // A timer's milliseconds can be a little short.
      expect(looks).toBeLessThanOrEqual(took / 18 + 2)
    })

    test('a test runner’s fake timers do not concern it', async () => {
      let looks = 0
      const watch = new TurnWatch('mine', 0, () => looks++)
      const seldom = new TurnWatch('mine', 1, () => looks++)
      const real = setTimeout
      vi.useFakeTimers()
      try {
        watch.start()
        seldom.start()
        // A busy machine takes longer for two turns.
        for (let i = 0; i < 250 && looks < 2; i++) await new Promise((resolve) => real(resolve, 20))
        expect(looks).toBeGreaterThan(1)
        expect(vi.getTimerCount()).toBe(0)
        expect(watch.seconds).toBeGreaterThan(0)
        watch.stop()
        seldom.stop()
      } finally {
        vi.useRealTimers()
      }
    })

    test('each thread has its own, and ends with it', async () => {
      const script = `const { parentPort, workerData } = require('node:worker_threads')
        const { TurnWatch } = require('./lib/preemption/turns.js')
        let looks = 0
        new TurnWatch('mine', 0, () => { if (++looks === 10) parentPort.postMessage(looks) }).start()
        const busy = () => setImmediate(busy)
        busy()`
      for (let i = 0; i < 3; i++) {
        const worker = new Worker(script, { eval: true })
        expect(await once(worker, 'message')).toEqual([10])
        await worker.terminate()
      }
    })

    test.each([1, 0])('where a filter answers in the kernel’s place (errno %i), it throws', async (errno) => {
      const script = `const { parentPort, workerData } = require('node:worker_threads')
        const { TurnWatch } = require('./lib/preemption/turns.js')
        const { measureUninterrupted, monitorPreemption } = require('rseq')
        const denied = require(workerData).denyGetrusage(${errno})
        const thrown = (f) => { try { f(); return null } catch ({ code, message }) { return [code, message] } }
        parentPort.postMessage([denied, thrown(() => new TurnWatch('mine', 0, () => {})),
          thrown(() => measureUninterrupted(() => 1)), thrown(monitorPreemption)])`
      const worker = new Worker(script, { eval: true, workerData: join(built, 'helpers.node') })
      const exited = once(worker, 'exit')
      const [said] = (await once(worker, 'message')) as [[number, ...[string, string][]]]
      await exited
      const [denied, watch, measure, monitor] = said
      expect(denied).toBe(0)
      for (const [who, what] of [
        ['mine', watch],
        [hasRseq ? 'measureUninterrupted' : 'PreemptionProbe', measure],
        ['monitorPreemption', monitor],
      ] as const) {
        expect(what?.[0]).toBe('ERR_RSEQ_FEATURE')
        expect(what?.[1]).toMatch(new RegExp(`^${who}: interruptions cannot be seen here\\. `))
      }
    })

    test('a sink that fails ends the watch with a warning, not the program', async () => {
      const counter = new PerCpuCounter()
      const watch = new TurnWatch('mine', 0, () => counter.inc())
      watch.start()
      await turn()
      await turn()
      expect(counter.value).toBeGreaterThan(0)
      const warned = once(process, 'warning')
      counter.close()
      const [warning] = await warned
      expect(warning).toMatchObject({
        code: 'ERR_RSEQ_CLOSED',
        message: expect.stringMatching(/^mine: stopped\. /),
      })
      expect(watch.stop()).toBe(false)
    })
  })

if (world === 'default')
  describe('a program with a TurnWatch', () => {
    test.each([0, 1000])('resolution %i keeps no program running', (resolution) => {
      const script = `const { TurnWatch } = require('./lib/preemption/turns.js')
        let looks = 0
        new TurnWatch('mine', ${resolution}, () => looks++).start()
        process.on('exit', () => console.log(looks < 100))`
      expect(run(script)).toBe(true)
    })

    test('does not make an idle loop turn', () => {
      const script = `const { TurnWatch } = require('./lib/preemption/turns.js')
        let looks = 0
        new TurnWatch('mine', 0, () => looks++).start()
        setTimeout(() => console.log(looks), 500)`
      // Some at the start, and one for the timer; it would be thousands.
      expect(run(script)).toBeLessThan(50)
    })
  })
