import { once } from 'node:events'
import { constants } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { PerCpuBatch, PerCpuCounter, PerCpuSum, status } from 'rseq'
import { describe, expect, test } from 'vitest'
import { built, hasRseq, helpers, world } from '../../support/world'

/** More than CPUs, so that threads also take turns on one. */
const WORKERS = Math.max(4, 2 * status().cpus.allowed)
/** The part of the workers that is denied rseq, or starts in a process without. */
const overflowing = world === 'mixed' ? 0.5 : hasRseq ? 0 : 1

const SINGLE = Number(process.env.RSEQ_TEST_INCREMENTS ?? 1_000_000)
/** Of each worker. More where all meet in one word: they must be there at one time, on a busy machine too. */
const ADDS = SINGLE * (overflowing > 0 ? 5 : 1)
const COUNTERS = 50
const BATCHES = Math.ceil(ADDS / COUNTERS)

/** A worker's program: all pass the gate at once, do `work`, and say which backend they have had. */
function script(work: string): string {
  return `
    const { parentPort, workerData } = require('node:worker_threads')
    const { handles, deny, helpers, gate, i, times } = workerData
    const { denyRseq, gettid } = require(helpers)
    if (deny !== 0 && denyRseq(deny) !== 0) throw new Error('no seccomp filter can be set')
    gate[2 + i] = gettid()
    const { PerCpuBatch, PerCpuCounter, PerCpuSum, status } = require('rseq')
    Atomics.add(gate, 0, 1)
    Atomics.notify(gate, 0)
    for (let here; (here = Atomics.load(gate, 0)) < gate[1]; ) Atomics.wait(gate, 0, here)
    ${work}
    parentPort.postMessage(status().backend)`
}

/**
 * @param moved the workers are sent from CPU to CPU meanwhile
 * @returns the workers' backends, once all are done
 */
async function all(work: string, handles: unknown[], times: number, moved = false): Promise<string[]> {
  // How many have come, how many it opens for, and their thread ids.
  const gate = new Int32Array(new SharedArrayBuffer(4 * (2 + WORKERS)))
  gate[1] = WORKERS
  let left = WORKERS
  const one = async (_: unknown, i: number): Promise<string> => {
    // Some threads of a process have rseq, others not: both add to the same objects.
    const deny = world === 'mixed' && i % 2 === 1 ? constants.errno.EPERM : 0
    const workerData = { handles, deny, helpers: join(built, 'helpers.node'), gate, i, times }
    const worker = new Worker(script(work), { eval: true, workerData })
    const [backend] = await once(worker, 'message')
    await worker.terminate()
    left--
    return backend as string
  }
  const backends = Promise.all(Array.from({ length: WORKERS }, one))
  for (let cpu = 0; moved && left > 0; cpu++) {
    // Those that are not there yet, or not any more, are nobody's; so are CPUs that this process may not use.
    for (const thread of gate.subarray(2)) if (thread !== 0) helpers.pin(thread, cpu % status().cpus.possible)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return backends
}

describe(`adds that meet, world ${world}`, () => {
  // Amounts whose sums are exact in a double in any order, so that one lost add shows.
  test(`${WORKERS} workers × ${ADDS} adds of 0.5 to a sum`, async () => {
    const sum = new PerCpuSum()
    const work = `const sum = PerCpuSum.from(handles[0])
      for (let i = 0; i < times; i++) sum.add(0.5)`
    const backends = await all(work, [sum.handle], ADDS)
    const cells = sum.perCpu()
    console.log(`${world}: ${backends.join(' ')}, cells ${[...cells].join(' ')}`)
    expect(sum.value).toBe((WORKERS * ADDS) / 2)
    expect(cells.reduce((total, cell) => total + cell, 0)).toBe((WORKERS * ADDS) / 2)
    // The overflow cell is what was to be tried.
    expect(cells.at(-1)).toBeGreaterThanOrEqual((overflowing * WORKERS * ADDS) / 2)
  })

  const amount = (i: number): number => (i % 3 === 0 ? -i : i + 1)
  const batches = (type: string): string => `
    const counters = handles.map((handle) => PerCpuCounter.from(handle))
    const batch = new PerCpuBatch(counters)
    const amounts = ${type}.from(counters, (_, i) => (i % 3 === 0 ? -i : i + 1))
    for (let i = 0; i < times; i++) batch.add(amounts)`

  test.each(['Int32Array', 'Float64Array'])(
    `${WORKERS} workers × ${BATCHES} batches of ${COUNTERS} counters, amounts in an %s`,
    async (type) => {
      const index = (i: number) => (i % 10 === 9 ? 'mm_cid' : 'cpu')
      const counters = Array.from({ length: COUNTERS }, (_, i) => new PerCpuCounter({ index: index(i) }))
      const handles = counters.map(({ handle }) => handle)
      await all(batches(type), handles, BATCHES)
      const expected = counters.map((_, i) => WORKERS * BATCHES * amount(i))
      // + 0: −0 is 0 here.
      expect(counters.map(({ value }) => value)).toEqual(expected.map((value) => value + 0))
    },
  )

  test(`long batches of few counters, by ${WORKERS} workers that are moved from CPU to CPU`, async () => {
    // A thread that is moved in a batch meets the others in every cell, if it goes on where it was.
    const [few, repeated] = [3, 3000]
    const counters = Array.from({ length: few }, () => new PerCpuCounter())
    const handles = Array.from({ length: repeated }, (_, i) => counters[i % few]?.handle)
    const times = Math.ceil(((world === 'inject' ? 3 : 20) * SINGLE) / repeated)
    await all(batches('Int32Array'), handles, times, true)
    const each = (i: number): number =>
      handles.reduce((sum, _, at) => (at % few === i ? sum + amount(at) : sum), 0)
    expect(counters.map(({ value }) => value)).toEqual(counters.map((_, i) => WORKERS * times * each(i)))
  })

  test('batches, single adds and drains of the same counters, at once', async () => {
    const counters = Array.from({ length: 4 }, () => new PerCpuCounter())
    const work = `const counters = handles.map((handle) => PerCpuCounter.from(handle))
      const batch = new PerCpuBatch(counters)
      for (let i = 0; i < times; i++) {
        batch.add([1, 2, 3, 4])
        counters[i % 4].inc()
      }`
    let drained = 0
    let done = false
    const adding = all(
      work,
      counters.map((counter) => counter.handle),
      BATCHES,
    ).finally(() => {
      done = true
    })
    while (!done) {
      for (const counter of counters) drained += Number(counter.drain())
      await new Promise(setImmediate)
    }
    await adding
    for (const counter of counters) drained += Number(counter.drain())
    expect(drained).toBe(WORKERS * BATCHES * (1 + 2 + 3 + 4 + 1))
    expect(new PerCpuBatch(counters).size).toBe(4)
  })
})
