import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { type Status, status } from 'rseq'
import { expect, test } from 'vitest'
import { built, fixtures, libcRegisters } from '../support/world'

interface Report {
  first: Status
  last: Status
  inWorkers: Status[]
  answered: number | null
  cpuId: number
  sum: number
  byMmCid: number
  expected: number
  expectedByMmCid: number
  lastInOverflow: boolean
  tasksBefore: number
  tasksAfter: number
  areasInUse: number
}

/** RSEQ_PROBE=1: the check is made on this kernel too. */
function check(env: Record<string, string>, prefix: string[] = []): Report {
  const { GLIBC_TUNABLES: _, ...inherited } = process.env
  const program = [process.execPath, join(fixtures, 'abort-check.mjs')]
  const [command, ...args] = [...prefix, ...program] as [string]
  const output = execFileSync(command, args, {
    encoding: 'utf8',
    env: { ...inherited, RSEQ_PROBE: '1', ...env },
  })
  const report = JSON.parse(output) as Report
  // Whatever the answer and whenever it comes.
  expect(report.sum).toBe(report.expected)
  expect(report.byMmCid).toBe(report.expectedByMmCid)
  return report
}

const FAKE = { LD_PRELOAD: join(built, 'fake.node') }
const OFF = { GLIBC_TUNABLES: 'glibc.pthread.rseq=0' }
const AWAITED = {
  reason: 'UNTRUSTED_KERNEL',
  available: false,
  message: expect.stringContaining('being tried'),
}
const REFUSED = {
  reason: 'UNTRUSTED_KERNEL',
  available: false,
  message: expect.stringContaining('update it'),
}
const TRUSTED = { reason: 'OK', available: true, backend: 'rseq' }

test.each([
  ['libc’s areas', libcRegisters() ? 'libc' : 'self', {}],
  ['own areas', 'self', OFF],
])('a kernel that aborts sections is trusted, with %s', (_, registration, env) => {
  // The machine may be too busy to let the check's threads run in their 50 ms: three chances.
  const reports = Array.from({ length: 3 }, () => check(env))
  for (const { answered } of reports)
    console.log(`answered ${answered?.toFixed(1) ?? 'before the first look'} ms after the import`)
  const trusted = reports.filter(({ last }) => last.available)
  expect(trusted.length).toBeGreaterThan(0)
  for (const { last, inWorkers, lastInOverflow, areasInUse } of trusted) {
    expect(last).toMatchObject({ ...TRUSTED, registration })
    for (const status of inWorkers) expect(status).toMatchObject({ ...TRUSTED, registration })
    expect(lastInOverflow).toBe(false)
    expect(areasInUse).toBe(registration === 'self' ? 1 : 0)
  }
})

test.each([
  ['libc’s areas', {}],
  ['own areas', OFF],
])('the import does not wait for the answer, and ids are read from the area all the same; %s', (_, env) => {
  const { first, cpuId } = check({ ...env, ...FAKE, FAKE_PIN_DELAY: '5000' })
  expect(first).toMatchObject({ ...AWAITED, cpuIdSource: 'rseq', features: { cpuId: true } })
  expect(cpuId).toBeLessThan(first.cpus.possible)
})

test('a kernel that does not abort sections is not trusted, and nothing is lost', () => {
  // Areas that look alive on CPU 0, and that no kernel knows of.
  const env = { ...OFF, ...FAKE, FAKE_LIBC_SIZE: '32', FAKE_LIBC_CPU: '0' }
  const { last, inWorkers, lastInOverflow } = check(env, ['taskset', '-c', '0'])
  for (const status of [last, ...inWorkers]) {
    expect(status).toMatchObject({ ...REFUSED, registration: 'libc', cpuIdSource: 'rseq', backend: 'atomic' })
  }
  expect(lastInOverflow).toBe(true)
})

/** The first two tries decide nothing: the CPU is theirs for no moment of their 50 ms. */
const UNDECIDED_TWICE = { ...FAKE, FAKE_PIN_DELAY: '100', FAKE_PIN_DELAYS: '2', RSEQ_TEST_PATIENCE: '5000' }

test.each([
  ['libc’s areas', {}],
  ['own areas', OFF],
])('a try that could not decide is made again, and the kernel trusted in the end; %s', (_, env) => {
  const { first, last, answered, lastInOverflow, tasksBefore, tasksAfter } = check({
    ...env,
    ...UNDECIDED_TWICE,
  })
  console.log(`answered ${answered?.toFixed(0)} ms after the import`)
  expect(first).toMatchObject(AWAITED)
  expect(last).toMatchObject(TRUSTED)
  expect(lastInOverflow).toBe(false)
  expect(tasksAfter).toBe(tasksBefore)
})

test('… and a kernel that does not abort sections refused', () => {
  const env = { ...OFF, ...UNDECIDED_TWICE, FAKE_LIBC_SIZE: '32', FAKE_LIBC_CPU: '0' }
  const { first, last, answered, lastInOverflow } = check(env, ['taskset', '-c', '0'])
  expect(first).toMatchObject(AWAITED)
  expect(last).toMatchObject(REFUSED)
  expect(answered).not.toBe(null)
  expect(lastInOverflow).toBe(true)
})

test('without a check there is no trust: its threads cannot be pinned', () => {
  const { last, inWorkers, lastInOverflow } = check({ ...FAKE, FAKE_PIN_ERROR: '1' })
  for (const status of [last, ...inWorkers]) expect(status).toMatchObject(REFUSED)
  expect(lastInOverflow).toBe(true)
})

test('its threads are gone afterwards', () => {
  const { tasksBefore, tasksAfter } = check({})
  expect(tasksAfter).toBe(tasksBefore)
})

test('elsewhere no thread is started, and the first status() trusts the kernel', () => {
  const script = `
    const { readdirSync } = require('node:fs')
    const tasks = readdirSync('/proc/self/task').length
    const started = process.hrtime.bigint()
    const addon = require(${JSON.stringify(status().addon)})
    const loaded = process.hrtime.bigint()
    addon.settle()
    const settled = process.hrtime.bigint()
    console.log(JSON.stringify({
      more: readdirSync('/proc/self/task').length - tasks,
      sections: addon.status().sections,
      load: Number(loaded - started) / 1e6,
      settle: Number(settled - loaded) / 1e6,
    }))`
  const output = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' })
  const { more, sections, load, settle } = JSON.parse(output)
  console.log(`loading the addon took ${load.toFixed(2)} ms, settling the thread ${settle.toFixed(3)} ms`)
  expect({ more, sections }).toEqual({ more: 0, sections: true })
})
