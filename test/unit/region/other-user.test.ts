import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { names } from '../../fixtures/squatting/obstacles.mjs'
import { PATIENCE } from '../../support/patience'
import { fixtures } from '../../support/world'

/*
 * Another user has put something where a file of a service is to be, or puts it there while the service runs. The service
 * counts on, says so once, leaves alone what is theirs, and nothing behind of its own.
 */

const USER = 4242
const ROOT = 0
const STICKY = '1777'
/** Where everybody may also remove what others have made. */
const EVERYBODYS = '777'

const run = join(fixtures, 'squatting', 'run.mjs')
const folder = mkdtempSync(join(tmpdir(), 'rseq-users-'))
afterAll(() => rmSync(folder, { recursive: true }))

// Who is not root may be it in a user namespace, with further users.
const isRoot = process.geteuid?.() === 0
const namespace = ['--mount', ...(isRoot ? [] : ['--map-root-user', '--map-auto'])]
const mount = 'mount -t tmpfs -o mode="$1" rseq /dev/shm && shift && exec "$@"'

/** What `unshare` is told, to run something with a /dev/shm of that mode. */
const inside = (mode: string, ...command: string[]): string[] => {
  return [...namespace, 'sh', '-c', mount, 'sh', mode, ...command]
}

beforeAll(() => {
  const args = inside(STICKY, 'setpriv', '--reuid', String(USER), '--clear-groups', 'true')
  const { status, stderr, error } = spawnSync('unshare', args, { encoding: 'utf8' })
  if (status === 0) return
  throw new Error(
    'needs unshare and setpriv of util-linux 2.38 (Debian: util-linux), and root, or user namespaces with several users ' +
      `(newuidmap, and a line in /etc/subuid; Debian: uidmap): ${error?.message ?? stderr.trim()}`,
  )
})

async function meet<T>(scenario: string, victim: number, mode: string): Promise<T> {
  const args = inside(mode, process.execPath, run, scenario, String(victim), folder)
  const { error, stdout, stderr } = await new Promise<{ error: unknown; stdout: string; stderr: string }>(
    (resolve) =>
      execFile('unshare', args, { timeout: PATIENCE }, (error, stdout, stderr) =>
        resolve({ error, stdout, stderr }),
      ),
  )
  expect({ error, stderr }).toEqual({ error: null, stderr: '' })
  return JSON.parse(stdout) as T
}

const each = (expected: object) => Object.fromEntries(names.map((name) => [name, expected]))

/** Ended as it should; theirs and the victim's other files are as they were, and nothing is left. */
const unharmed = { exit: 0, changed: [], left: [] }

const COUNTS = {
  page: [1, 3],
  deltas: [1, 2, 4],
  said: ['rseq/prom-client', 'rseq/opentelemetry'],
}

test('a service whose file’s name is taken counts in its process', async () => {
  const expected = { ...unharmed, ...COUNTS, code: 'ERR_RSEQ_REGION_OWNER' }
  expect(await meet('region', USER, STICKY)).toEqual(each(expected))
})

// Root may remove what others have made everywhere.
describe.each([
  ['a user', USER],
  ['root', ROOT],
])('a service of %s', (_, victim) => {
  test('exports deltas where the names of their state are taken', async () => {
    // Of messages: the state is not kept, it is lost, all.
    const [silent, notKept, both] = [
      [0, 0, 0],
      [names.length, 0, names.length],
      [names.length, names.length, 2 * names.length],
    ]
    const all = { ...unharmed, put: names.length }
    const before = { ...all, rounds: [1, 2, 0, 8], said: [notKept, silent, both, silent] }
    const running = { ...all, rounds: [1, 2, 0, 8], said: [silent, notKept, both, silent] }
    // What is there already, nobody else can replace.
    const refused = { ...unharmed, put: 0, rounds: [1, 2, 4, 8], said: [silent, silent, silent, silent] }
    expect(await meet('deltas', victim, STICKY)).toEqual({
      'state, before': before,
      'state, running': refused,
      'state, closed': refused,
      'making, before': before,
      'making, running': running,
      // Whoever goes on has read the state.
      'making, closed': { ...all, rounds: [1, 2, 4, 8], said: [silent, silent, notKept, silent] },
    })
  })

  test('removes what its dead have left, among names that others have taken', async () => {
    const expected = { ...unharmed, page: 1, said: [], put: 5 * names.length, kept: ['999999996'] }
    expect(await meet('sweep', victim, STICKY)).toEqual(expected)
  })
})

describe('in a folder where everybody may remove everything', () => {
  test('a service by RSEQ_REGION counts in its process where that name is taken', async () => {
    chmodSync(folder, 0o777)
    if (isRoot) chownSync(folder, USER, USER)
    const expected = { ...unharmed, ...COUNTS, code: expect.stringMatching(/^ERR_RSEQ_(REGION_\w+|SYSTEM)$/) }
    expect(await meet('chosen', USER, STICKY)).toEqual(each(expected))
  })

  test('a state of deltas that is replaced is not believed', async () => {
    const seen = await meet<Record<string, object>>('deltas', USER, EVERYBODYS)
    const all = { ...unharmed, put: names.length }
    expect(seen).toMatchObject({
      'state, before': { ...all, rounds: [1, 2, 0, 8] },
      'state, running': { ...all, rounds: [1, 2, 0, 8] },
      'state, closed': { ...all, rounds: [1, 2, 0, 8] },
      'making, before': { ...all, rounds: [1, 2, 0, 8] },
      'making, running': { ...all, rounds: [1, 2, 0, 8] },
      'making, closed': { ...all, rounds: [1, 2, 4, 8] },
    })
  })

  test('a service whose files are all replaced while it runs removes nothing of others when it ends', async () => {
    expect(await meet('exit', USER, EVERYBODYS)).toEqual(each({ ...unharmed, deltas: [1], put: 4 }))
  })
})
