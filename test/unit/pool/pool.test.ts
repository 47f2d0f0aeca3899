import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { PerCpuCounter, PerCpuPool, type PerCpuPoolHandle, Region } from 'rseq'
import { afterAll, describe, expect, test } from 'vitest'
import { fixtures, hasAddon, hasRseq, world } from '../../support/world'

const code = (wanted: string): unknown => expect.objectContaining({ name: 'RseqError', code: wanted })
const all = (pool: PerCpuPool): number[] => {
  const slots = new Int32Array(pool.slots + 1)
  return [...slots.subarray(0, pool.acquireMany(slots))].sort((a, b) => a - b)
}
const upTo = (slots: number): number[] => Array.from({ length: slots }, (_, i) => i)

/** A worker that does the given steps with the pool, and stays until it is told to end. */
async function remote(handle: PerCpuPoolHandle, body: string): Promise<{ worker: Worker; said: unknown }> {
  const code = `
    const { parentPort, workerData } = require('node:worker_threads')
    const { PerCpuPool } = require(workerData.path)
    const pool = PerCpuPool.from(workerData.handle)
    parentPort.postMessage((${body})(pool))
    parentPort.on('message', () => process.exit())`
  const path = join(fixtures, '..', '..', 'lib', 'index.js')
  const worker = new Worker(code, { eval: true, workerData: { handle, path } })
  const [said] = await once(worker, 'message')
  return { worker, said }
}

