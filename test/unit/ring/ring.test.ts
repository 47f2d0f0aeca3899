import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import {
  type NamedRingOptions,
  PerCpuCounter,
  PerCpuRing,
  Region,
  type RingItem,
  type RingOptions,
  type RingRecord,
  status,
} from 'rseq'
import { describe, expect, test } from 'vitest'
import { fixtures, hasAddon, hasRseq, world } from '../../support/world'

interface Copied {
  cpu: number
  time: number
  values: number[]
}

function drained(ring: PerCpuRing, max?: number): Copied[] {
  const all: Copied[] = []
  const take = (record: RingRecord): void => {
    all.push({ cpu: record.cpu, time: record.time, values: [...record.values()] })
  }
  expect(ring.drain(take, max === undefined ? undefined : { max })).toBe(all.length)
  return all
}

const texts = (ring: PerCpuRing): string[] => {
  const all: string[] = []
  ring.drain((record) => all.push(Buffer.from(record.bytes()).toString()))
  return all
}

/** On one CPU, so that records have one order and one capacity. Without rseq there is one ring anyway. */
function numbers(ring: PerCpuRing): number[] {
  return drained(ring).map(({ values }) => values[0] as number)
}

/** Writes, where all of it is in one stripe: a thread that is moved to another CPU meanwhile begins anew. */
function fill(options: RingOptions, count: number): { ring: PerCpuRing; verdicts: boolean[] } {
  for (;;) {
    const ring = new PerCpuRing(options)
    const verdicts = Array.from({ length: count }, (_, i) => ring.write(i))
    const all = ring.written + ring.lost.discarded
    expect(all).toBe(count)
    const kept = ring.mode === 'overwrite' ? ring.capacity - 1 : ring.capacity
    if (ring.pending === Math.min(count, kept)) return { ring, verdicts }
    ring.close()
  }
}

function write(...all: Worker[]): Promise<{ written: number; discarded: number }[]> {
  return Promise.all(
    all.map(
      (worker) =>
        new Promise<{ written: number; discarded: number }>((resolve, reject) => {
          worker.once('message', resolve).once('error', reject)
        }),
    ),
  )
}

const worker = (workerData: object): Worker =>
  new Worker(join(fixtures, 'writing-worker.mjs'), { workerData })

