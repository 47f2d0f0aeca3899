import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { status } from 'rseq'
import { describe, expect, test } from 'vitest'
import { fixtures, root } from '../../support/world'

const registrations = [
  ['libc’s registration', {}],
  ['own registration', { GLIBC_TUNABLES: 'glibc.pthread.rseq=0' }],
] as const

/** Fewer where a machine is emulated. */
const LIVES = Number(process.env.RSEQ_TEST_LIVES ?? 500)

function run(env: object, fixture: string, ...args: string[]): Record<string, number> {
  const output = execFileSync(process.execPath, [join(fixtures, fixture), ...args], {
    encoding: 'utf8',
    cwd: root,
    env: { ...process.env, ...env },
  })
  return JSON.parse(output)
}

describe.each(registrations)('under %s', (name, env) => {
  const own = name.startsWith('own')

  test(`${LIVES} workers start and end, half by terminate() in mid-loop; nothing is lost, no area leaks`, () => {
    const result = run(env, 'lifecycle.mjs', String(LIVES))
    console.log(`${name}:`, result)
    expect(result).toMatchObject({
      workers: LIVES,
      terminated: LIVES / 2,
      registration: own ? 'self' : 'libc',
    })
    // Of a terminated worker's last increment only the note after it can be missing.
    expect(result.sum).toBeGreaterThanOrEqual(result.after as number)
    expect(result.sum).toBeLessThanOrEqual(result.before as number)
    expect((result.before as number) - (result.after as number)).toBeLessThanOrEqual(LIVES / 2)
    // 8 at once and the main thread; terminate() reports the end when the thread is gone.
    expect(result.mostAreasInUse).toBeGreaterThanOrEqual(own ? 2 : 0)
    expect(result.mostAreasInUse).toBeLessThanOrEqual(own ? 9 : 0)
    expect(result.atEnd).toMatchObject({ areasInUse: own ? 1 : 0 })
    expect((result.atEnd as unknown as { areasAllocated: number }).areasAllocated).toBeLessThanOrEqual(
      own ? 9 : 0,
    )
  })

  test('an addon that only workers load is unloaded and loaded again many times', () => {
    const times = LIVES / 10
    const result = run(env, 'reload.mjs', String(times))
    expect(result).toEqual({
      value: times * 1000,
      registration: own ? 'self' : 'libc',
      areasAllocated: own ? 1 : 0,
      areasInUse: own ? 1 : 0,
    })
  })

  test('workers terminated while they load the addon take nothing with them', () => {
    const times = LIVES / 10
    const { counted } = run(env, 'terminate-loading.mjs', String(times)) as { counted: number }
    expect(counted).toBeGreaterThan(0)
    expect(counted).toBeLessThanOrEqual(1 + times * 8)
  })

  test('workers terminated in calls that make objects take nothing with them', () => {
    const rounds = Math.ceil(LIVES / 25)
    expect(run(env, 'terminate-looking.mjs', String(rounds))).toEqual({ rounds })
  })

  test('loaded twice into one thread it has one registration; a second copy counts without', () => {
    const copy = mkdtempSync(join(tmpdir(), 'rseq-copy-'))
    for (const part of ['package.json', 'lib', relative(root, status().addon ?? '')]) {
      cpSync(join(root, part), join(copy, part), { recursive: true })
    }
    const result = run(env, 'twice.cjs', copy) as unknown as {
      code: number
      reports: { registration: string; reason: string; value: number; overflow: number; cpu: number }[]
      again: { value: number }
    }
    rmSync(copy, { recursive: true })
    expect(result.code).toBe(0)
    const [first, second, other] = result.reports
    expect(first).toMatchObject({
      registration: own ? 'self' : 'libc',
      reason: 'OK',
      value: 1000,
      overflow: 0,
    })
    expect(second).toMatchObject({
      registration: own ? 'self' : 'libc',
      reason: 'OK',
      value: 2000,
      overflow: 0,
    })
    // Another copy of the code has a region of its own, and an own registration cannot be shared.
    expect(other).toMatchObject(
      own
        ? { registration: 'foreign', reason: 'FOREIGN_OWNER', value: 1000, overflow: 1000 }
        : { registration: 'libc', reason: 'OK', value: 1000, overflow: 0 },
    )
    expect(result.again.value).toBe(5000)
  })
})
