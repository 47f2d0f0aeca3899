// The thread that receives what ring.ts writes.
import { parentPort, workerData } from 'node:worker_threads'
import { PerCpuRing } from 'rseq'
import { AtomicsRing } from './atomics-ring'

/** What a receiver reads. */
export type Source =
  | { readonly kind: 'messages' }
  | { readonly kind: 'ring'; readonly handle: PerCpuRing['handle'] }
  | { readonly kind: 'atomics'; readonly memory: SharedArrayBuffer; readonly capacity: number }

/** What it is started with. Word 0: how many records it has read in all, word 1: how many there are going to be. */
export type Reading = Source & { readonly counts: Int32Array }

const reading = workerData as Reading
const { counts } = reading
/** Keeps what is read alive. */
export let sink = 0

function add(n: number): void {
  Atomics.add(counts, 0, n)
  Atomics.notify(counts, 0)
}

/** Looks again and again while there is to be more: a reader that slept would be measured by how it is woken. */
function poll(drain: () => number): void {
  for (;;) {
    const read = Atomics.load(counts, 0)
    if (read === Atomics.load(counts, 1)) Atomics.wait(counts, 1, read)
    const n = drain()
    if (n > 0) add(n)
  }
}

if (reading.kind === 'messages') {
  parentPort?.on('message', ([a, b, c]: [number, number, number]) => {
    sink += a + b + c
    add(1)
  })
} else if (reading.kind === 'ring') {
  const ring = PerCpuRing.from(reading.handle)
  poll(() =>
    ring.drain((record) => {
      sink += record.get(0) + record.get(1) + record.get(2)
    }),
  )
} else {
  const ring = new AtomicsRing(reading.memory, reading.capacity, false)
  poll(() =>
    ring.drain((a, b, c) => {
      sink += a + b + c
    }),
  )
}
