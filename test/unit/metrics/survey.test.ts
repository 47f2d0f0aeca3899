import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { PerCpuCounter, PerCpuHistogram, PerCpuSum, Region } from 'rseq'
import { afterAll, describe, expect, test } from 'vitest'
import { Directory } from '../../../lib/backend/portable/directory.js'
import { createMemory, ENTRY, ENTRY_WORDS, type Memory, STATE } from '../../../lib/backend/portable/memory.js'
import { survey as portableSurvey } from '../../../lib/backend/portable/survey.js'
import { SURVEY } from '../../../lib/contract/backend.js'
import { Gauge } from '../../../lib/metrics/gauge.js'
import { merge } from '../../../lib/metrics/merged.js'
import { type Sample, Survey } from '../../../lib/metrics/survey.js'
import { hasAddon, root, world } from '../../support/world'

const region = hasAddon ? Region.create({ memfd: true }) : Region.process
afterAll(() => region.close())

/** What this file has made: the process's own region may have more. */
function look(survey: Survey): Map<string, Sample> {
  const ours = survey.read().filter(({ series }) => series.name?.startsWith('survey ') ?? false)
  return new Map(ours.map((sample) => [sample.series.name ?? '', sample]))
}

/** Regions of several processes are the addon's. */
const shared = hasAddon ? test : (): void => undefined

/** src/native/region/format.h's `State`. */
const [FREE, LIVE, REMOVING] = [0, 1, 2]

/** Where an entry's state stands in a region's file, by its five sizes: src/native/region/format.h's `Layout`. */
function stateAt(file: number, entry: number): number {
  const sizes = new Uint32Array(5)
  readSync(file, sizes, 0, sizes.byteLength, 12)
  const [, , entries = 0, , processes = 0] = sizes
  const part = (bytes: number): number => Math.ceil(bytes / 4096) * 4096
  return 4096 + part(processes * 32) + part(entries * 4) + entry * 64
}

/** What the portable backend's survey finds, where `during` happens when it reads the cells. */
function portably(memory: Memory, during: () => void = () => undefined): number[] {
  const watched = Object.create(memory, {
    cells: {
      get() {
        during()
        return memory.cells
      },
    },
  })
  const into = new Float64Array(64)
  const length = portableSurvey({ memory: watched } as never, into)
  return Array.from(into.subarray(0, length))
}

describe('the portable survey', () => {
  const memory = createMemory()
  const wanted = { kind: 1, byMmCid: false, cells: 1, shape: 0, texts: new Uint8Array(0) }
  const made = new Directory(memory).make({ ...wanted, lengths: [0, 0, 0, 0, 0] })
  const { number, generation, cell } = made as { number: number; generation: number; cell: number }
  const at = number * ENTRY_WORDS
  const live = (): void => {
    memory.entries[at + ENTRY.state] = STATE.live
    memory.entries[at + ENTRY.generation] = generation
    ;[memory.cells[cell], memory.baselines[cell]] = [1005n, 1000n]
  }

  test.each(['removing', 'free'] as const)('leaves out what is %s, before its look or in it', (state) => {
    const remove = (): void => {
      memory.entries[at + ENTRY.state] = STATE[state]
      memory.cells[cell] = 0n
    }
    live()
    expect(portably(memory).at(-1)).toBe(5)
    expect(portably(memory, remove)).toHaveLength(SURVEY.first)
    expect(portably(memory)).toHaveLength(SURVEY.first)
  })

  test('leaves out what is a next owner’s', () => {
    live()
    expect(portably(memory, () => Atomics.add(memory.entries, at + ENTRY.generation, 1))).toHaveLength(
      SURVEY.first,
    )
    expect(portably(memory)).toHaveLength(SURVEY.first + SURVEY.head + 1)
  })
})

