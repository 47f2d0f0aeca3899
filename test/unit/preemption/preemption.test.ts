import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { MessageChannel, Worker } from 'node:worker_threads'
import {
  cpuId,
  measureUninterrupted,
  PerCpuCounter,
  PreemptionProbe,
  register,
  status,
  unregister,
} from 'rseq'
import { describe, expect, test } from 'vitest'
import { runScript } from '../../support/script'
import {
  built,
  fixtures,
  hasAddon,
  hasRseq,
  helpers,
  root,
  showsSystemCalls,
  world,
} from '../../support/world'

const online = status().cpus.online

/** Takes the CPU from this thread, one way or another. */
function disturb(i: number): void {
  if (online < 2 || (i % 3 === 0 && showsSystemCalls)) expect(helpers.signal(0)).toBe(0)
  else expect(helpers.pin(0, cpuId() === 0 ? 1 : 0)).toBe(0)
}

/** A check without an interruption is to be had soon, whatever else the machine does. */
function quiet(check: () => boolean): boolean {
  for (let i = 0; i < 1000; i++) if (check()) return true
  return false
}

if (!hasRseq)
  test(`world ${world}: without sections both throw ERR_RSEQ_FEATURE, and say why`, () => {
    const refused = expect.objectContaining({ name: 'RseqError', code: 'ERR_RSEQ_FEATURE' })
    expect(() => new PreemptionProbe()).toThrow(refused)
    expect(() => measureUninterrupted(() => expect.unreachable())).toThrow(refused)
    expect(() => new PreemptionProbe()).toThrow(hasAddon ? /status\(\)\.message/ : /npm run build/)
  })