describe(`PerCpuPool, world ${world}`, () => {
  test('gives each slot once, and then none', () => {
    for (const slots of [1, 2, 7, 300]) {
      const pool = new PerCpuPool({ slots })
      expect(pool).toMatchObject({ slots, held: 0, free: slots, slotBytes: 0, memory: null, index: 'cpu' })
      const taken = upTo(slots).map(() => pool.acquire())
      expect([...taken].sort((a, b) => a - b)).toEqual(upTo(slots))
      expect(pool.acquire()).toBe(-1)
      expect(pool).toMatchObject({ held: slots, free: 0 })
      for (const slot of taken) pool.release(slot)
      expect(pool.held).toBe(0)
      expect(all(pool)).toEqual(upTo(slots))
      pool.close()
    }
  })

  // Threads without rseq have no stack: they look from where they found the last one.
  if (hasRseq || !hasAddon)
    test('what was released last is acquired first', () => {
      const isLast = (): boolean => {
        const pool = new PerCpuPool({ slots: 100 })
        const slots = Array.from({ length: 10 }, () => pool.acquire()) as [number, ...number[]]
        pool.release(slots[0])
        pool.release(slots[7] as number)
        const last = pool.acquire()
        pool.close()
        return last === slots[7]
      }
      // A thread that is moved to another CPU in between begins again.
      expect(Array.from({ length: 20 }, isLast).filter(Boolean).length).toBeGreaterThan(10)
    })

  test('any sequence of operations gives what a set of free slots gives', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('acquire' as const) }),
      fc.record({ do: fc.constant('release' as const), at: fc.nat() }),
      fc.record({ do: fc.constant('acquireMany' as const), count: fc.nat(9) }),
      fc.record({ do: fc.constant('releaseMany' as const), count: fc.nat(9) }),
      fc.record({ do: fc.constant('wrong' as const), slot: fc.nat(12) }),
    )
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(step, { maxLength: 60 }), (slots, steps) => {
        const pool = new PerCpuPool({ slots })
        const held: number[] = []
        const take = (slot: number): void => {
          expect(slot).toBeGreaterThanOrEqual(0)
          expect(slot).toBeLessThan(slots)
          expect(held).not.toContain(slot)
          held.push(slot)
        }
        for (const one of steps) {
          if (one.do === 'acquire') {
            const slot = pool.acquire()
            if (held.length === slots) expect(slot).toBe(-1)
            else take(slot)
          } else if (one.do === 'release' && held.length > 0) {
            const [slot] = held.splice(one.at % held.length, 1) as [number]
            pool.release(slot)
          } else if (one.do === 'acquireMany') {
            const out = new Uint32Array(one.count)
            const count = pool.acquireMany(out)
            expect(count).toBe(Math.min(one.count, slots - held.length))
            out.subarray(0, count).forEach(take)
          } else if (one.do === 'releaseMany') {
            pool.releaseMany(Int32Array.from(held.splice(0, one.count)))
          } else if (one.do === 'wrong' && !held.includes(one.slot)) {
            expect(() => pool.release(one.slot)).toThrow(one.slot < slots ? 'nobody holds it' : RangeError)
          }
          expect(pool.held).toBe(held.length)
          for (const slot of held) expect(pool.owner(slot)).toMatchObject({ self: true, alive: true })
        }
        pool.close()
      }),
    )
  })

  test('a slot that is released twice, or was never acquired, is refused', () => {
    const pool = new PerCpuPool({ slots: 4 })
    const slot = pool.acquire()
    pool.release(slot)
    for (const what of ['release', 'handOver'] as const) {
      expect(() => pool[what](slot)).toThrow(code('ERR_RSEQ_SLOT'))
      expect(() => pool[what](3)).toThrow('nobody holds it')
    }
    expect(pool.held).toBe(0)
    expect(all(pool)).toEqual([0, 1, 2, 3])
  })

  test.each([
    ['twice the same', (held: number[]) => [held[0], held[1], held[0]], 'ERR_RSEQ_SLOT'],
    ['a free one', (held: number[]) => [held[0], 9, held[1]], 'ERR_RSEQ_SLOT'],
  ])('a list with %s releases none of it', (_, listOf, expected) => {
    const pool = new PerCpuPool({ slots: 10 })
    const held = upTo(10).map(() => pool.acquire())
    pool.release(9)
    held.splice(held.indexOf(9), 1)
    expect(() => pool.releaseMany(Int32Array.from(listOf(held) as number[]))).toThrow(code(expected))
    expect(pool.held).toBe(9)
    pool.releaseMany(Uint32Array.from(held), 9)
    expect(pool.held).toBe(0)
  })

  test.each([
    ['a slot beyond the last', [0, 10]],
    ['a negative one', [0, -1]],
    ['one far beyond', [0, 2 ** 31 - 1]],
  ])('a list with %s releases none of it', (_, list) => {
    const pool = new PerCpuPool({ slots: 10 })
    for (let i = 0; i < 10; i++) pool.acquire()
    expect(() => pool.releaseMany(Int32Array.from(list))).toThrow(RangeError)
    expect(pool.held).toBe(10)
  })

  const BAD = ['1', Number.NaN, -1, 10, 0.5, 2 ** 32, Number.POSITIVE_INFINITY, undefined, null, {}, [1], 1n]
  test.each(BAD)('%p is no slot: throws, and changes nothing', (slot) => {
    const pool = new PerCpuPool({ slots: 10, slotBytes: 8 })
    pool.acquireMany(new Int32Array(10))
    const type = typeof slot === 'number' ? RangeError : TypeError
    const calls = [
      () => pool.release(slot as number),
      () => pool.handOver(slot as number),
      () => pool.owner(slot as number),
      () => pool.bytes(slot as number),
      () => pool.view(slot as number, Int32Array),
    ]
    for (const call of calls) {
      expect(call).toThrow(type)
      expect(call).toThrow('expected a slot, 0 to 9')
    }
    // That one could be a ticket.
    const expected =
      slot === 2 ** 32 ? 'slot 0: it was adopted' : 'expected a ticket that handOver() returned'
    expect(() => pool.adopt(slot as number)).toThrow(expected)
    expect(() => pool.adopt(slot as number)).toThrow(
      slot === 2 ** 32 ? (code('ERR_RSEQ_SLOT') as never) : type,
    )
    expect(pool.held).toBe(10)
  })

  test('arrays that are none, or lie, are refused, and change nothing', () => {
    const pool = new PerCpuPool({ slots: 10 })
    const calls = [
      (array: unknown) => pool.acquireMany(array as Int32Array),
      (array: unknown) => pool.releaseMany(array as Int32Array),
    ]
    const detached = new Int32Array(4)
    structuredClone(detached, { transfer: [detached.buffer] })
    for (const call of calls) {
      for (const bad of [[1, 2], new Float64Array(2), new BigInt64Array(1), { length: 2 }, 'abc', null]) {
        expect(() => call(bad)).toThrow(TypeError)
      }
      expect(() => call(Object.setPrototypeOf({ length: 5 }, Int32Array.prototype))).toThrow(TypeError)
      expect(() => call(new Proxy(new Int32Array(4), {}))).toThrow(TypeError)
      // There is nothing in it.
      call(detached)
    }
    expect(pool.held).toBe(0)
    const lying = Object.defineProperty(new Int32Array(2), 'length', { value: 1000 })
    expect(pool.acquireMany(lying)).toBe(2)
    expect(pool.held).toBe(2)
    for (const count of [3, -1, 0.5, Number.NaN]) {
      expect(() => pool.releaseMany(lying, count)).toThrow(RangeError)
    }
    expect(() => pool.releaseMany(lying, '1' as unknown as number)).toThrow(TypeError)
    expect(pool.held).toBe(2)
    pool.releaseMany(lying)
    expect(pool.held).toBe(0)
    const shared = new Int32Array(new SharedArrayBuffer(16))
    expect(pool.acquireMany(shared)).toBe(4)
    pool.releaseMany(shared, 0)
    expect(pool.held).toBe(4)
  })

  test.each([
    [undefined, TypeError],
    [{}, TypeError],
    [{ slots: '5' }, TypeError],
    [{ slots: 0 }, RangeError],
    [{ slots: -1 }, RangeError],
    [{ slots: 1.5 }, RangeError],
    [{ slots: Number.NaN }, RangeError],
    [{ slots: 65537 }, RangeError],
    [{ slots: 5, slotBytes: -1 }, RangeError],
    [{ slots: 5, slotBytes: '8' }, TypeError],
    [{ slots: 5, slotBytes: 2 ** 30 + 1 }, RangeError],
    [{ slots: 5, index: 'mm_cid' }, RangeError],
    [{ slots: 5, region: {} }, TypeError],
  ])('new PerCpuPool(%p) throws', (options, type) => {
    const before = Region.process.usage.namesUsed
    expect(() => new PerCpuPool(options as never)).toThrow(type)
    expect(Region.process.usage.namesUsed).toBe(before)
  })

  test('each slot has memory of its own, shared between threads', async () => {
    const pool = new PerCpuPool({ slots: 3, slotBytes: 100 })
    expect(pool.memory?.byteLength).toBe(3 * 128)
    const slot = pool.acquire()
    const bytes = pool.bytes(slot)
    expect(bytes).toHaveLength(100)
    expect(bytes.byteOffset).toBe(128 * slot)
    expect(pool.bytes(slot)).toBe(bytes)
    bytes.fill(slot + 1)
    const doubles = pool.view(slot, Float64Array)
    expect(doubles).toHaveLength(12)
    expect(doubles.buffer).toBe(pool.memory)
    const { worker, said } = await remote(
      pool.handle,
      `(pool) => { const slot = pool.acquire(); pool.bytes(slot).fill(200); return [slot, pool.handOver(slot), pool.bytes(${slot})[99], pool.owner(${slot})] }`,
    )
    const [other, ticket, read, owner] = said as [number, number, number, object]
    expect(other).not.toBe(slot)
    expect(read).toBe(slot + 1)
    expect(owner).toMatchObject({ self: false, alive: true, handedOver: false, pid: process.pid })
    expect(pool.owner(other)).toEqual({ self: false, alive: true, handedOver: true, pid: process.pid })
    expect(() => pool.release(other)).toThrow('it was handed over')
    expect(pool.adopt(ticket)).toBe(other)
    expect(pool.bytes(other)[0]).toBe(200)
    pool.release(other)
    expect(pool.held).toBe(1)
    await worker.terminate()
    expect(() => pool.view(slot, Object as never)).toThrow(TypeError)
    expect(() => new PerCpuPool({ slots: 1 }).bytes(0)).toThrow(code('ERR_RSEQ_FEATURE'))
  })

  test('what a thread held that has ended can be reclaimed, but what was adopted', async () => {
    const pool = new PerCpuPool({ slots: 8 })
    const mine = pool.acquire()
    const { worker, said } = await remote(
      pool.handle,
      '(pool) => { const slots = [1, 2, 3].map(() => pool.acquire()); return [...slots, pool.handOver(slots[1])] }',
    )
    const [first, second, third, ticket] = said as [number, number, number, number]
    expect(() => pool.release(first)).toThrow('another thread of this process holds it')
    expect(pool.adopt(ticket)).toBe(second)
    expect(pool.reclaim()).toBe(0)
    expect(pool.held).toBe(4)
    await worker.terminate()
    if (hasAddon) {
      expect(pool.owner(first)).toEqual({ pid: process.pid, self: false, alive: false, handedOver: false })
      expect(pool.reclaim()).toBe(2)
      expect(pool.owner(third)).toBeNull()
    } else expect(pool.reclaim()).toBe(0)
    expect([mine, second].map((slot) => pool.owner(slot)?.self)).toEqual([true, true])
    expect(pool.reclaim()).toBe(0)
  })

  test('what was handed over arrives, though its thread has ended and everything else was reclaimed', async () => {
    const pool = new PerCpuPool({ slots: 2, slotBytes: 8 })
    const { worker, said } = await remote(
      pool.handle,
      '(pool) => { const slot = pool.acquire(); pool.bytes(slot).fill(7); return pool.handOver(slot) }',
    )
    await worker.terminate()
    expect(pool.reclaim()).toBe(0)
    const other = pool.acquire()
    expect(pool.acquire()).toBe(-1)
    const slot = pool.adopt(said as number)
    expect(slot).not.toBe(other)
    expect(pool.bytes(slot)).toEqual(new Uint8Array(new SharedArrayBuffer(8)).fill(7))
    expect(() => pool.adopt(said as number)).toThrow(code('ERR_RSEQ_SLOT'))
    pool.releaseMany(Int32Array.from([slot, other]))
  })

  // Without the addon nobody knows that a thread has ended.
  if (hasAddon)
    test('a slot’s number that comes late, when the slot was reclaimed and is another’s, takes nothing', async () => {
      const began = performance.now()
      const pool = new PerCpuPool({ slots: 1, slotBytes: 8 })
      const { worker, said } = await remote(pool.handle, '(pool) => pool.acquire()')
      const slot = said as number
      await worker.terminate()
      expect(pool.reclaim()).toBe(1)
      const next = await remote(
        pool.handle,
        '(pool) => { const slot = pool.acquire(); pool.bytes(slot).fill(9); return slot }',
      )
      expect(next.said).toBe(slot)
      // Here the message of the first one arrives.
      const late = [
        () => pool.adopt(slot),
        () => pool.release(slot),
        () => pool.releaseMany(Int32Array.of(slot)),
        () => pool.handOver(slot),
      ]
      for (const call of late) expect(call).toThrow(code('ERR_RSEQ_SLOT'))
      expect(pool.owner(slot)).toMatchObject({ self: false, alive: true, handedOver: false })
      expect(pool.acquire()).toBe(-1)
      expect([...pool.bytes(slot)]).toEqual(new Array(8).fill(9))
      await next.worker.terminate()
      console.log(`${world}: late numbers refused in ${Math.round(performance.now() - began)} ms`)
    })

  test('a ticket adopts once, and no later hand-over of its slot', () => {
    const pool = new PerCpuPool({ slots: 1 })
    const slot = pool.acquire()
    const first = pool.handOver(slot)
    expect(first).toBeGreaterThanOrEqual(65_536)
    expect(pool.acquire()).toBe(-1)
    expect(() => pool.handOver(slot)).toThrow('it was handed over')
    // The message got lost: who handed it over takes it back.
    expect(pool.adopt(first)).toBe(slot)
    const second = pool.handOver(slot)
    expect(second).not.toBe(first)
    expect(() => pool.adopt(first)).toThrow(code('ERR_RSEQ_SLOT'))
    expect(() => pool.adopt(first)).toThrow('it was adopted before')
    expect(pool.adopt(second)).toBe(slot)
    expect(() => pool.adopt(slot)).toThrow('send what handOver() returns')
    expect(pool.owner(slot)).toMatchObject({ self: true, handedOver: false })
    pool.release(slot)
    for (const wrong of [2 ** 48, 65_537, -65_536, 65_536.5]) {
      expect(() => pool.adopt(wrong)).toThrow(RangeError)
    }
    // Numbers that nobody was given.
    for (let number = 1; number < 2 ** 32; number = number * 2 + 1) {
      expect(() => pool.adopt(number * 65_536)).toThrow(code('ERR_RSEQ_SLOT'))
    }
    for (const own of [2 ** 32 - 1, 2 ** 32 - 2, 2 ** 31, 2 ** 31 + 1]) {
      expect(() => pool.adopt(own * 65_536)).toThrow(code('ERR_RSEQ_SLOT'))
    }
    expect(pool.held).toBe(0)
  })

  test('a slot as an object is released at the end of its block, once', () => {
    const pool = new PerCpuPool({ slots: 2, slotBytes: 4 })
    {
      using slot = pool.hold()
      expect(pool.owner(slot?.slot as number)).toMatchObject({ self: true })
    }
    expect(pool.held).toBe(0)
    const one = pool.hold()
    const two = pool.hold()
    expect(pool.hold()).toBeNull()
    expect(one?.bytes).toBe(pool.bytes(one?.slot as number))
    one?.[Symbol.dispose]()
    one?.[Symbol.dispose]()
    expect(pool.held).toBe(1)
    expect(() => one?.release()).toThrow(code('ERR_RSEQ_SLOT'))
    const slot = two?.keep() as number
    two?.[Symbol.dispose]()
    expect(pool.held).toBe(1)
    pool.release(slot)
    expect(pool.held).toBe(0)
    let ticket = 0
    {
      using slot = pool.hold()
      ticket = slot?.handOver() as number
      expect(() => slot?.handOver()).toThrow(code('ERR_RSEQ_SLOT'))
    }
    pool.release(pool.adopt(ticket))
    expect(pool.held).toBe(0)
  })

  test('a name is the same pool, of one size', () => {
    const one = PerCpuPool.named('pool.test', { slots: 5, labels: { a: 'b' } })
    const two = PerCpuPool.named('pool.test', { slots: 5, labels: { a: 'b' } })
    expect(one).toEqual(two)
    const slot = one.acquire()
    two.release(slot)
    expect(() => PerCpuPool.named('pool.test', { slots: 6, labels: { a: 'b' } })).toThrow(
      code('ERR_RSEQ_KIND'),
    )
    expect(() => PerCpuCounter.named('pool.test', { labels: { a: 'b' } })).toThrow(code('ERR_RSEQ_KIND'))
    expect(() => PerCpuPool.named('pool.test 2', { slots: 5, slotBytes: 8 } as never)).toThrow(TypeError)
    expect(PerCpuPool.from(one.handle).name).toBe('pool.test')
    expect(JSON.parse(JSON.stringify(one))).toEqual({
      name: 'pool.test',
      labels: { a: 'b' },
      slots: 5,
      held: 0,
    })
  })

  test('handles that were made by somebody are refused', () => {
    const pool = new PerCpuPool({ slots: 4, slotBytes: 64 })
    const { handle } = pool
    const used = Region.process.usage.namesUsed
    const wrong: [object, unknown][] = [
      [{ slotBytes: 63, memory: new SharedArrayBuffer(10) }, RangeError],
      [{ slotBytes: 128 }, RangeError],
      [{ slotBytes: '64' }, TypeError],
      [{ slotBytes: -1 }, RangeError],
      [{ memory: null }, TypeError],
      [{ memory: new ArrayBuffer(256) }, TypeError],
      [{ memory: { byteLength: 256 } }, TypeError],
      [{ rseq: 'counter' }, code('ERR_RSEQ_KIND')],
      [{ entry: 100 }, expect.objectContaining({ name: 'RseqError' })],
    ]
    for (const [change, expected] of wrong) {
      expect(() => PerCpuPool.from({ ...handle, ...change } as never)).toThrow(expected as never)
    }
    const counter = new PerCpuCounter()
    expect(() => PerCpuPool.from({ ...counter.handle, rseq: 'pool' } as never)).toThrow(code('ERR_RSEQ_KIND'))
    counter.close()
    expect(Region.process.usage.namesUsed).toBe(used)
    expect(PerCpuPool.from({ ...handle, memory: null, slotBytes: 0 }).memory).toBeNull()
  })

  test('closed, it refuses everything; what was held stays so for others', () => {
    const pool = new PerCpuPool({ slots: 4, slotBytes: 8 })
    const other = PerCpuPool.from(pool.handle)
    const slot = pool.acquire()
    pool.close()
    pool.close()
    const array = new Int32Array(1)
    const calls = [
      () => pool.acquire(),
      () => pool.release(slot),
      () => pool.acquireMany(array),
      () => pool.releaseMany(array),
      () => pool.adopt(slot),
      () => pool.handOver(slot),
      () => pool.hold(),
      () => pool.owner(slot),
      () => pool.reclaim(),
      () => pool.held,
      () => pool.handle,
    ]
    for (const call of calls) expect(call).toThrow(code('ERR_RSEQ_CLOSED'))
    expect(other.held).toBe(1)
    other.release(slot)
    other.close()
    expect(() => PerCpuPool.prototype.acquire.call({} as never)).toThrow('expected a PerCpuPool')
    expect(() => PerCpuPool.prototype.release.call(new PerCpuCounter() as never, 1)).toThrow(TypeError)
  })

  test('a subclass gets its options', () => {
    class Mine extends PerCpuPool {
      readonly extra = 1
    }
    const made = Mine.named('pool.test subclass', { slots: 3 })
    expect(made).toBeInstanceOf(Mine)
    expect(Mine.from(made.handle).acquire()).toBeGreaterThanOrEqual(0)
    expect(made.held).toBe(1)
  })
})