describe(`Survey, world ${world}`, () => {
  test('shows every kind with its value, and holds none', () => {
    const counter = PerCpuCounter.named('survey counter', {
      region,
      labels: { b: '2', a: '1' },
      help: 'Help',
    })
    const sum = PerCpuSum.named('survey sum', { region, unit: 'seconds' })
    const histogram = PerCpuHistogram.named('survey histogram', { region, buckets: [1, 10] })
    const gauge = Gauge.named('survey gauge', { region }, 65538)
    counter.add(-5)
    sum.add(0.25)
    for (const x of [1, 0.5, 10, 11]) histogram.record(x)
    gauge.set(0.1)
    gauge.add(0.2)

    const found = look(new Survey(region))
    expect(found.get('survey counter')).toMatchObject({
      held: true,
      value: -5,
      series: { kind: 'counter', labels: { a: '1', b: '2' }, help: 'Help', unit: '', code: 0 },
    })
    expect(found.get('survey sum')).toMatchObject({ value: 0.25, series: { kind: 'sum', unit: 'seconds' } })
    const { value, counts, min, max } = found.get('survey histogram') as Sample
    expect([value, min, max, [...counts]]).toEqual([22.5, 0.5, 11, [2, 1, 1]])
    // Rounded once, as in prom-client: it is one word.
    expect(found.get('survey gauge')).toMatchObject({ value: 0.1 + 0.2, series: { code: 65538 } })

    counter.close()
    expect(look(new Survey(region)).has('survey counter')).toBe(false)
    for (const one of [sum, histogram, gauge]) one.close()
  })

  test('knows a series by its entry and generation', () => {
    const survey = new Survey(region)
    const first = PerCpuCounter.named('survey same', { region })
    const series = look(survey).get('survey same')?.series
    first.inc()
    expect(look(survey).get('survey same')?.series).toBe(series)
    first.close()
    const second = PerCpuCounter.named('survey same', { region })
    const sample = look(survey).get('survey same')
    expect(sample?.series).not.toBe(series)
    expect(sample?.value).toBe(0)
    second.close()
  })

  test('looks again: the same list with new values, as long as there are the same series', () => {
    const survey = new Survey(region)
    const counter = PerCpuCounter.named('survey again', { region })
    const histogram = PerCpuHistogram.named('survey again too', { region, buckets: [1] })
    const first = survey.look()
    const seen = (name: string): Sample => first.find(({ series }) => series.name === name) as Sample
    const frozen = survey.read().find(({ series }) => series.name === 'survey again')
    counter.add(3)
    histogram.record(2)
    expect(survey.look()).toBe(first)
    expect(seen('survey again').value).toBe(3)
    expect([...seen('survey again too').counts]).toEqual([0, 1])
    expect(frozen?.value).toBe(0)
    const other = PerCpuCounter.named('survey another', { region })
    expect(survey.look()).not.toBe(first)
    const second = survey.look()
    expect(survey.look()).toBe(second)
    // In the place of the one before it.
    other.close()
    PerCpuCounter.named('survey a third', { region }).close()
    expect(survey.look()).not.toBe(second)
    expect(survey.look().some(({ series }) => series.name === 'survey another')).toBe(false)
    for (const one of [counter, histogram]) one.close()
  })

  test('drained amounts are not shown again', () => {
    const counter = PerCpuCounter.named('survey drained', { region })
    counter.add(7)
    counter.drain()
    counter.add(2)
    expect(look(new Survey(region)).get('survey drained')?.value).toBe(2)
    counter.close()
  })

  test('many entries, while another reader makes and removes some', () => {
    const survey = new Survey(region)
    const all = Array.from({ length: 2000 }, (_, i) => {
      const counter = PerCpuCounter.named(`survey many ${i}`, { region })
      counter.add(i)
      return counter
    })
    const found = look(survey)
    for (let i = 0; i < 2000; i++) expect(found.get(`survey many ${i}`)?.value).toBe(i)
    for (const counter of all) counter.close()
    expect([...look(survey).keys()].filter((name) => name.startsWith('survey many'))).toEqual([])
  })

  shared('who only looks on sees nothing of what is being removed', () => {
    const looking = Region.attach(region.path as string, { readOnly: true })
    const counter = PerCpuCounter.named('survey removing', { region })
    const histogram = PerCpuHistogram.named('survey removing too', { region, buckets: [1] })
    const seen = PerCpuCounter.named('survey removing', { region: looking })
    const seenToo = PerCpuHistogram.named('survey removing too', { region: looking })
    const entries = [...look(new Survey(looking)).values()].map(({ series }) => series.entry)
    const file = openSync(region.path as string, 'r+')
    for (const state of [REMOVING, FREE, LIVE]) {
      for (const entry of entries) writeSync(file, Uint32Array.of(state), 0, 4, stateAt(file, entry))
      const isLive = state === LIVE
      const names = isLive ? ['survey removing', 'survey removing too'] : []
      expect([...look(new Survey(looking)).keys()]).toEqual(names)
      expect(looking.list().map(({ name }) => name)).toEqual(expect.arrayContaining(names))
      expect(looking.list().length >= 2).toBe(isLive)
      for (const read of [() => seen.value, () => seen.perCpu(), () => seenToo.count]) {
        if (isLive) read()
        else expect(read).toThrow(expect.objectContaining({ code: 'ERR_RSEQ_HANDLE' }))
      }
    }
    closeSync(file)
    looking.close()
    for (const one of [counter, histogram]) one.close()
  })

  shared('a closed region is an error', () => {
    const other = Region.create({ memfd: true })
    const survey = new Survey(other)
    other.close()
    expect(() => survey.read()).toThrow(expect.objectContaining({ code: 'ERR_RSEQ_CLOSED' }))
  })

  shared('a dead process holds nothing; what it counted stays', () => {
    const script = `
      const { PerCpuCounter, Region } = require('rseq')
      const { Gauge } = require('./lib/metrics/gauge.js')
      const region = Region.attach(process.argv[1])
      PerCpuCounter.named('survey dead', { region }).add(3)
      Gauge.named('survey dead gauge', { region }).set(8)
      process.kill(process.pid, 'SIGKILL')`
    const run = (): unknown =>
      execFileSync(process.execPath, ['-e', script, region.path as string], { cwd: root, stdio: 'ignore' })
    expect(run).toThrow()
    const found = look(new Survey(region))
    expect(found.get('survey dead')).toMatchObject({ held: false, value: 3 })
    expect(found.get('survey dead gauge')).toMatchObject({ held: false, value: 8 })
    const shown = merge([...found.values()]).map(({ name }) => name)
    expect(shown).toContain('survey dead')
    expect(shown).not.toContain('survey dead gauge')
  })

  shared('looks on in a region that is only read', () => {
    const counter = PerCpuCounter.named('survey looked at', { region })
    counter.add(4)
    const looking = Region.attach(region.path as string, { readOnly: true })
    const before = region.processes().length
    expect(look(new Survey(looking)).get('survey looked at')).toMatchObject({ held: true, value: 4 })
    expect(region.processes()).toHaveLength(before)
    looking.close()
    counter.close()
  })
})