describe(`PerCpuRing, world ${world}`, () => {
  test('what is written is drained once, in order', () => {
    const ring = new PerCpuRing({ fields: 3 })
    const before = Number(process.hrtime.bigint())
    expect(ring.write(1, 2.5, -3)).toBe(true)
    expect(ring.write(Number.NaN, Number.POSITIVE_INFINITY, -0)).toBe(true)
    const after = Number(process.hrtime.bigint())
    expect([ring.written, ring.pending]).toEqual([2, 2])
    const all = drained(ring)
    expect(all.map(({ values }) => values)).toEqual([
      [1, 2.5, -3],
      [Number.NaN, Number.POSITIVE_INFINITY, -0],
    ])
    for (const { cpu, time } of all) {
      expect(time >= before && time <= after).toBe(true)
      if (hasRseq) expect(cpu >= 0 && cpu < status().cpus.possible).toBe(true)
      else expect(cpu).toBe(-1)
    }
    expect((all[0] as Copied).time).toBeLessThanOrEqual((all[1] as Copied).time)
    expect(drained(ring)).toEqual([])
    expect([ring.written, ring.pending, ring.lost]).toEqual([
      2,
      0,
      { discarded: 0, overwritten: 0, total: 0 },
    ])
  })

  test('without timestamps the time is 0', () => {
    const ring = new PerCpuRing({ timestamp: false })
    ring.write(7)
    expect(drained(ring)).toMatchObject([{ time: 0, values: [7] }])
    expect(ring.timestamp).toBe(false)
  })

  test.each([1, 2, 3, 4] as const)('%d fields', (fields) => {
    const ring = new PerCpuRing({ fields })
    const values = [1.5, 2.5, 3.5, 4.5].slice(0, fields) as [number]
    for (let i = 0; i < 20_000; i++) {
      expect(ring.write(...values)).toBe(true)
      if (i % 500 === 0)
        expect(drained(ring).every((record) => `${record.values}` === `${values}`)).toBe(true)
    }
    expect(ring.written).toBe(20_000)
    expect([ring.fields, ring.recordBytes]).toEqual([fields, 0])
  })

  test('bytes, of any length up to what was said', () => {
    const ring = new PerCpuRing({ recordBytes: 13, capacity: 16 })
    expect([ring.fields, ring.recordBytes, ring.capacity, ring.mode]).toEqual([0, 13, 16, 'discard'])
    ring.writeBytes(Buffer.from('hello, world!'))
    ring.writeBytes(new Uint8Array())
    ring.writeBytes(new DataView(Buffer.from('<seen by a view>').buffer.slice(0), 0, 0))
    const memory = new Uint8Array(Buffer.from('0123456789'))
    ring.writeBytes(new DataView(memory.buffer, 2, 3))
    ring.writeBytes(memory.subarray(7))
    memory.fill(0)
    expect(texts(ring)).toEqual(['hello, world!', '', '', '234', '789'])
  })

  test('any bytes, and of a record nothing but what was written', () => {
    const ring = new PerCpuRing({ recordBytes: 40, capacity: 64 })
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }), (all) => {
        for (const bytes of all) expect(ring.writeBytes(bytes)).toBe(true)
        const found: number[][] = []
        ring.drain((record) => {
          expect(record.length).toBe(record.bytes().length)
          found.push(Array.from({ length: record.length }, (_, i) => record.get(i)))
        })
        expect(found).toEqual(all.map((bytes) => [...bytes]))
      }),
    )
  })

  test('a full ring discards what comes, and counts it', () => {
    const { ring, verdicts } = fill({ capacity: 8 }, 11)
    expect(verdicts).toEqual([...new Array(8).fill(true), false, false, false])
    expect(ring.lost).toEqual({ discarded: 3, overwritten: 0, total: 3 })
    expect(Object.isFrozen(ring.lost)).toBe(true)
    expect(numbers(ring)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(ring.write(8)).toBe(true)
    expect(numbers(ring)).toEqual([8])
    expect([ring.written, ring.lost.discarded]).toEqual([9, 3])
  })

  test('or writes over the oldest, and counts that', () => {
    const { ring, verdicts } = fill({ capacity: 8, mode: 'overwrite' }, 30)
    expect(verdicts).not.toContain(false)
    expect([ring.written, ring.pending, ring.lost]).toEqual([
      30,
      7,
      { discarded: 0, overwritten: 23, total: 23 },
    ])
    expect(numbers(ring)).toEqual([23, 24, 25, 26, 27, 28, 29])
    expect([ring.written, ring.pending, ring.lost.overwritten]).toEqual([30, 0, 23])
    for (let i = 0; i < 5; i++) ring.write(i)
    expect(numbers(ring)).toEqual([0, 1, 2, 3, 4])
    expect([ring.written, ring.pending, ring.lost.overwritten]).toEqual([35, 0, 23])
  })

  test.each(['discard', 'overwrite'] as const)('every record is read, lost or pending: mode %s', (mode) => {
    const steps = fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(-1, -3, -100)), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(steps, (all) => {
        const ring = new PerCpuRing({ capacity: 16, mode })
        let [attempted, read, last] = [0, 0, new Map<number, number>()]
        for (const step of all) {
          for (let i = 0; i < step; i++) ring.write(attempted++)
          if (step < 0) {
            for (const { cpu, values } of drained(ring, -step)) {
              // In order on each CPU.
              expect(values[0]).toBeGreaterThan(last.get(cpu) ?? -1)
              last.set(cpu, values[0] as number)
              read++
            }
          }
          const { discarded, overwritten } = ring.lost
          expect(ring.written + discarded).toBe(attempted)
          expect(read + overwritten + ring.pending).toBe(ring.written)
        }
        ring.close()
      }),
      { numRuns: 50 },
    )
  })

  test('max: no more than that, and the rest later', () => {
    const ring = new PerCpuRing()
    for (let i = 0; i < 10; i++) ring.write(i)
    expect(drained(ring, 0)).toEqual([])
    const all = [drained(ring, 4), drained(ring, 1), drained(ring)]
    expect(all.map((records) => records.length)).toEqual([4, 1, 5])
    expect(all.flat().map(({ values }) => values[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('more than fits into one look', () => {
    const ring = new PerCpuRing({ capacity: 16384, fields: 4 })
    let written = 0
    while (written < 10_000) if (ring.write(written, 1, 2, 3)) written++
    const all = numbers(ring)
    expect(all).toEqual(Array.from({ length: 10_000 }, (_, i) => i))
  })

  test('a drain ends while its callback writes on', () => {
    const ring = new PerCpuRing({ capacity: 64 })
    for (let i = 0; i < 10; i++) ring.write(i)
    expect(ring.drain(() => ring.write(100))).toBe(10)
    expect(numbers(ring)).toEqual(new Array(10).fill(100))
  })

  test('a record is one object, for its callback alone', async () => {
    const ring = new PerCpuRing({ fields: 2 })
    ring.write(1, 2)
    ring.write(3, 4)
    const seen: RingRecord[] = []
    const late: Promise<unknown>[] = []
    ring.drain((record) => {
      seen.push(record)
      expect([record.length, record.get(0), record.get(1)]).toEqual(seen.length === 1 ? [2, 1, 2] : [2, 3, 4])
      for (const i of [2, -1, 0.5, Number.NaN]) expect(() => record.get(i)).toThrow(RangeError)
      expect(() => record.get('0' as never)).toThrow(TypeError)
      expect(() => record.bytes()).toThrow(TypeError)
      const kept = record.values()
      kept.fill(9)
      expect(record.get(0)).not.toBe(9)
      late.push(Promise.resolve().then(() => record.cpu))
    })
    expect(seen[0]).toBe(seen[1])
    for (const one of late) await expect(one).rejects.toMatchObject({ code: 'ERR_RSEQ_CLOSED' })
  })

  test('a callback that throws: that record comes again', () => {
    const ring = new PerCpuRing()
    for (let i = 0; i < 5; i++) ring.write(i)
    const error = new Error('from the callback')
    const seen: number[] = []
    const drain = (): number =>
      ring.drain((record) => {
        seen.push(record.get(0))
        if (seen.length === 3) throw error
      })
    expect(drain).toThrow(error)
    expect(ring.pending).toBe(3)
    expect(drain()).toBe(3)
    expect(seen).toEqual([0, 1, 2, 2, 3, 4])
    expect([ring.written, ring.pending, ring.lost.total]).toEqual([5, 0, 0])
  })

  test('a drain within a drain is refused, of any object of the ring', () => {
    const ring = new PerCpuRing()
    const other = PerCpuRing.from(ring.handle)
    for (let i = 0; i < 3; i++) ring.write(i)
    const seen: number[] = []
    ring.drain((record) => {
      for (const one of [ring, other]) {
        expect(() => one.drain(() => {})).toThrow(expect.objectContaining({ code: 'ERR_RSEQ_CONSUMER' }))
      }
      seen.push(record.get(0))
    })
    expect(seen).toEqual([0, 1, 2])
    ring.write(3)
    expect(numbers(other)).toEqual([3])
  })

  test('closed in the callback: this record was the last', () => {
    const ring = new PerCpuRing()
    const other = PerCpuRing.from(ring.handle)
    for (let i = 0; i < 4; i++) ring.write(i)
    const seen: number[] = []
    const count = ring.drain((record) => {
      seen.push(record.get(0))
      if (seen.length === 2) ring.close()
    })
    expect([count, ring.closed, seen]).toEqual([2, true, [0, 1]])
    expect(numbers(other)).toEqual([2, 3])
    other.drain(() => other.close())
    // The last one: nothing of it is left.
    const alone = new PerCpuRing()
    alone.write(1)
    expect(alone.drain(() => alone.close())).toBe(1)
    expect(() => alone.drain(() => {})).toThrow(expect.objectContaining({ code: 'ERR_RSEQ_CLOSED' }))
  })

  test('closed: everything throws, and the next owner of the memory finds it empty', () => {
    const ring = new PerCpuRing({ capacity: 4 })
    for (let i = 0; i < 6; i++) ring.write(i)
    const { handle } = ring
    ring.close()
    ring.close()
    const closed = expect.objectContaining({ code: 'ERR_RSEQ_CLOSED' })
    expect(() => ring.write(1)).toThrow(closed)
    expect(() => ring.drain(() => {})).toThrow(closed)
    expect(() => ring.written).toThrow(closed)
    expect(() => ring.pending).toThrow(closed)
    expect(() => ring.lost).toThrow(closed)
    expect(ring.closed).toBe(true)
    expect(() => PerCpuRing.from(handle)).toThrow(expect.objectContaining({ code: 'ERR_RSEQ_HANDLE' }))
    const next = new PerCpuRing({ capacity: 4 })
    expect([next.written, next.pending, next.lost.total]).toEqual([0, 0, 0])
    expect(numbers(next)).toEqual([])
    const bytes = new PerCpuRing({ recordBytes: 1 })
    bytes.close()
    expect(() => bytes.writeBytes(new Uint8Array(1))).toThrow(closed)
  })

  test('a handle, a name, and what a ring shows', () => {
    const ring = PerCpuRing.named('ring test', { capacity: 2, fields: 2, help: 'events', labels: { a: 'b' } })
    expect([ring.name, ring.help, ring.labels, ring.index]).toEqual([
      'ring test',
      'events',
      { a: 'b' },
      'cpu',
    ])
    ring.write(1, 2)
    const again = PerCpuRing.named('ring test', { labels: { a: 'b' } })
    expect([again.capacity, again.fields, again.pending]).toEqual([2, 2, 1])
    expect(again.handle).toEqual(ring.handle)
    expect(PerCpuRing.from(structuredClone(ring.handle)).pending).toBe(1)
    expect(JSON.parse(JSON.stringify(ring))).toEqual({
      name: 'ring test',
      labels: { a: 'b' },
      written: 1,
      lost: { discarded: 0, overwritten: 0 },
      pending: 1,
    })
    expect(() => structuredClone(ring)).toThrow('PerCpuRing.from()')
    const kind = expect.objectContaining({ code: 'ERR_RSEQ_KIND' })
    const others: NamedRingOptions[] = [
      { capacity: 4 },
      { fields: 1 },
      { recordBytes: 2 },
      { mode: 'overwrite' },
      { timestamp: false },
    ]
    for (const options of others) {
      expect(() => PerCpuRing.named('ring test', { ...options, labels: { a: 'b' } })).toThrow(kind)
    }
    expect(() => PerCpuCounter.named('ring test', { labels: { a: 'b' } })).toThrow(kind)
    expect(() => PerCpuRing.from(new PerCpuCounter().handle as never)).toThrow(kind)
    for (const one of [again, ring]) one.close()
    expect(Region.process.list().some(({ name, kind }) => name === 'ring test' && kind === 'ring')).toBe(true)
  })

  test.each([
    [{ capacity: 3 }, RangeError, 'received 3'],
    [{ capacity: 1 }, RangeError, 'received 1'],
    [{ capacity: 2 ** 17 }, RangeError, '65536'],
    [{ capacity: Number.NaN }, RangeError, 'received NaN'],
    [{ capacity: '8' }, TypeError, 'received the string "8"'],
    [{ fields: 0 }, RangeError, 'received 0'],
    [{ fields: 5 }, RangeError, 'received 5'],
    [{ fields: 1n }, TypeError, 'received the bigint 1n'],
    [{ recordBytes: 0 }, RangeError, 'received 0'],
    [{ recordBytes: 4097 }, RangeError, 'received 4097'],
    [{ recordBytes: 1.5 }, RangeError, 'received 1.5'],
    [{ recordBytes: 8, fields: 1 }, TypeError, 'none where there are fields'],
    [{ mode: 'drop' }, RangeError, 'received the string "drop"'],
    [{ mode: 1 }, TypeError, 'received 1'],
    [{ timestamp: 1 }, TypeError, 'received 1'],
    [{ index: 'mm_cid' }, RangeError, 'received the string "mm_cid"'],
    [null, TypeError, 'received null'],
    [5, TypeError, 'received 5'],
  ])('new PerCpuRing(%o) throws', (options, type, message) => {
    const before = Region.process.usage.namesUsed
    const make = (): PerCpuRing => new PerCpuRing(options as never)
    expect(make).toThrow(type)
    expect(make).toThrow(message)
    expect(Region.process.usage.namesUsed).toBe(before)
  })

  test.each([
    [2, [1], TypeError, 'argument 2: expected a number, received undefined'],
    [2, [], TypeError, 'argument 1: expected a number, received undefined'],
    [2, [1, '2'], TypeError, 'received the string "2"'],
    [2, [1, 2, 3], RangeError, 'expected 2, received 3'],
    [1, [1, undefined, 3], RangeError, 'expected 1, received 3'],
    [1, [1n], TypeError, 'received the bigint 1n'],
    [4, [1, 2, 3, 4, 5], RangeError, 'expected 4, received 5'],
    [3, [1, 2, {}], TypeError, 'received an object'],
  ])('with %d fields, write(%o) throws, and writes nothing', (fields, given, type, message) => {
    const ring = new PerCpuRing({ fields: fields as 1 })
    const write = (): boolean => ring.write(...(given as [number]))
    expect(write).toThrow(type)
    expect(write).toThrow(message)
    expect([ring.written, ring.pending, ring.lost.total]).toEqual([0, 0, 0])
  })

  test('bytes that are none, too many, or gone', () => {
    const ring = new PerCpuRing({ recordBytes: 8 })
    const gone = new Uint8Array(8)
    const view = new DataView(new ArrayBuffer(8))
    structuredClone(0, { transfer: [gone.buffer, view.buffer] })
    const lying = Object.defineProperty(new Uint8Array(16), 'length', { value: 4 })
    const posing = Object.defineProperty(new Float64Array(1), Symbol.toStringTag, { value: 'Uint8Array' })
    for (const bytes of [
      gone,
      view,
      posing,
      new Uint16Array(2),
      'bytes',
      [1, 2],
      undefined,
      new ArrayBuffer(8),
    ]) {
      expect(() => ring.writeBytes(bytes as never)).toThrow(TypeError)
    }
    for (const bytes of [lying, new Uint8Array(9), new DataView(new ArrayBuffer(9))]) {
      expect(() => ring.writeBytes(bytes as never)).toThrow(RangeError)
    }
    expect([ring.written, ring.lost.total]).toEqual([0, 0])
    class Mine extends Uint8Array {
      static get [Symbol.species](): never {
        throw new Error('nobody asks')
      }
      override get length(): number {
        return 100
      }
      override slice(): never {
        throw new Error('nobody asks')
      }
    }
    expect(ring.writeBytes(new Mine([1, 2, 3]))).toBe(true)
    const shared = new Uint8Array(new SharedArrayBuffer(4)).fill(7)
    expect(ring.writeBytes(shared)).toBe(true)
    const all: number[][] = []
    ring.drain((record) => all.push([...record.bytes()]))
    expect(all).toEqual([
      [1, 2, 3],
      [7, 7, 7, 7],
    ])
  })

  test('each kind of ring says that it is not the other one', () => {
    const [tuples, bytes] = [new PerCpuRing(), new PerCpuRing({ recordBytes: 8 })]
    expect(() => tuples.writeBytes(new Uint8Array(1))).toThrow('a ring of bytes')
    expect(() => bytes.write(1)).toThrow('a ring of numbers')
    expect(() => PerCpuRing.prototype.write.call({} as PerCpuRing, 1)).toThrow('expected a PerCpuRing')
    expect(() => PerCpuRing.prototype.drain.call(new PerCpuCounter() as never, () => {})).toThrow(TypeError)
    bytes.writeBytes(new Uint8Array(1))
    bytes.drain((record) => expect(() => record.values()).toThrow(TypeError))
    for (const callback of [undefined, 1, {}])
      expect(() => tuples.drain(callback as never)).toThrow(TypeError)
    for (const max of [-1, 0.5, Number.NaN]) {
      expect(() => tuples.drain(() => {}, { max })).toThrow(RangeError)
    }
    expect(() => tuples.drain(() => {}, { max: '1' as never })).toThrow(TypeError)
  })

  test('a region that is full', () => {
    const open: PerCpuRing[] = []
    const make = (): void => {
      for (;;) open.push(new PerCpuRing({ capacity: 65536, recordBytes: 256 }))
    }
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_RSEQ_REGION_FULL' }))
    for (const ring of open) ring.close()
    expect(new PerCpuRing().write(1)).toBe(true)
  })

  test('records of several workers, none is missing', async () => {
    const ring = new PerCpuRing({ capacity: 65536, fields: 3 })
    const records = 2000
    const deny = world === 'mixed' ? [0, 1] : [0, 0]
    const workers = deny.map((deny, writer) => worker({ handle: ring.handle, writer, records, deny }))
    const results = await write(...workers)
    const all = drained(ring)
    expect(all).toHaveLength((results[0]?.written as number) * 1 + (results[1]?.written as number))
    const next = [-1, -1]
    for (const { values } of all) {
      const [writer, i, check] = values as [number, number, number]
      expect(check).toBe(writer * 2 ** 20 + i)
      expect(i).toBeGreaterThan(next[writer] as number)
      next[writer] = i
    }
    const times = all.map(({ time }) => time)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(ring.written + ring.lost.discarded).toBe(2 * records)
  })

  test('a consumer that lives in another thread, and one that does no more', async () => {
    const ring = new PerCpuRing()
    for (let i = 0; i < 3; i++) ring.write(i)
    const other = worker({ handle: ring.handle, stay: true })
    await new Promise((resolve) => other.once('message', resolve))
    const refused = expect.objectContaining({ code: 'ERR_RSEQ_CONSUMER' })
    expect(() => ring.drain(() => {})).toThrow(refused)
    await other.terminate()
    // Without the addon nobody says that it is gone.
    const end = Date.now() + 10_000
    for (;;) {
      try {
        // What it had got comes again.
        expect(numbers(ring)).toEqual([0, 1, 2])
        break
      } catch (error) {
        if (hasAddon || Date.now() > end) throw error
        expect(error).toMatchObject({ code: 'ERR_RSEQ_CONSUMER' })
        await sleep(50)
      }
    }
    expect([ring.written, ring.pending, ring.lost.total]).toEqual([3, 0, 0])
  })
})

describe(`records of a PerCpuRing, world ${world}`, () => {
  test('are copies, as they come', async () => {
    const ring = new PerCpuRing({ fields: 2 })
    ring.write(1, 2)
    const seen: RingItem[] = []
    setTimeout(() => ring.write(3, 4), 20)
    for await (const item of ring.records({ interval: 5 })) {
      seen.push(item)
      if (seen.length === 2) break
    }
    expect(seen.map(({ values }) => [...(values as Float64Array)])).toEqual([
      [1, 2],
      [3, 4],
    ])
    expect(seen.every(Object.isFrozen)).toBe(true)
    expect(ring.pending).toBe(0)
  })

  test('none is lost where the loop is left', async () => {
    const ring = new PerCpuRing()
    for (let i = 0; i < 5; i++) ring.write(i)
    const seen: number[] = []
    for await (const { values } of ring) {
      seen.push(values?.[0] as number)
      if (seen.length === 2) break
    }
    expect([seen, ring.pending]).toEqual([[0, 1], 3])
    await expect(
      (async () => {
        for await (const _ of ring) throw new Error('in the loop')
      })(),
    ).rejects.toThrow('in the loop')
    expect(numbers(ring)).toEqual([3, 4])
  })

  test('end when the ring is closed, and when the signal says so', async () => {
    const ring = new PerCpuRing({ recordBytes: 3 })
    ring.writeBytes(Buffer.from('one'))
    const seen: string[] = []
    for await (const { bytes } of ring.records({ interval: 1 })) {
      seen.push(Buffer.from(bytes as Uint8Array).toString())
      setTimeout(() => ring.close(), 10)
    }
    expect(seen).toEqual(['one'])
    const other = new PerCpuRing()
    const abort = new AbortController()
    setTimeout(() => abort.abort(), 10)
    for await (const _ of other.records({ interval: 2 ** 31 - 1, signal: abort.signal })) seen.push('never')
    for await (const _ of other.records({ signal: abort.signal })) seen.push('never')
    expect(seen).toEqual(['one'])
  })

  test('let others have their turn while writers write on', async () => {
    const ring = new PerCpuRing()
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    let count = 0
    ring.write(0)
    for await (const _ of ring) {
      ring.write(0)
      if (++count === 5000) break
    }
    clearInterval(timer)
    expect(turns).toBeGreaterThan(0)
  })

  test.each([
    [null, TypeError],
    [{ interval: '1' }, TypeError],
    [{ interval: -1 }, RangeError],
    [{ interval: 2 ** 31 }, RangeError],
    [{ interval: Number.NaN }, RangeError],
    [{ signal: {} }, TypeError],
    [{ signal: { aborted: false } }, TypeError],
    [{ signal: 'abort' }, TypeError],
  ])('records(%o) throws', (options, type) => {
    expect(() => new PerCpuRing().records(options as never)).toThrow(type)
  })
})

describe(`PerCpuRing in a shared region, world ${world}`, () => {
  if (!hasAddon) {
    test('needs the addon', () => {
      expect(() => Region.create({ memfd: true })).toThrow(
        expect.objectContaining({ code: 'ERR_RSEQ_FEATURE' }),
      )
    })
    return
  }

  test('the lock of threads without rseq is taken from the dead, and waited for where its owner lives', () => {
    const output = execFileSync(process.execPath, [join(fixtures, 'ring-lock.mjs')], { encoding: 'utf8' })
    // The third one found it taken, if it needed it.
    expect(JSON.parse(output)).toEqual({
      said: [true, true, hasRseq, true],
      read: hasRseq ? [2, 3, 4] : [2, 4],
      written: hasRseq ? 4 : 3,
      lost: hasRseq ? { discarded: 0, overwritten: 0, total: 0 } : { discarded: 1, overwritten: 0, total: 1 },
    })
  })

  test('is only looked at where the region is read only', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rseq-ring-'))
    const region = Region.create({ file: join(folder, 'region') })
    try {
      const ring = PerCpuRing.named('events', { region, capacity: 4, mode: 'overwrite' })
      for (let i = 0; i < 3; i++) ring.write(i)
      const looking = Region.attach(region.path as string, { readOnly: true })
      const seen = PerCpuRing.named('events', { region: looking })
      expect([seen.written, seen.pending, seen.capacity, seen.mode]).toEqual([3, 3, 4, 'overwrite'])
      const refused = expect.objectContaining({ code: 'ERR_RSEQ_READ_ONLY' })
      expect(() => seen.write(1)).toThrow(refused)
      expect(() => seen.drain(() => {})).toThrow(refused)
      expect(numbers(ring)).toEqual([0, 1, 2])
      expect(seen.pending).toBe(0)
      looking.close()
    } finally {
      region.close()
      rmSync(folder, { recursive: true })
    }
  })
})
