import { type ExecFileException, execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PerCpuCounter, Region, type RseqError } from 'rseq'
import { afterAll, describe, expect, test } from 'vitest'
import { PATIENCE } from '../../support/patience'
import { fixtures } from '../../support/world'

const MUTATIONS = Number(process.env.RSEQ_TEST_MUTATIONS ?? 5_000)
/** Mutations of one process: what crashes or hangs does not end the others. */
const SLICE = 500

const folder = mkdtempSync(join(tmpdir(), 'rseq-files-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Result {
  mutations: number
  outcomes: Record<string, Record<string, number>>
  wrong: number
  first: unknown[]
  touched: number[]
}

/** Runs `count` mutations from `seed` on; a failure tells which one was the last that it began. */
async function mutations(count: number, seed: number): Promise<Result> {
  // That entries are left out is warned of.
  const args = ['--no-warnings', join(fixtures, 'mutate.mjs'), String(count), String(seed)]
  const options = { timeout: PATIENCE, env: { ...process.env, TMPDIR: folder } }
  const { error, stdout, stderr } = await new Promise<{
    error: ExecFileException | null
    stdout: string
    stderr: string
  }>((resolve) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => resolve({ error, stdout, stderr }))
  })
  const last = stdout.trimEnd().split('\n').at(-1) as string
  const ended = error === null ? '' : `${error.code ?? error.signal}: ${last}`
  expect({ ended, stderr: stderr.slice(0, 2000) }).toEqual({ ended: '', stderr: '' })
  return JSON.parse(last) as Result
}

function lost<T>(name: string, prefix: string[] = [], where = folder): T {
  const command = [
    ...prefix,
    process.execPath,
    '--no-warnings',
    join(fixtures, 'mutate', 'lost.mjs'),
    name,
    where,
  ]
  const { status, signal, stdout, stderr } = spawnSync(command[0] as string, command.slice(1), {
    encoding: 'utf8',
    timeout: PATIENCE,
  })
  expect({ status, signal, stderr: stderr.slice(0, 2000) }).toEqual({ status: 0, signal: null, stderr: '' })
  return JSON.parse(stdout) as T
}

describe('a region whose file is not what it was', () => {
  // As many at a time as vitest.config.mjs lets run: each is a process of its own.
  const first = Math.trunc(Math.random() * 2 ** 30)
  const totals: Result['outcomes'] = {}

  test.concurrent.each(
    Array.from({ length: Math.ceil(MUTATIONS / SLICE) }, (_, i) => [first + i * SLICE] as const),
  )(`${SLICE} mutations from seed %d on`, async (seed) => {
    const { outcomes, mutations: done, ...result } = await mutations(SLICE, seed)
    for (const [call, counts] of Object.entries(outcomes)) {
      totals[call] ??= {}
      const sums = totals[call]
      for (const [said, n] of Object.entries(counts)) sums[said] = (sums[said] ?? 0) + n
    }
    expect(done).toBe(SLICE)
    expect(result).toEqual({ wrong: 0, first: [], touched: [] })
  })

  test('every way to say it has been met', () => {
    for (const [call, counts] of Object.entries(totals)) console.log(`${call}: ${JSON.stringify(counts)}`)
    expect(Object.keys(totals.attach ?? {})).toEqual(
      expect.arrayContaining([
        'done',
        'ERR_RSEQ_REGION_FORMAT',
        'ERR_RSEQ_REGION_VERSION',
        'ERR_RSEQ_REGION_DAMAGED',
        'ERR_RSEQ_REGION_OWNER',
        'ERR_RSEQ_REGION_CPUS',
        'ERR_RSEQ_SYSTEM',
      ]),
    )
    const rest = { ...totals.open, ...totals.read, ...totals.look, ...totals.change }
    expect(Object.keys(rest)).toEqual(
      expect.arrayContaining([
        'done',
        'ERR_RSEQ_REGION_LOST',
        'ERR_RSEQ_REGION_DAMAGED',
        'ERR_RSEQ_KIND',
        'ERR_RSEQ_READ_ONLY',
        'RangeError',
      ]),
    )
  })
})

