// The ABA problem: why a list of free slots over Atomics.compareExchange needs a tag, and a pool of ours none.
import { once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { PerCpuPool } from 'rseq'
import { describe, expect, test } from 'vitest'
import { AtomicsRing } from '../../../bench/atomics-ring'
import { FreeList, WideFreeList } from '../../../bench/free-list'
import { fixtures } from '../../support/world'

interface List {
  acquire(): number
  release(slot: number): void
}

function listOf(slots: number, isTagged: boolean): { ours: FreeList; theirs: FreeList } {
  const memory = new SharedArrayBuffer(FreeList.bytes(slots))
  return {
    ours: new FreeList(memory, slots, true, isTagged),
    theirs: new FreeList(memory, slots, false, isTagged),
  }
}

/** A thread has read the head and what follows it, and stops; another one takes two slots and gives the first back. */
function interleaved({ ours, theirs }: { ours: FreeList; theirs: FreeList }): boolean {
  const head = ours.head()
  const next = ours.after(head)
  expect([theirs.acquire(), theirs.acquire()]).toEqual([0, 1])
  theirs.release(0)
  return ours.swap(head, next)
}

/** All that can be acquired, in this order; no more than `most`. */
function drained(list: List, most = 100): number[] {
  const slots: number[] = []
  for (let slot = list.acquire(); slot !== -1 && slots.length < most; slot = list.acquire()) slots.push(slot)
  return slots
}

describe('a free list over Atomics', () => {
  test('without a tag hands a held slot out again', () => {
    const lists = listOf(4, false)
    // Our thread believes that it has taken slot 0, and slot 1 the next free one: but that is held.
    expect(interleaved(lists)).toBe(true)
    expect(drained(lists.ours)).toEqual([1, 2, 3])
  })

  test('with a tag does not', () => {
    const lists = listOf(4, true)
    expect(interleaved(lists)).toBe(false)
    expect(drained(lists.ours)).toEqual([0, 2, 3])
  })

  test('whose tag has come round does again', () => {
    // 16 bits are for the slots, and as many for the tag.
    const lists = listOf(2 ** 15, true)
    const head = lists.ours.head()
    const next = lists.ours.after(head)
    expect([lists.theirs.acquire(), lists.theirs.acquire()]).toEqual([0, 1])
    lists.theirs.release(0)
    expect(lists.ours.swap(head, next)).toBe(false)
    for (let i = 2; i < 2 ** 16; i++) lists.theirs.release(lists.theirs.acquire())
    expect(lists.ours.swap(head, next)).toBe(true)
    expect(lists.ours.acquire()).toBe(1)
  })

  test.each([1, 2, 3, 64, 65_535, 65_536])('hands %i slots out once each', (slots) => {
    const memory = new SharedArrayBuffer(WideFreeList.bytes(slots))
    for (const list of [
      listOf(slots, true).ours,
      listOf(slots, false).ours,
      new WideFreeList(memory, slots, true),
    ]) {
      for (let round = 0; round < 3; round++) {
        const all = drained(list, slots + 1)
        expect(all).toHaveLength(slots)
        expect(new Set(all).size).toBe(slots)
        expect(list.acquire()).toBe(-1)
        for (const slot of all) list.release(slot)
      }
    }
  })
})

/** What fixtures/aba.mjs tells of itself. */
interface Pooled {
  readonly taken: number
  readonly twice: number
}

describe('a PerCpuPool', () => {
  test('in that order of things hands nothing out twice', () => {
    const pool = new PerCpuPool({ slots: 4 })
    const [a, b] = [pool.acquire(), pool.acquire()]
    pool.release(a)
    const rest = drained(pool)
    expect([...rest, b].sort()).toEqual([0, 1, 2, 3])
    for (const slot of [...rest, b]) pool.release(slot)
    expect([pool.held, pool.free]).toEqual([0, 4])
  })

  test.each([
    ['wherever they run', -1],
    ['on one CPU, where they stop each other', 0],
  ])('of threads that do so all the time, %s, neither', async (_, cpu) => {
    const slots = 6
    const pool = new PerCpuPool({ slots })
    const owners = new Int32Array(new SharedArrayBuffer(4 * slots))
    const all = await Promise.all(
      Array.from({ length: 4 }, async (_, i): Promise<Pooled> => {
        const workerData = { handle: pool.handle, owners, me: i + 1, rounds: 50_000, cpu }
        const worker = new Worker(join(fixtures, 'aba.mjs'), { workerData })
        // Both at once: a worker's last message can come with its end.
        const [[pooled]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')])
        return pooled
      }),
    )
    expect(all.map(({ twice }) => twice)).toEqual([0, 0, 0, 0])
    expect(all.reduce((sum, { taken }) => sum + taken, 0)).toBeGreaterThan(100_000)
    expect([pool.held, pool.free]).toEqual([0, slots])
    expect(drained(pool).sort()).toEqual([0, 1, 2, 3, 4, 5])
  })
})

test('the ring to compare with gives every record once, in order, and counts the others', () => {
  const memory = new SharedArrayBuffer(AtomicsRing.bytes(4))
  const ring = new AtomicsRing(memory, 4, true)
  const seen: number[] = []
  const read = (a: number, b: number, c: number): void => {
    expect([b, c]).toEqual([a + 1, a / 2])
    seen.push(a)
  }
  const reader = new AtomicsRing(memory, 4, false)
  const write = (i: number): boolean => ring.write(i, i + 1, i / 2)
  expect([0, 1, 2].map(write)).toEqual([true, true, true])
  expect(reader.drain(read)).toBe(3)
  expect([3, 4, 5, 6, 7, 8].map(write)).toEqual([true, true, true, true, false, false])
  expect([reader.drain(read), reader.drain(read), ring.lost]).toEqual([4, 0, 2])
  expect(write(9)).toBe(true)
  reader.drain(read)
  expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 9])
})
