import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { PATIENCE } from '../../support/patience'

const RUN = join(import.meta.dirname, '..', '..', '..', 'bench', 'service', 'run.mjs')
const scratch = mkdtempSync(join(tmpdir(), 'rseq-service-test-'))

afterAll(() => rmSync(scratch, { recursive: true }))

interface Load {
  library: string
  mode: string
  kills: number
  connections: number
  wrk: { completed: number; hello: number; work: number; other: number; broken: number }
  prometheus: { started: number; requests: number; hello: number; work: number; jobs: number; ends: number }
  exit: number
  checks: { what: string; holds: boolean }[]
}

interface Cost {
  rows: { what: string; ours: { median: number }; theirs: { median: number } }[]
}

function run(...args: string[]): { status: number | null; stderr: string; json: string } {
  const json = join(scratch, 'result.json')
  const { status, stdout, stderr } = spawnSync(process.execPath, [RUN, ...args, '--json', json], {
    encoding: 'utf8',
    timeout: PATIENCE,
  })
  console.log(stdout, stderr)
  return { status, stderr, json }
}

test('what a service of processes and threads answers is counted, also by processes that are killed', () => {
  const { status, stderr, json } = run(
    ...['--seconds', '4', '--kill', '1.5', '--workers', '3', '--threads', '1', '--rounds', '1'],
  )
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const { loads, cost } = JSON.parse(readFileSync(json, 'utf8')) as { loads: Load[]; cost: Cost }
  const of = (library: string, mode: string): Load =>
    loads.find((one) => one.library === library && one.mode === mode) as Load

  const steady = of('rseq/prom-client', 'steady')
  expect(steady.wrk.completed).toBeGreaterThan(0)
  expect(steady.wrk.work).toBeGreaterThan(0)
  expect(steady.prometheus.requests).toBe(steady.prometheus.started)
  expect(steady.prometheus.jobs).toBe(steady.prometheus.work)
  const open = steady.prometheus.requests - steady.wrk.completed
  expect(open).toBeGreaterThanOrEqual(0)
  expect(open).toBeLessThanOrEqual(steady.connections + steady.wrk.broken)

  const killed = of('rseq/prom-client', 'kills')
  expect(killed.kills).toBeGreaterThan(0)
  expect(killed.prometheus.ends).toBe(killed.kills)
  expect(killed.prometheus.hello).toBeGreaterThanOrEqual(killed.wrk.hello)
  expect(killed.prometheus.work).toBeGreaterThanOrEqual(killed.wrk.work)
  const unseen = killed.prometheus.requests - killed.wrk.completed
  expect(unseen).toBeLessThanOrEqual(killed.connections * (killed.kills + 1))

  for (const { checks } of [steady, killed]) expect(checks.filter(({ holds }) => !holds)).toEqual([])
  // What it is compared with is the same service, and is scraped.
  const other = of('prom-client', 'steady')
  expect(other.prometheus.requests).toBe(other.prometheus.started)
  for (const { ours, theirs } of cost.rows) {
    expect(ours.median).toBeGreaterThan(0)
    expect(theirs.median).toBeGreaterThan(0)
  }
})

test('a run says what an option has to be', () => {
  expect(run('--seconds', '0')).toMatchObject({
    status: 2,
    stderr: '--seconds: expected a number of at least 1, received 0\n',
  })
})
