// Threads hand buffers over to each other by a number, instead of transferring them:
//   node examples/buffer-pool.mjs [SECONDS]
// The main thread fills a buffer and posts it. Workers add up its bytes and release it. This is done with the slots of a pool,
// then with ArrayBuffers that are transferred, then with ArrayBuffers that are copied. Ctrl-C ends early.
import { PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { PerCpuPool, status } from 'rseq'

const WORKERS = 2
const SLOTS = 64
const SLOT_BYTES = 64 * 1024
const STEP = 512

/** Words that main thread and workers share: buffers that were dealt with, and the sum of all their bytes. */
const DONE = 0
const SUM = 1

function sumOf(bytes) {
  let sum = 0
  // Some of them: the work is not what this is about.
  for (let i = 0; i < bytes.length; i += STEP) sum += bytes[i]
  return sum
}

function work({ handle, shared }) {
  const pool = PerCpuPool.from(handle)
  parentPort.on('message', (message) => {
    if (typeof message === 'number') {
      const slot = pool.adopt(message) // if this thread dies now, reclaim() finds the slot
      Atomics.add(shared, SUM, sumOf(pool.bytes(slot)))
      pool.release(slot)
    } else {
      Atomics.add(shared, SUM, sumOf(new Uint8Array(message)))
    }
    Atomics.add(shared, DONE, 1)
  })
}

/** Ways to get a buffer, and to pass it on; null where too many are on the way. */
function waysOf(pool, shared) {
  const isFull = (sent) => sent - Atomics.load(shared, DONE) >= SLOTS
  const allocated = (sent) => (isFull(sent) ? null : new Uint8Array(SLOT_BYTES))
  return {
    'slots of a pool': {
      get() {
        const slot = pool.acquire()
        return slot === -1 ? null : slot
      },
      bytes: (slot) => pool.bytes(slot),
      post: (worker, slot) => worker.postMessage(pool.handOver(slot)),
    },
    'transferred ArrayBuffers': {
      get: allocated,
      bytes: (array) => array,
      post: (worker, { buffer }) => worker.postMessage(buffer, [buffer]),
    },
    'copied ArrayBuffers': {
      get: allocated,
      bytes: (array) => array,
      post: (worker, { buffer }) => worker.postMessage(buffer),
    },
  }
}

/** Passes buffers on for so long. @returns what that came to */
async function run({ get, bytes, post }, workers, shared, seconds, signal) {
  shared.fill(0)
  let collections = 0
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length
  })
  observer.observe({ entryTypes: ['gc'] })

  const data = new Uint8Array(SLOT_BYTES) // as it would come from a file or a socket
  let sent = 0
  let sum = 0
  const begun = performance.now()
  const end = begun + seconds * 1000
  while (!signal.aborted && performance.now() < end) {
    const buffer = get(sent)
    if (buffer === null) {
      await turn() // all are on the way
      continue
    }
    data[(sent * STEP) % SLOT_BYTES] = sent
    bytes(buffer).set(data) // not fill(): over shared memory, V8 does that byte by byte
    sum = (sum + sumOf(data)) | 0
    post(workers[sent++ % workers.length], buffer)
    if (sent % 256 === 0) await turn() // for Ctrl-C
  }
  while (Atomics.load(shared, DONE) < sent) await turn()
  const elapsed = (performance.now() - begun) / 1000

  await turn()
  observer.disconnect()
  return { perSecond: sent / elapsed, collections, isRight: Atomics.load(shared, SUM) === sum }
}

async function main(seconds) {
  const interrupt = new AbortController()
  process.once('SIGINT', () => interrupt.abort())
  const pool = new PerCpuPool({ slots: SLOTS, slotBytes: SLOT_BYTES })
  const shared = new Int32Array(new SharedArrayBuffer(8))
  const workers = Array.from(
    { length: WORKERS },
    () => new Worker(new URL(import.meta.url), { workerData: { handle: pool.handle, shared } }),
  )
  const ways = Object.entries(waysOf(pool, shared))
  for (const [, way] of ways) await run(way, workers, shared, 0.1, interrupt.signal) // everything compiled
  console.log(`${WORKERS} workers, buffers of ${SLOT_BYTES / 1024} KiB, backend ${status().backend}\n`)
  console.log('                           messages/s  ratio  collections  sums')
  let first
  for (const [name, way] of ways) {
    const { perSecond, collections, isRight } = await run(way, workers, shared, seconds, interrupt.signal)
    first ??= perSecond
    const columns = [
      name.padEnd(24),
      Math.round(perSecond).toLocaleString('en-US').padStart(12),
      (perSecond / first).toFixed(2).padStart(6),
      String(collections).padStart(12),
      isRight ? ' right' : ' WRONG',
    ]
    console.log(columns.join(''))
    if (interrupt.signal.aborted) break
  }
  console.log(`\n${pool.held} of ${pool.slots} slots are held in the end.`)
  await Promise.all(workers.map((worker) => worker.terminate()))
}

if (isMainThread) await main(Number(process.argv[2] ?? 1))
else work(workerData)
