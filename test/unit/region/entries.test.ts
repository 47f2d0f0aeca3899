import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { Worker } from 'node:worker_threads'
import { PerCpuBatch, PerCpuCounter, type PerCpuHandle, PerCpuSum, Region, RseqError } from 'rseq'
import { describe, expect, test } from 'vitest'
import { fixtures, hasAddon, world } from '../../support/world'

const WORKERS = 4
const INCREMENTS = 20_000

/** Runs workers that count, and waits for their end. */
async function count(workerData: object): Promise<void> {
  const path = join(fixtures, 'counting-worker.mjs')
  await Promise.all(
    Array.from({ length: WORKERS }, () => {
      const worker = new Worker(path, { workerData: { ...workerData, increments: INCREMENTS } })
      return new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject))
    }),
  )
}

const handle = new PerCpuCounter().handle
const code = (wanted: string): unknown => expect.objectContaining({ name: 'RseqError', code: wanted })

describe(`names and handles, world ${world}`, () => {
  test('a name is the same counter everywhere in the process', async () => {
    const one = PerCpuCounter.named('entries.test name')
    const two = PerCpuCounter.named('entries.test name')
    one.inc()
    expect(two.value).toBe(1)
    await count({ name: 'entries.test name' })
    expect(one.value).toBe(1 + WORKERS * INCREMENTS)
    expect(one.name).toBe('entries.test name')
    expect(new PerCpuCounter().name).toBeNull()
  })

  test('names that differ are different counters, in any script and up to 240 bytes', () => {
    const names = [
      'a',
      'A',
      'a ',
      'é',
      'e\u0301',
      '計数器',
      '\ufeffa',
      '\0',
      'x'.repeat(240),
      `${'x'.repeat(239)}y`,
    ]
    const counters = names.map((name) => PerCpuCounter.named(`${name}`))
    counters.forEach((counter, i) => {
      counter.add(i + 1)
    })
    names.forEach((name, i) => {
      expect(PerCpuCounter.named(name).value).toBe(i + 1)
    })
  })

  test('a handle is the same counter in a worker', async () => {
    const counter = new PerCpuCounter()
    await count({ handle: counter.handle })
    expect(counter.value).toBe(WORKERS * INCREMENTS)
    expect(PerCpuCounter.from(counter.handle).value).toBe(counter.value)
  })

  test('a handle keeps name and index', () => {
    const counter = PerCpuCounter.named('entries.test by mm_cid', { index: 'mm_cid' })
    const again = PerCpuCounter.from(structuredClone(counter.handle))
    again.add(2)
    expect(counter.value).toBe(2)
    expect(again).toMatchObject({ name: 'entries.test by mm_cid', index: 'mm_cid' })
  })

  test('a handle says nothing of the name: that is the entry’s', () => {
    const counter = PerCpuCounter.named('entries.test its own name')
    const handle = { ...counter.handle, name: 'forged', labels: { forged: 'yes' }, help: 'forged' }
    const again = PerCpuCounter.from(handle)
    expect([again.name, again.labels, again.help]).toEqual(['entries.test its own name', {}, ''])
    const nameless = PerCpuCounter.from({ ...new PerCpuCounter().handle, name: 'forged' } as typeof handle)
    expect(nameless.name).toBeNull()
  })

  test('sums go by name and handle too', async () => {
    const sum = PerCpuSum.named('entries.test sum')
    await count({ kind: 'sum', name: 'entries.test sum', amount: 0.5 })
    await count({ kind: 'sum', handle: sum.handle, amount: 0.25 })
    expect(sum.value).toBe(WORKERS * INCREMENTS * 0.75)
  })

  test('a name of another kind or index is refused, and the counter unchanged', () => {
    const counter = PerCpuCounter.named('entries.test taken')
    counter.add(9)
    expect(() => PerCpuSum.named('entries.test taken')).toThrow(code('ERR_RSEQ_KIND'))
    expect(() => PerCpuCounter.named('entries.test taken', { index: 'mm_cid' })).toThrow(
      code('ERR_RSEQ_KIND'),
    )
    expect(counter.value).toBe(9)
  })

  test('a handle of another kind or a forged one is refused', () => {
    const other = (): unknown => PerCpuSum.from(handle as unknown as PerCpuHandle<'sum'>)
    expect(other).toThrow(code('ERR_RSEQ_KIND'))
    expect(other).toThrow('expected a handle of a sum, received one whose kind is the string "counter"')
    const forge = (change: object) => (): unknown => PerCpuCounter.from({ ...handle, ...change })
    expect(forge({ rseq: 'sum' })).toThrow(code('ERR_RSEQ_KIND'))
    expect(forge({ entry: 16_000 })).toThrow(code('ERR_RSEQ_HANDLE'))
    expect(forge({ entry: 0xffffffff })).toThrow(code('ERR_RSEQ_HANDLE'))
    expect(forge({ generation: handle.generation + 1 })).toThrow(code('ERR_RSEQ_HANDLE'))
    expect(forge({ index: 'mm_cid' })).toThrow(code('ERR_RSEQ_KIND'))
    expect(forge({ index: 'core' })).toThrow(TypeError)
    expect(forge({ entry: 2 ** 32 })).toThrow(TypeError)
    expect(forge({ entry: 0.5 })).toThrow(TypeError)
    expect(forge({ generation: -1 })).toThrow(TypeError)
    expect(forge({ region: 'somewhere else' })).toThrow(code('ERR_RSEQ_HANDLE'))
    expect(forge({ region: new SharedArrayBuffer(64) })).toThrow(code('ERR_RSEQ_HANDLE'))
    expect(forge({ region: undefined })).toThrow(TypeError)
    for (const wrong of [undefined, null, 'handle', 5, {}, []]) {
      expect(() => PerCpuCounter.from(wrong as unknown as PerCpuHandle<'counter'>)).toThrow(TypeError)
    }
  })

  test('a handle from another process is refused', () => {
    const script = `process.stdout.write(JSON.stringify(new (require('rseq').PerCpuCounter)().handle))`
    const json = execFileSync(process.execPath, ['-e', script], {
      cwd: join(fixtures, '..'),
      encoding: 'utf8',
    })
    const foreign = JSON.parse(json) as PerCpuHandle<'counter'>
    expect(() => PerCpuCounter.from(foreign)).toThrow(code('ERR_RSEQ_HANDLE'))
  })

  test.each([
    ['', RangeError],
    ['x'.repeat(241), RangeError],
    ['é'.repeat(121), RangeError],
    ['\ud800', RangeError],
    [5, TypeError],
    [undefined, TypeError],
    [null, TypeError],
  ])('the name %p is refused', (name, type) => {
    expect(() => PerCpuCounter.named(name as string)).toThrow(type)
    expect(() => PerCpuSum.named(name as string)).toThrow(type)
  })

  test.each([
    [{ index: 'node' }, RangeError],
    [{ index: 5 }, TypeError],
    [null, TypeError],
    ['cpu', TypeError],
  ])('the options %p are refused', (options, type) => {
    expect(() => new PerCpuCounter(options as object)).toThrow(type)
    expect(() => PerCpuSum.named('entries.test options', options as object)).toThrow(type)
  })

  test('labels make another object, in any order; help and unit are those of its maker', () => {
    const labels = { route: '/a', method: 'GET' }
    const one = PerCpuCounter.named('entries.test labels', { labels, help: 'Requests', unit: 'requests' })
    const same = PerCpuCounter.named('entries.test labels', { labels: { method: 'GET', route: '/a' } })
    const other = PerCpuCounter.named('entries.test labels', { labels: { ...labels, route: '/b' } })
    const bare = PerCpuCounter.named('entries.test labels', { labels: {} })
    one.add(5)
    expect([one, same, other, bare].map(({ value }) => value)).toEqual([5, 5, 0, 0])
    expect(same).toMatchObject({ labels, help: 'Requests', unit: 'requests' })
    expect(bare).toMatchObject({ labels: {}, help: '', unit: '' })
  })

  test.each([
    [{ labels: 'a' }, TypeError],
    [{ labels: ['a'] }, TypeError],
    [{ labels: { a: 1 } }, TypeError],
    [{ labels: { a: '\ud800' } }, RangeError],
    [{ labels: { a: 'x'.repeat(40_000) } }, RangeError],
    [{ help: 5 }, TypeError],
    [{ help: 'x'.repeat(40_000) }, RangeError],
    [{ unit: {} }, TypeError],
    [{ region: {} }, TypeError],
  ])('named(…, %p) is refused', (options, type) => {
    expect(() => PerCpuCounter.named('entries.test refused', options as object)).toThrow(type)
  })

  test('what nobody holds any more is gone, and the next of that name starts from zero', () => {
    const name = 'entries.test closed'
    const one = PerCpuCounter.named(name)
    const two = PerCpuCounter.named(name)
    one.add(7)
    one.close()
    one.close()
    expect(one.closed).toBe(true)
    for (const use of [() => one.inc(), () => one.add(1), () => one.add(2 ** 40), () => one.value]) {
      expect(use).toThrow(code('ERR_RSEQ_CLOSED'))
    }
    for (const use of [() => one.drain(), () => one.perCpu(), () => one.handle, () => one.valueBigInt]) {
      expect(use).toThrow(code('ERR_RSEQ_CLOSED'))
    }
    expect(PerCpuCounter.named(name).value).toBe(7) // two holds it; and now this one, for ever
    const handle = PerCpuSum.named('entries.test given back').handle
    const sum = PerCpuSum.named('entries.test given back')
    sum.add(0.5)
    const batch = new PerCpuBatch([two])
    two.close()
    batch.add([3])
    batch.close()
    expect(() => batch.add([3])).toThrow(code('ERR_RSEQ_CLOSED'))
    expect(PerCpuCounter.named(name).value).toBe(10)
    expect(PerCpuSum.from(handle).value).toBe(0.5)
  })

  test('cells are used again, and nothing of the last owner is in them', () => {
    const before = Region.process.usage
    for (let i = 0; i < 3000; i++) {
      const counter = PerCpuCounter.named(`entries.test again ${i}`)
      const sum = new PerCpuSum()
      expect([counter.value, sum.value]).toEqual([0, 0])
      counter.add(i)
      counter.drain()
      counter.add(5)
      sum.add(0.25)
      const { handle } = sum
      counter.close()
      sum.close()
      expect(() => PerCpuSum.from(handle)).toThrow(code('ERR_RSEQ_HANDLE'))
    }
    expect(Region.process.usage).toEqual(before)
  })

  test('what a thread had open when it ended does not keep anything but its name and count', async () => {
    const before = Region.process.usage
    const script = `
      const { PerCpuCounter } = require(${JSON.stringify(join(fixtures, '..', '..', 'lib', 'index.js'))})
      for (let i = 0; i < 100; i++) new PerCpuCounter().inc()
      PerCpuCounter.named('entries.test of a thread').add(3)`
    const worker = new Worker(script, { eval: true })
    await new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject))
    const counter = PerCpuCounter.named('entries.test of a thread')
    expect(counter.value).toBe(3)
    // The portable backend cannot tell that a thread is gone: its openings stay.
    if (world === 'portable') return
    expect(Region.process.usage.namesUsed).toBe(before.namesUsed + 1)
    counter.close()
    expect(Region.process.usage.namesUsed).toBe(before.namesUsed)
  })

  test('JSON and util.inspect show name and value', () => {
    const counter = PerCpuCounter.named('entries.test shown', { labels: { a: 'b' } })
    counter.add(2)
    expect(inspect(counter)).toBe(
      "PerCpuCounter { name: 'entries.test shown', labels: { a: 'b' }, value: 2 }",
    )
    expect(JSON.parse(JSON.stringify(counter))).toEqual({
      name: 'entries.test shown',
      labels: { a: 'b' },
      value: 2,
    })
    counter.add(Number.MAX_SAFE_INTEGER)
    expect(JSON.parse(JSON.stringify(counter)).value).toBe('9007199254740993')
    const sum = new PerCpuSum()
    sum.add(0.5)
    expect(inspect(sum)).toBe('PerCpuSum { name: null, value: 0.5 }')
    sum.close()
    expect(inspect(sum)).toBe('PerCpuSum { name: null, closed: true }')
  })

  test('a used-up region throws ERR_RSEQ_REGION_FULL and loses nothing that is there', () => {
    const small = hasAddon ? Region.create({ memfd: true, cells: 1 }) : Region.process
    const options = { region: small }
    const kept = PerCpuCounter.named('entries.test kept', options)
    kept.add(5)
    const made: PerCpuCounter[] = []
    const fill = (): void => {
      for (let i = 0; i <= 20_000; i++) made.push(new PerCpuCounter(options))
    }
    expect(fill).toThrow(code('ERR_RSEQ_REGION_FULL'))
    expect(made.length).toBeGreaterThan(1_000)
    const another = (): PerCpuSum => PerCpuSum.named('entries.test one too many', options)
    expect(another).toThrow(RseqError)
    expect(another).toThrow(code('ERR_RSEQ_REGION_FULL'))
    kept.inc()
    expect(kept.value).toBe(6)
    expect(PerCpuCounter.named('entries.test kept', options).value).toBe(6)
    for (const counter of made) counter.close()
    expect(another().value).toBe(0)
  })
})