if (hasAddon)
  describe(`pools in shared regions, world ${world}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'rseq-pool-'))
    afterAll(() => rmSync(folder, { recursive: true }))

    test('who only looks sees who holds what, and changes nothing', () => {
      const file = join(folder, 'looked-at')
      const region = Region.create({ file })
      const pool = PerCpuPool.named('pool', { slots: 5, region })
      const slot = pool.acquire()
      const watched = PerCpuPool.named('pool', { slots: 5, region: Region.attach(file, { readOnly: true }) })
      expect(watched).toMatchObject({ held: 1, free: 4, slots: 5 })
      expect(watched.owner(slot)).toMatchObject({ pid: process.pid, alive: true })
      const array = new Int32Array(1)
      const calls = [
        () => watched.acquire(),
        () => watched.release(slot),
        () => watched.adopt(slot),
        () => watched.adopt(65_536),
        () => watched.handOver(slot),
        () => watched.acquireMany(array),
        () => watched.releaseMany(array),
        () => watched.reclaim(),
      ]
      for (const call of calls) expect(call).toThrow(code('ERR_RSEQ_READ_ONLY'))
      expect(pool.held).toBe(1)
    })

    test('between processes: what comes late takes nothing, and a ticket finds its slot', async () => {
      const began = performance.now()
      const file = join(folder, 'processes')
      const region = Region.create({ file })
      const pool = PerCpuPool.named('pool', { slots: 2, region })
      const child = (): ChildProcess => fork(join(fixtures, 'handing.mjs'), [file])
      const first = child()
      const [{ slot, ticket }] = (await once(first, 'message')) as [{ slot: number; ticket: number }]
      const second = child()
      const [other] = (await once(second, 'message')) as [{ slot: number; ticket: number }]
      // Both are on their way from processes that live.
      expect(pool.reclaim()).toBe(0)
      expect(pool.acquire()).toBe(-1)
      expect(pool.owner(slot)).toEqual({ pid: first.pid, self: false, alive: true, handedOver: true })
      expect(pool.adopt(other.ticket)).toBe(other.slot)
      pool.release(other.slot)
      first.kill('SIGKILL')
      await once(first, 'exit')
      expect(pool.owner(slot)).toMatchObject({ alive: false })
      expect(pool.reclaim()).toBe(1)
      expect([pool.acquire(), pool.acquire()].sort()).toEqual([0, 1])
      // Here the message of the first one arrives, in this process, which holds the slot itself, and in another one.
      expect(() => pool.adopt(ticket)).toThrow(code('ERR_RSEQ_SLOT'))
      expect(() => pool.adopt(slot)).toThrow(code('ERR_RSEQ_SLOT'))
      second.send([ticket, slot])
      const [refusals] = await once(second, 'message')
      expect(refusals).toEqual(['ERR_RSEQ_SLOT', 'ERR_RSEQ_SLOT', 'ERR_RSEQ_SLOT'])
      expect(pool.owner(slot)).toMatchObject({ pid: process.pid, self: true, handedOver: false })
      second.kill('SIGKILL')
      await once(second, 'exit')
      expect(pool.held).toBe(2)
      console.log(`${world}: between processes in ${Math.round(performance.now() - began)} ms`)
    })

    test('a region whose words are anything: no slot but 0 to slots − 1, and every call ends', () => {
      const file = join(folder, 'hostile')
      const region = Region.create({ file, cells: 8192 })
      const pool = PerCpuPool.named('pool', { slots: 40, region })
      const bytes = Buffer.alloc(8 * 64)
      const fd = openSync(file, 'r+')
      fc.assert(
        fc.property(fc.uint8Array({ minLength: 512, maxLength: 512 }), (random) => {
          bytes.set(random)
          // The first cells of each stripe: the pool is all that there is.
          const stripes = region.usage.bytes
          const stripe = 8192 * 8
          for (let at = stripes - stripe; at > 0 && at > stripes - 5 * stripe; at -= stripe)
            writeSync(fd, bytes, 0, bytes.length, at)
          for (let i = 0; i < 50; i++) {
            const slot = pool.acquire()
            expect(slot).toBeGreaterThanOrEqual(-1)
            expect(slot).toBeLessThan(40)
            // By what it overwrote, two slots can have one owner.
            if (slot >= 0 && i % 2 === 0) pool.release(slot)
            else if (slot >= 0) pool.release(pool.adopt(pool.handOver(slot)))
          }
          for (let slot = 0; slot < 40; slot++) pool.owner(slot)
          pool.reclaim()
          const out = new Int32Array(100)
          const count = pool.acquireMany(out)
          expect(new Set(out.subarray(0, count)).size).toBe(count)
          pool.releaseMany(out, count)
        }),
        { numRuns: 200 },
      )
    })
  })