if (hasRseq)
  describe(`PreemptionProbe, world ${world}`, () => {
    test('is armed when it is made, and stays so while nothing happens', () => {
      expect(quiet(() => new PreemptionProbe().state === 'armed')).toBe(true)
      const probe = new PreemptionProbe()
      expect(
        quiet(() => {
          probe.arm()
          let sum = 0
          for (let i = 0; i < 1000; i++) sum += i
          return sum > 0 && !probe.interrupted && !probe.check() && probe.state === 'armed'
        }),
      ).toBe(true)
    })

    test('a signal and a move interrupt, until it is armed again', () => {
      const probe = new PreemptionProbe()
      for (let i = 0; i < 6; i++) {
        probe.arm()
        disturb(i)
        expect([probe.interrupted, probe.state]).toEqual([true, 'interrupted'])
        expect([probe.interrupted, probe.state]).toEqual([true, 'interrupted'])
        expect(probe.check()).toBe(true)
        expect(
          quiet(() => {
            probe.arm()
            return !probe.check()
          }),
        ).toBe(true)
      }
    })

    test('none of 10,000 interruptions is missed, whatever counts between the checks', () => {
      const counters = [new PerCpuCounter(), new PerCpuCounter({ index: 'mm_cid' })]
      const probe = new PreemptionProbe()
      let missed = 0
      for (let i = 0; i < 10_000; i++) {
        // Counts before, after, both or not at all; and the interruption in mid-count, or between two probes' checks.
        if (i & 1) counters[i % 2]?.inc()
        disturb(i)
        if (i & 2) counters[i % 2]?.add(i)
        if (i & 4) new PreemptionProbe().check()
        if (!probe.interrupted) missed++
        if (!probe.check()) missed++
      }
      expect(missed).toBe(0)
    })

    test('after an operation of the package it does not know, and says so', () => {
      const counter = new PerCpuCounter()
      const probe = new PreemptionProbe()
      expect(
        quiet(() => {
          probe.arm()
          counter.inc()
          expect(probe.interrupted).toBe(true)
          return probe.state === 'unknown'
        }),
      ).toBe(true)
      // What is certain stays so.
      probe.arm()
      disturb(0)
      new PreemptionProbe().arm()
      counter.inc()
      expect(probe.state).toBe('interrupted')
    })

    test('probes of one thread hide nothing from each other, and disturb nothing', () => {
      const a = new PreemptionProbe()
      const b = new PreemptionProbe()
      const counter = new PerCpuCounter()
      for (let i = 0; i < 100; i++) {
        a.arm()
        disturb(i)
        b.arm()
        b.check()
        expect([a.interrupted, a.state, a.check()]).toEqual([true, 'interrupted', true])
      }
      // Away and back again: one of them has been asked in between.
      for (let i = 0; online > 1 && i < 100; i++) {
        a.arm()
        const cpu = cpuId()
        helpers.pin(0, cpu === 0 ? 1 : 0)
        expect(b.check()).toBe(true)
        helpers.pin(0, cpu)
        expect([a.interrupted, a.state, b.interrupted]).toEqual([true, 'interrupted', true])
      }
      expect(
        quiet(() => {
          a.arm()
          counter.inc()
          b.arm()
          return a.interrupted && a.state === 'unknown'
        }),
      ).toBe(true)
      expect(
        quiet(() => {
          a.arm()
          b.arm()
          new PreemptionProbe().arm()
          return !a.interrupted && !b.check() && !a.check()
        }),
      ).toBe(true)
    })

    test('a loop that only looks sees it when something happens', async () => {
      const probe = new PreemptionProbe()
      // The worker moves this thread from outside, or sends it signals, while it looks; or somebody takes the CPU before.
      const script = `const { parentPort, workerData } = require('node:worker_threads')
        const helpers = require(workerData.helpers)
        for (let i = 0; i < 200; i++) workerData.signals ? helpers.signal(workerData.tid) : helpers.pin(workerData.tid, i % workerData.online)`
      const seen = [] as boolean[]
      for (let round = 0; round < 3; round++) {
        const worker = new Worker(script, {
          eval: true,
          workerData: {
            signals: round === 2,
            tid: helpers.gettid(),
            online,
            helpers: join(built, 'helpers.node'),
          },
        })
        probe.arm()
        const end = performance.now() + 60_000
        while (!probe.interrupted && performance.now() < end);
        seen.push(probe.interrupted)
        await new Promise((done) => worker.once('exit', done))
      }
      expect(seen).toEqual([true, true, true])
    })

    test('unregister() interrupts; afterwards there is nothing to arm, until register()', () => {
      const probe = new PreemptionProbe()
      const { registration } = status()
      probe.arm()
      unregister()
      try {
        if (registration !== 'self') return
        const refused = expect.objectContaining({ code: 'ERR_RSEQ_FEATURE' })
        expect([probe.interrupted, probe.state]).toEqual([true, 'interrupted'])
        expect(() => probe.arm()).toThrow(refused)
        expect(() => probe.check()).toThrow(refused)
        expect(() => new PreemptionProbe()).toThrow(refused)
        expect(probe.interrupted).toBe(true)
      } finally {
        register()
      }
      expect([probe.interrupted, probe.state]).toEqual([true, 'interrupted'])
      expect(probe.check()).toBe(true)
      expect(quiet(() => !probe.check())).toBe(true)
    })

    test('is of the thread that made it', async () => {
      const { port1 } = new MessageChannel()
      const probe = new PreemptionProbe()
      expect(() => port1.postMessage(probe)).toThrow(/PreemptionProbe: it is of the thread that made it/)
      port1.close()
      // Another thread has its own, and ends with it armed.
      const script = `const { parentPort } = require('node:worker_threads')
        const { PreemptionProbe } = require('rseq')
        const probe = new PreemptionProbe()
        let calm = false
        for (let i = 0; i < 1000 && !calm; i++) { probe.arm(); calm = probe.state === 'armed' }
        parentPort.postMessage(calm)`
      for (let i = 0; i < 5; i++) {
        const worker = new Worker(script, { eval: true })
        const said: unknown[] = []
        worker.on('message', (calm) => said.push(calm)).on('error', (error) => said.push(error))
        await new Promise((done) => worker.once('exit', done))
        expect(said).toEqual([true])
      }
    })

    test('a check by something else throws', () => {
      const { check, arm } = PreemptionProbe.prototype
      for (const method of [check, arm]) expect(() => method.call({} as PreemptionProbe)).toThrow(TypeError)
    })
  })

if (world === 'default' || world === 'self')
  test.each([
    ['', {}],
    [', while the abort check is at it', { RSEQ_PROBE: '1' }],
  ])('copies of the package in one thread hide nothing from each other%s', (_, env) => {
    const script = join(fixtures, 'probes.cjs')
    const output = execFileSync(process.execPath, [script, join(built, 'helpers.node')], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, ...env },
    })
    const off = status().registration === 'self'
    const said = JSON.parse(output)
    // On a slow machine the check may have seen no abort by its end: then there are no sections, and no probe.
    if ('RSEQ_PROBE' in env && said.reason === 'UNTRUSTED_KERNEL') {
      expect(said.code).toBe('ERR_RSEQ_FEATURE')
      return
    }
    expect(said).toEqual({
      distinct: true,
      reason: 'OK',
      calm: true,
      hidden: 0,
      registration: off ? 'none' : status().registration,
      refused: off ? 'ERR_RSEQ_FEATURE' : null,
      again: true,
    })
  })

if (world === 'default' && hasRseq)
  test('two busy processes on one CPU: as many interruptions as the kernel counts', () => {
    // On a machine that others use as well, a thread can be preempted again before it is back in its code: one
    // interruption, for two switches. And the kernel has other work on its way back than switches.
    for (let round = 1; ; round++) {
      const { seen, kernel } = runScript<{ seen: number; kernel: number }>('preemption.mjs', 2)
      expect(kernel).toBeGreaterThan(20)
      if (Math.abs(seen - kernel) <= 0.03 * kernel) break
      expect(round).toBeLessThan(8)
    }
  })
