import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PerCpuCounter, PerCpuHistogram, PerCpuSum, Region, status } from 'rseq'
import { afterAll, describe, expect, test } from 'vitest'
import { hasAddon, hasRseq, helpers, root, world } from '../../support/world'

const code = (wanted: string): unknown => expect.objectContaining({ name: 'RseqError', code: wanted })
const folder = mkdtempSync(join(tmpdir(), 'rseq-region-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs a script in another process; what it returns, by way of JSON. */
function elsewhere(script: string, ...args: string[]): unknown {
  const code = `const { PerCpuCounter, PerCpuSum, PerCpuHistogram, Region, status } = require('rseq')
    console.log(JSON.stringify((() => { ${script} })()))`
  const options = { cwd: root, encoding: 'utf8' } as const
  return JSON.parse(execFileSync(process.execPath, ['-e', code, ...args], options))
}

describe(`Region, world ${world}`, () => {
  test('the process has one, which cannot be closed', () => {
    const region = Region.process
    expect(region).toBe(Region.process)
    expect(new PerCpuCounter().region).toBe(region)
    region.close()
    expect(region).toMatchObject({ path: null, readOnly: false, shared: false })
    expect(region.usage.cpus).toBe(status().cpus.possible)
    expect(region.processes()).toMatchObject([{ pid: process.pid, alive: true, self: true }])
  })

  test('lists what is in it', () => {
    PerCpuCounter.named('region.test listed', { labels: { a: '1' }, help: 'Help', unit: 'bytes' })
    PerCpuSum.named('region.test sum')
    const found = Region.process.list().filter(({ name }) => name?.startsWith('region.test ') ?? false)
    expect(found).toEqual([
      { kind: 'counter', name: 'region.test listed', labels: { a: '1' }, help: 'Help', unit: 'bytes' },
      { kind: 'sum', name: 'region.test sum', labels: {}, help: '', unit: '' },
    ])
  })

  test.each([
    [() => Region.create(undefined as never), TypeError],
    [() => Region.create({}), TypeError],
    [() => Region.create({ file: 'a', memfd: true }), TypeError],
    [() => Region.create({ file: '' }), RangeError],
    [() => Region.create({ file: 'a\0b' }), RangeError],
    [() => Region.create({ file: 5 as never }), TypeError],
    [() => Region.create({ memfd: 1 as never }), TypeError],
    [() => Region.create({ memfd: true, cells: 0 }), RangeError],
    [() => Region.create({ memfd: true, cells: 1.5 }), RangeError],
    [() => Region.create({ memfd: true, cells: 2 ** 24 + 1 }), RangeError],
    [() => Region.create({ memfd: true, cells: '5' as never }), TypeError],
    [() => Region.attach(5 as never), TypeError],
    [() => Region.attach('a', 5 as never), TypeError],
    [() => Region.attach('a', { readOnly: 1 as never }), TypeError],
    [() => new (Region as unknown as new () => unknown)(), TypeError],
  ])('%s is refused', (call, type) => {
    expect(call).toThrow(type as never)
  })

  if (!hasAddon) {
    test('without the addon there are none to share', () => {
      expect(() => Region.create({ memfd: true })).toThrow(code('ERR_RSEQ_FEATURE'))
      expect(() => Region.create({ file: join(folder, 'x') })).toThrow(code('ERR_RSEQ_FEATURE'))
      expect(() => Region.attach(join(folder, 'x'))).toThrow(code('ERR_RSEQ_FEATURE'))
      expect(Region.service).toBe(Region.process)
    })
    return
  }

  test.each([
    ['file', () => Region.create({ file: join(folder, 'shared'), cells: 8192 })],
    ['memfd', () => Region.create({ memfd: true, cells: 8192 })],
  ])('a %s is the same memory in another process', (kind, create) => {
    const region = create()
    const mine = PerCpuCounter.named('n', { region, help: 'h' })
    const sum = PerCpuSum.named('s', { region })
    mine.add(5)
    sum.add(0.5)
    const theirs = elsewhere(
      `const region = Region.attach(process.argv[1])
       const n = PerCpuCounter.named('n', { region }), s = PerCpuSum.named('s', { region })
       n.inc(); s.add(0.25)
       PerCpuHistogram.named('h', { region }).record(7)
       return [n.value, s.value, n.help, region.processes().length, n.handle]`,
      region.path as string,
    ) as [number, number, string, number, never]
    expect(theirs.slice(0, 4)).toEqual([6, 0.75, 'h', 2])
    expect([mine.value, sum.value]).toEqual([6, 0.75])
    expect(mine.perCpu().at(-1)).toBe(hasRseq ? 0n : 6n)
    expect(PerCpuHistogram.named('h', { region }).max).toBe(7)
    // A handle crosses processes where both have the region.
    expect(PerCpuCounter.from(theirs[4]).value).toBe(6)
    if (kind === 'file') expect(statSync(region.path as string).mode & 0o777).toBe(0o600)
    expect(region.processes().filter(({ alive }) => alive)).toMatchObject([{ pid: process.pid, self: true }])
    region.close()
    expect(() => region.list()).toThrow(code('ERR_RSEQ_CLOSED'))
    expect(() => new PerCpuCounter({ region })).toThrow(code('ERR_RSEQ_CLOSED'))
    expect(mine.value).toBe(6) // what is open stays
    mine.inc()
    expect(mine.value).toBe(7)
  })

  test('the same file again is the same region, and stays what it is when it is closed once', () => {
    const file = join(folder, 'twice')
    const one = Region.create({ file, cells: 8192 })
    const two = Region.attach(file)
    const three = Region.create({ file })
    PerCpuCounter.named('n', { region: one }).inc()
    one.close()
    one.close()
    two.close()
    expect(PerCpuCounter.named('n', { region: three }).value).toBe(1)
    expect(three.processes()).toHaveLength(1)
  })

  test('read only: everything can be seen, nothing changed', () => {
    const file = join(folder, 'observed')
    const region = Region.create({ file, cells: 8192 })
    const mine = PerCpuCounter.named('n', { region })
    const histogram = PerCpuHistogram.named('h', { region })
    const passing = PerCpuCounter.named('passing', { region })
    mine.add(3)
    histogram.record(1)
    const before = readFileSync(file)
    const observed = Region.attach(file, { readOnly: true })
    const options = { region: observed }
    expect(observed).toMatchObject({ readOnly: true, shared: true })
    expect(observed.list()).toEqual(region.list())
    const seen = PerCpuCounter.named('n', options)
    const seenPassing = PerCpuCounter.named('passing', options)
    const seenHistogram = PerCpuHistogram.named('h', options)
    expect([seen.value, seenHistogram.count, observed.processes()]).toEqual([3, 1, [expect.anything()]])
    for (const change of [
      () => seen.inc(),
      () => seen.add(2),
      () => seen.drain(),
      () => seenHistogram.record(1),
    ]) {
      expect(change).toThrow(code('ERR_RSEQ_READ_ONLY'))
    }
    expect(() => new PerCpuCounter(options)).toThrow(code('ERR_RSEQ_READ_ONLY'))
    expect(() => PerCpuCounter.named('new', options)).toThrow(code('ERR_RSEQ_READ_ONLY'))
    // Below the classes, too, nothing is written to what can only be read.
    const raw = createRequire(import.meta.url)(status().addon as string)
    const again = raw.attach(file, true)
    const [counter, buckets] = [1, 3].map((kind) =>
      Math.floor(raw.open(again, kind, false, kind === 1 ? 'n' : 'h', '') / 2 ** 32),
    )
    expect(raw.bigValue(again, counter, false)).toBe(3n)
    expect(raw.bigValue(again, counter, true)).toBeUndefined()
    expect(raw.drainFloat(again, counter)).toBeUndefined()
    expect(raw.histogramCells(again, buckets, true)).toBeUndefined()
    for (const entry of [counter, buckets]) raw.release(again, entry)
    raw.closeRegion(again)
    seenHistogram.close()
    expect(readFileSync(file).equals(before)).toBe(true)
    mine.inc()
    expect(seen.value).toBe(4)
    passing.close()
    expect(() => seenPassing.value).toThrow(code('ERR_RSEQ_HANDLE'))
    expect(() => PerCpuCounter.named('passing', options)).toThrow(code('ERR_RSEQ_READ_ONLY'))
  })

  test('a directory that somebody keeps locked is busy, after a moment', () => {
    const file = join(folder, 'locked')
    const region = Region.create({ file, cells: 8192 })
    const held = PerCpuCounter.named('held', { region })
    // What locks is an open file, not a process.
    const locker = openSync(file, 'r+')
    expect(helpers.lockByte(locker)).toBe(0)
    expect(() => PerCpuCounter.named('new', { region })).toThrow(code('ERR_RSEQ_REGION_BUSY'))
    held.inc()
    expect(held.value).toBe(1)
    closeSync(locker)
    expect(PerCpuCounter.named('new', { region }).value).toBe(0)
  })

  test('mm_cid is of one process: refused where memory is shared', () => {
    const region = Region.create({ memfd: true, cells: 8192 })
    expect(() => new PerCpuCounter({ region, index: 'mm_cid' })).toThrow(RangeError)
  })

  test('what cannot be attached says why', () => {
    expect(() => Region.attach(join(folder, 'missing'))).toThrow(code('ERR_RSEQ_SYSTEM'))
    expect(() => Region.attach(join(folder, 'missing'))).toThrow(/ENOENT/)
    expect(() => Region.attach(folder)).toThrow(code('ERR_RSEQ_SYSTEM'))
    expect(() => Region.attach(process.execPath, { readOnly: true })).toThrow(code('ERR_RSEQ_REGION_FORMAT'))
    expect(() => Region.create({ file: join(folder, 'no', 'folder') })).toThrow(/ENOENT/)
    expect(existsSync(join(folder, 'no'))).toBe(false)
  })

  test('a link is refused, whoever made it, but for those of /proc', () => {
    const file = join(folder, 'linked')
    const region = Region.create({ file, cells: 8192 })
    PerCpuCounter.named('n', { region }).inc()
    const link = join(folder, 'link')
    symlinkSync(file, link)
    for (const open of [Region.attach, (path: string) => Region.create({ file: path })]) {
      expect(() => open(link)).toThrow(code('ERR_RSEQ_REGION_OWNER'))
      expect(() => open(link)).toThrow(/symbolic link/)
    }
    expect(() => Region.attach(link, { readOnly: true })).toThrow(code('ERR_RSEQ_REGION_OWNER'))
    const fd = openSync(file, 'r+')
    const through = Region.attach(`/proc/self/fd/${fd}`)
    expect(PerCpuCounter.named('n', { region: through }).value).toBe(1)
    closeSync(fd)
  })

  test.each([0o604, 0o640, 0o601, 0o610, 0o666])(
    'a file of mode %i is refused, for others may open it',
    (mode) => {
      const file = join(folder, `mode ${mode}`)
      Region.create({ file, cells: 8192 }).close()
      chmodSync(file, mode)
      for (const readOnly of [false, true])
        expect(() => Region.attach(file, { readOnly })).toThrow(code('ERR_RSEQ_REGION_OWNER'))
      chmodSync(file, 0o600)
      Region.attach(file).close()
    },
  )

  test('many regions, one after the other and at once', () => {
    for (let i = 0; i < 100; i++) {
      const region = Region.create({ memfd: true, cells: 8192 })
      const counter = PerCpuCounter.named('n', { region })
      counter.inc()
      expect(counter.value).toBe(1)
      counter.close()
      region.close()
    }
    const all: Region[] = []
    const fill = (): void => {
      for (let i = 0; i < 100; i++) all.push(Region.create({ memfd: true, cells: 8192 }))
    }
    expect(fill).toThrow(code('ERR_RSEQ_REGION_LIMIT'))
    expect(all.length).toBeGreaterThan(10)
    for (const region of all) region.close()
  })

  test('where address space is limited, it takes less and says so', () => {
    const script = `const { PerCpuCounter, Region } = require("rseq"); const c = new PerCpuCounter(); c.inc();
      console.log(JSON.stringify([Region.process.usage, c.value]))`
    const shell = `ulimit -v 6000000; exec "${process.execPath}" -e '${script}'`
    const [usage, value] = JSON.parse(execFileSync('sh', ['-c', shell], { cwd: root, encoding: 'utf8' }))
    expect(value).toBe(1)
    expect(usage.cells).toBeGreaterThan(8191)
    const whole = Region.process.usage
    if (usage.cells < whole.cells) expect(usage.limitedBy).toBe('address space')
    else console.log(`${whole.cpus} CPUs fit into what is left of 6 GB: nothing to take less of`)
  })

  test('a stripe of which one cell is used costs a page, not a huge one', () => {
    new PerCpuCounter().inc()
    const maps = readFileSync('/proc/self/smaps', 'latin1').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)
    // Stripes are as large as the region's cells.
    const kilobytes = (Region.process.usage.cells * 8) / 1024
    const stripes = maps.filter((map) => new RegExp(`^Size: +${kilobytes} kB`, 'm').test(map))
    expect(stripes.length).toBeGreaterThan(0)
    for (const map of stripes) expect(map).toMatch(/^VmFlags:.* nh/m)
  })
})