describe('a region whose file changes in use', () => {
  test('cut short while threads count in a loop: they go on, and every look says so', () => {
    const said = lost<string[]>('cutUnderWorkers')
    console.log(said.join(' '))
    const gone = said.filter(
      (one) => !['ERR_RSEQ_REGION_LOST', 'ERR_RSEQ_REGION_DAMAGED', 'ended'].includes(one),
    )
    expect(gone).toEqual([])
    expect(said).toContain('ERR_RSEQ_REGION_LOST')
    expect(said).toContain('ended')
  })

  test('on a file system that is full: only what is written without a page is lost, and counted', () => {
    const mounted = join(folder, 'small')
    mkdirSync(mounted)
    const mount = 'mount -t tmpfs -o size=2m,mode=700 rseq "$1" && shift && exec "$@"'
    // Of this process's children alone; who is not root may be it in a user namespace.
    const isRoot = process.geteuid?.() === 0
    const prefix = ['unshare', isRoot ? '-m' : '-rm', 'sh', '-c', mount, 'sh', mounted]
    const [command, ...args] = [...prefix, 'true'] as [string]
    const can = spawnSync(command, args, { encoding: 'utf8' })
    if (can.status !== 0) {
      console.log(`a full file system: skipped: ${can.error?.message ?? can.stderr.trim()}`)
      return
    }
    expect(lost('fullFileSystem', prefix, mounted)).toEqual({
      filled: 'ENOSPC',
      before: expect.stringMatching(/^(0\+)*7(\+0)*$/),
      looked: [0, 0],
      full: { count: 0, others: [7, 0, 0], named: 'ERR_RSEQ_NO_MEMORY', lost: true },
      room: { values: [8, 1, 1], lost: true },
      next: [1, 0],
    })
  })

  test('texts and their lengths change while they are read', () => {
    const said = lost<string[]>('textsThatChange')
    console.log(said.join(' '))
    // Objects whose numbers stay are found whatever their texts are.
    expect(said).toContain('true')
    expect(
      said.filter(
        (one) => !['true', '3', 'done', 'ERR_RSEQ_HANDLE', 'ERR_RSEQ_REGION_DAMAGED'].includes(one),
      ),
    ).toEqual([])
  })

  test('a copy of a file is another region, whatever its handles have in common', () => {
    expect(lost('copies')).toEqual([13, 310, 13, 310])
  })
})

describe('the largest regions', () => {
  test.each([2 ** 24 - 8192, 2 ** 24, 2 ** 27 - 1, 2 ** 27, 2 ** 27 + 1])('%d cells', (cells) => {
    const file = join(folder, `${cells} cells`)
    let said = 'done'
    try {
      const region = Region.create({ file, cells })
      const counter = PerCpuCounter.named('n', { region })
      counter.inc()
      expect([counter.value, region.list().length, region.usage.cells >= cells]).toEqual([1, 1, true])
      counter.close()
      region.close()
    } catch (error) {
      said = (error as RseqError).code ?? (error as Error).name
      // What cannot be had leaves nothing that the next one would find damaged.
      expect(existsSync(file)).toBe(false)
    }
    console.log(`${cells} cells: ${said}`)
    // A file of that length may be more than the file system takes, or the address space.
    expect(['done', 'RangeError', 'ERR_RSEQ_NO_MEMORY', 'ERR_RSEQ_SYSTEM']).toContain(said)
  })
})

test('a region that is closed lets go of its file where private memory is refused, too', () => {
  const program = join(fixtures, 'closed.mjs')
  const { stdout } = spawnSync(process.execPath, [program, join(folder, 'closed')], { encoding: 'utf8' })
  expect(JSON.parse(stdout)).toEqual({ errors: [0, 0], mapped: 0, first: 1, second: 1 })
})
