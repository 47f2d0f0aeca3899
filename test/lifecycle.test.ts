import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fixtures, root } from './world'

const registrations = [
  ['libc’s registration', {}],
  ['own registration', { GLIBC_TUNABLES: 'glibc.pthread.rseq=0' }],
] as const

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

  test('500 workers start and end, half by terminate() in mid-loop; nothing is lost, no area leaks', () => {
    const result = run(env, 'lifecycle.mjs', '500')
    console.log(`${name}:`, result)
    expect(result).toMatchObject({ workers: 500, terminated: 250, registration: own ? 'self' : 'libc' })
    // Of a terminated worker's last increment only the note after it can be missing.
    expect(result.sum).toBeGreaterThanOrEqual(result.after as number)
    expect(result.sum).toBeLessThanOrEqual(result.before as number)
    expect((result.before as number) - (result.after as number)).toBeLessThanOrEqual(250)
    // 8 at once and the main thread; terminate() reports the end when the thread is gone.
    expect(result.mostAreasInUse).toBeGreaterThanOrEqual(own ? 2 : 0)
    expect(result.mostAreasInUse).toBeLessThanOrEqual(own ? 9 : 0)
    expect(result.atEnd).toMatchObject({ areasInUse: own ? 1 : 0 })
    expect((result.atEnd as unknown as { areasAllocated: number }).areasAllocated).toBeLessThanOrEqual(
      own ? 9 : 0,
    )
  })

  test('an addon that only workers load is unloaded and loaded again 50 times', () => {
    const result = run(env, 'reload.mjs', '50')
    expect(result).toEqual({
      value: 50_000,
      registration: own ? 'self' : 'libc',
      areasAllocated: own ? 1 : 0,
      areasInUse: own ? 1 : 0,
    })
  })

  test('workers terminated while they load the addon take nothing with them', () => {
    const { counted } = run(env, 'terminate-loading.mjs', '40') as { counted: number }
    expect(counted).toBeGreaterThan(0)
    expect(counted).toBeLessThanOrEqual(1 + 40 * 8)
  })

  test('loaded twice into one thread it has one registration; a second copy counts without', () => {
    const copy = mkdtempSync(join(tmpdir(), 'rseq-copy-'))
    for (const part of ['package.json', 'lib', 'build/Release/rseq.node']) {
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
