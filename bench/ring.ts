import { openSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { PerCpuRing, status } from 'rseq'
import type { Case, QuestionPlan, RowPlan, TimedLoop } from '../src/ts/cli/bench/plan'
import { AtomicsRing } from './atomics-ring'
import { clock } from './clock'
import { checkCalls, FLOORS, NAPI, timed } from './native'
import { optional } from './optional'
import type { Reading, Source } from './receiver'

/** Records of a ring, and as many as are written before somebody reads: the default. */
export const CAPACITY = 1024
/** Of a record that holds what a line of a log says. */
const LOG_BYTES = 32

/** Writes records number `from` to `to` − 1. @returns how many of them there was no room for */
type Write = (from: number, to: number) => number

/**
 * Only writing counts: the ring is emptied whenever it could be full.
 *
 * @param empty reads what was written, so many records
 */
function writing(write: Write, empty: (written: number) => void): TimedLoop {
  const loop = (n: number): number => {
    let time = 0
    for (let done = 0; done < n; done += CAPACITY) {
      const to = Math.min(n, done + CAPACITY)
      const begun = clock()
      const lost = write(done, to)
      time += clock() - begun
      if (lost > 0) throw new Error(`${lost} of ${to - done} records were lost`)
      empty(to - done)
    }
    return time / n
  }
  // So that it is compiled before anybody looks.
  for (let i = 0; i < 200; i++) loop(CAPACITY)
  return loop
}

/** Everything counts, until a thread of its own has received what was written. */
function receiving(write: Write, { expect, wait }: Receiver): TimedLoop {
  let total = 0
  const loop = (n: number): number => {
    const begun = clock()
    total += n
    expect(total)
    let todo = n
    // What there was no room for is written again, as something else: what counts is how many arrive.
    while (todo > 0) todo = write(0, todo)
    wait()
    return (clock() - begun) / n
  }
  for (let i = 0; i < 200; i++) loop(CAPACITY)
  return loop
}

/** A thread that reads. */
interface Receiver {
  readonly worker: Worker
  /** So many records are there to be read in all, or will be. */
  expect(total: number): void
  /** Until it has read as many as were expected. */
  wait(): void
}

function receiver(source: Source): Receiver {
  const counts = new Int32Array(new SharedArrayBuffer(8))
  const workerData: Reading = { ...source, counts }
  const worker = new Worker(join(__dirname, 'receiver.js'), { workerData })
  worker.unref()
  return {
    worker,
    expect(total) {
      Atomics.store(counts, 1, total | 0)
      Atomics.notify(counts, 1)
    },
    wait() {
      for (;;) {
        const read = Atomics.load(counts, 0)
        if (read === counts[1]) return
        Atomics.wait(counts, 0, read)
      }
    },
  }
}

function ringOf(options: { timestamp?: boolean; mode?: 'discard' | 'overwrite' }): PerCpuRing {
  return new PerCpuRing({ capacity: CAPACITY, fields: 3, ...options })
}

function writeTo(ring: PerCpuRing): Write {
  return (from, to) => {
    let lost = 0
    for (let i = from; i < to; i++) if (!ring.write(i, 200, 0.5)) lost++
    return lost
  }
}

function writeToAtomics(ring: AtomicsRing): Write {
  return (from, to) => {
    let lost = 0
    for (let i = from; i < to; i++) if (!ring.write(i, 200, 0.5)) lost++
    return lost
  }
}

function post(worker: Worker): Write {
  return (from, to) => {
    for (let i = from; i < to; i++) worker.postMessage([i, 200, 0.5])
    return 0
  }
}

const ignore = (): void => {}

function ringLoop(options: { timestamp: boolean; fastCalls: boolean }): TimedLoop {
  checkCalls(options.fastCalls)
  const ring = ringOf({ timestamp: options.timestamp })
  return writing(writeTo(ring), () => ring.drain(ignore))
}

function overwritingLoop(): TimedLoop {
  checkCalls(status().fastCalls)
  return writing(writeTo(ringOf({ timestamp: false, mode: 'overwrite' })), ignore)
}

function bytesLoop(): TimedLoop {
  checkCalls(status().fastCalls)
  const ring = new PerCpuRing({ capacity: CAPACITY, recordBytes: LOG_BYTES })
  const record = new Uint8Array(LOG_BYTES)
  const view = new DataView(record.buffer)
  const write: Write = (from, to) => {
    let lost = 0
    for (let i = from; i < to; i++) {
      view.setUint32(0, i, true)
      view.setUint16(4, 200, true)
      view.setFloat64(8, 0.5, true)
      if (!ring.writeBytes(record)) lost++
    }
    return lost
  }
  return writing(write, () => ring.drain(ignore))
}

function atomicsRing(): { memory: SharedArrayBuffer; ring: AtomicsRing } {
  const memory = new SharedArrayBuffer(AtomicsRing.bytes(CAPACITY))
  return { memory, ring: new AtomicsRing(memory, CAPACITY, true) }
}

function atomicsLoop(): TimedLoop {
  const { ring } = atomicsRing()
  return writing(writeToAtomics(ring), () => ring.drain(ignore))
}

function postLoop(): TimedLoop {
  const { worker, expect, wait } = receiver({ kind: 'messages' })
  let total = 0
  return writing(post(worker), (written) => {
    total += written
    expect(total)
    wait()
  })
}

/** What a service's logger is at its fastest: nothing is written before 4 KiB have come together, and then by another thread. */
function pinoLoop(): TimedLoop {
  const { pino, destination } = optional<typeof import('pino')>('pino')
  const file = destination({ fd: openSync('/dev/null', 'w'), sync: false, minLength: 4096 })
  const log = pino(file)
  const write: Write = (from, to) => {
    for (let i = from; i < to; i++) log.info({ request: i, status: 200, seconds: 0.5 }, 'request')
    return 0
  }
  return writing(write, () => file.flushSync())
}

function performanceLoop(n: number): number {
  let sum = 0
  for (let i = 0; i < n; i++) sum += performance.now()
  return sum
}

function hrtimeLoop(n: number): bigint {
  let last = 0n
  for (let i = 0; i < n; i++) last = process.hrtime.bigint()
  return last
}

const timing = (prepare: () => TimedLoop): Case => ({ kind: 'timed', prepare })
/** Long beside the time in which a sleeping thread wakes up. */
const received = (prepare: () => TimedLoop): Case => ({
  kind: 'timed',
  callNs: 5_000_000,
  inCompany: true,
  prepare,
})
const loop = (own: (n: number) => unknown): Case => ({ kind: 'loop', prepare: () => own })

const ROWS: readonly RowPlan[] = [
  ...FLOORS,
  { id: 'c-empty', label: 'C: empty loop', kind: 'floor', case: timing(() => timed('empty')) },
  { id: 'c-clock', label: 'C: clock_gettime()', kind: 'c', case: timing(() => timed('clockGettime')) },
  { id: 'js-now', label: 'JS: performance.now()', kind: 'other', case: loop(performanceLoop) },
  { id: 'js-hrtime', label: 'JS: process.hrtime.bigint()', kind: 'other', case: loop(hrtimeLoop) },
  {
    id: 'write',
    label: 'PerCpuRing.write, no time',
    kind: 'ours',
    case: timing(() => ringLoop({ timestamp: false, fastCalls: true })),
  },
  {
    id: 'write-time',
    label: 'PerCpuRing.write',
    kind: 'ours',
    case: timing(() => ringLoop({ timestamp: true, fastCalls: true })),
  },
  {
    id: 'write-over',
    label: 'PerCpuRing.write, overwriting',
    kind: 'ours',
    case: timing(overwritingLoop),
  },
  {
    id: 'write-napi',
    label: 'PerCpuRing.write, N-API',
    kind: 'ours',
    env: NAPI,
    case: timing(() => ringLoop({ timestamp: true, fastCalls: false })),
  },
  { id: 'write-bytes', label: 'PerCpuRing.writeBytes', kind: 'ours', case: timing(bytesLoop) },
  { id: 'atomics', label: 'Atomics ring', kind: 'other', case: timing(atomicsLoop) },
  {
    id: 'post',
    label: 'postMessage',
    kind: 'other',
    case: { kind: 'timed', inCompany: true, prepare: postLoop },
  },
  { id: 'pino', label: 'pino, a line', kind: 'other', case: timing(pinoLoop) },
  {
    id: 'write-received',
    label: 'PerCpuRing.write, received',
    kind: 'ours',
    case: received(() => {
      checkCalls(status().fastCalls)
      const ring = ringOf({ timestamp: false })
      return receiving(writeTo(ring), receiver({ kind: 'ring', handle: ring.handle }))
    }),
  },
  {
    id: 'atomics-received',
    label: 'Atomics ring, received',
    kind: 'other',
    case: received(() => {
      const { memory, ring } = atomicsRing()
      return receiving(writeToAtomics(ring), receiver({ kind: 'atomics', memory, capacity: CAPACITY }))
    }),
  },
  {
    id: 'post-received',
    label: 'postMessage, received',
    kind: 'other',
    case: received(() => {
      const messages = receiver({ kind: 'messages' })
      return receiving(post(messages.worker), messages)
    }),
  },
]

/** What an event costs the thread that has it, and on the way to another one. */
export const ring: QuestionPlan = {
  name: 'ring',
  title: 'An event to another thread',
  per: 'event',
  reference: ['write', 'write-time', 'write-napi'],
  unit: 'write, no time',
  notes: [
    `Events are three numbers; of writeBytes, ${LOG_BYTES} bytes. Where no time is mentioned, PerCpuRing’s have one.`,
    'Only the writer’s time counts. “received”: everything, until another thread has all of them.',
    {
      about: ['pino'],
      text: 'pino writes to /dev/null, asynchronously; what it flushes afterwards does not count.',
    },
  ],
  rows: () => ROWS,
}
