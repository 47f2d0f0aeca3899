import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { PerCpuCounter, type PerCpuHandle, PerCpuSum, RseqError } from 'rseq'
import { describe, expect, test } from 'vitest'
import { fixtures, world } from './world'

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
    const one = PerCpuCounter.named('region.test name')
    const two = PerCpuCounter.named('region.test name')
    one.inc()
    expect(two.value).toBe(1)
    await count({ name: 'region.test name' })
    expect(one.value).toBe(1 + WORKERS * INCREMENTS)
    expect(one.name).toBe('region.test name')
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
    const counter = PerCpuCounter.named('region.test by mm_cid', { index: 'mm_cid' })
    const again = PerCpuCounter.from(structuredClone(counter.handle))
    again.add(2)
    expect(counter.value).toBe(2)
    expect(again).toMatchObject({ name: 'region.test by mm_cid', index: 'mm_cid' })
  })

  test('sums go by name and handle too', async () => {
    const sum = PerCpuSum.named('region.test sum')
    await count({ kind: 'sum', name: 'region.test sum', amount: 0.5 })
    await count({ kind: 'sum', handle: sum.handle, amount: 0.25 })
    expect(sum.value).toBe(WORKERS * INCREMENTS * 0.75)
  })

  test('a name of another kind or index is refused, and the counter unchanged', () => {
    const counter = PerCpuCounter.named('region.test taken')
    counter.add(9)
    expect(() => PerCpuSum.named('region.test taken')).toThrow(code('ERR_RSEQ_KIND'))
    expect(() => PerCpuCounter.named('region.test taken', { index: 'mm_cid' })).toThrow(code('ERR_RSEQ_KIND'))
    expect(counter.value).toBe(9)
  })

  test('a handle of another kind or a forged one is refused', () => {
    expect(() => PerCpuSum.from(handle as unknown as PerCpuHandle<'sum'>)).toThrow(code('ERR_RSEQ_KIND'))
    const forge = (change: object) => (): unknown => PerCpuCounter.from({ ...handle, ...change })
    expect(forge({ rseq: 'sum' })).toThrow(code('ERR_RSEQ_KIND'))
    expect(forge({ id: 16_000 << 3 })).toThrow(code('ERR_RSEQ_KIND'))
    expect(forge({ id: handle.id | 1 })).toThrow(code('ERR_RSEQ_KIND'))
    expect(forge({ id: handle.id | 2 })).toThrow(code('ERR_RSEQ_KIND'))
    expect(forge({ id: 0x7fffffff })).toThrow(code('ERR_RSEQ_KIND'))
    expect(forge({ id: 2 ** 32 })).toThrow(TypeError)
    expect(forge({ id: 0.5 })).toThrow(TypeError)
    expect(forge({ region: 'somewhere else' })).toThrow(code('ERR_RSEQ_HANDLE'))
    expect(forge({ region: new SharedArrayBuffer(64) })).toThrow(code('ERR_RSEQ_HANDLE'))
    expect(forge({ region: undefined })).toThrow(TypeError)
    expect(forge({ name: 5 })).toThrow(TypeError)
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
    // The portable backend's handle is memory, which JSON does not carry: what arrives is no handle.
    const wanted = world === 'portable' ? expect.any(TypeError) : code('ERR_RSEQ_HANDLE')
    expect(() => PerCpuCounter.from(foreign)).toThrow(wanted as Error)
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
    expect(() => PerCpuSum.named('region.test options', options as object)).toThrow(type)
  })

  test('a used-up region throws ERR_RSEQ_REGION_FULL and loses nothing that is there', () => {
    const kept = PerCpuCounter.named('region.test kept')
    kept.add(5)
    let made = 0
    const fill = (): void => {
      for (; made <= 65_536; made++) new PerCpuCounter().inc()
    }
    expect(fill).toThrow(code('ERR_RSEQ_REGION_FULL'))
    expect(made).toBeGreaterThan(16_000)
    expect(() => PerCpuSum.named('region.test one too many')).toThrow(RseqError)
    expect(() => PerCpuSum.named('region.test one too many')).toThrow(code('ERR_RSEQ_REGION_FULL'))
    kept.inc()
    expect(kept.value).toBe(6)
    expect(PerCpuCounter.named('region.test kept').value).toBe(6)
  })
})
