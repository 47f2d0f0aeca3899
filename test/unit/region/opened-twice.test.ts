import { execFileSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  linkSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, join, relative } from 'node:path'
import { PerCpuCounter, Region } from 'rseq'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { root } from '../../support/world'

let folder: string
let file: string
let fd: number | null = null

beforeEach(() => {
  folder = mkdtempSync('/dev/shm/rseq-twice-')
  file = join(folder, 'region')
})
afterEach(() => {
  if (fd !== null) closeSync(fd)
  fd = null
  rmSync(folder, { recursive: true })
})

/** Runs that in a process that then ends. */
const run = (script: string): void => {
  execFileSync(process.execPath, ['-e', `const { Region } = require('${root}'); ${script}`])
}

const opened = (region: Region) => ({ region, counter: PerCpuCounter.named('n', { region }) })
const close = ({ region, counter }: ReturnType<typeof opened>): void => {
  counter.close()
  region.close()
}

/** How many locks anybody has on the file. */
function locks(): number {
  const { ino } = statSync(file)
  return readFileSync('/proc/locks', 'utf8')
    .split('\n')
    .filter((line) => line.includes(`:${ino} `)).length
}

/** Paths that lead to the file, beside its own. */
const ways: Record<string, () => string> = {
  'a hard link'() {
    linkSync(file, join(folder, 'link'))
    return join(folder, 'link')
  },
  'a relative path': () => relative(process.cwd(), file),
  'a path with dots': () => `${folder}/../${basename(folder)}/region`,
  'a descriptor'() {
    fd = openSync(file, 'r+')
    return `/proc/self/fd/${fd}`
  },
}
const orders = Object.keys(ways).flatMap((name) => [
  [name, 'first'],
  [name, 'second'],
])

test.each(orders)(
  'by %s, a process has a region that it has already; the %s one is closed first',
  (name, order) => {
    const one = opened(Region.create({ file, cells: 16_384 }))
    const two = opened(Region.attach((ways[name as string] as () => string)()))
    for (const { counter } of [one, two]) counter.add(1)
    expect([one.counter.value, two.counter.value, one.region.processes().length, locks()]).toEqual([
      2, 2, 1, 1,
    ])
    const [first, second] = order === 'first' ? [one, two] : [two, one]
    close(first)
    second.counter.add(1)
    const alive = second.region.processes().map(({ alive }) => alive)
    expect([second.counter.value, alive, locks()]).toEqual([3, [true], 1])
    close(second)
    expect(locks()).toBe(0)
  },
)

test('read-only and writable at once: the one that looks on ends neither the other one nor its lock', () => {
  const writes = opened(Region.create({ file, cells: 16_384 }))
  linkSync(file, join(folder, 'link'))
  const looks = opened(Region.attach(join(folder, 'link'), { readOnly: true }))
  writes.counter.add(1)
  expect([looks.counter.value, looks.region.readOnly, writes.region.readOnly, locks()]).toEqual([
    1,
    true,
    false,
    1,
  ])
  expect(() => looks.counter.add(1)).toThrowError(expect.objectContaining({ code: 'ERR_RSEQ_READ_ONLY' }))
  close(looks)
  writes.counter.add(1)
  expect([writes.counter.value, locks()]).toEqual([2, 1])
  const again = opened(Region.attach(file, { readOnly: true }))
  close(writes)
  expect([again.region.processes().filter(({ alive }) => alive), locks()]).toEqual([[], 0])
  close(again)
})

/** What another version of this package says in its regions. */
function asOtherFormat(path: string): void {
  const open = openSync(path, 'r+')
  writeSync(open, Uint32Array.of(2), 0, 4, 8)
  closeSync(open)
}

test.each([
  ['', () => undefined],
  [', also of regions of another format', asOtherFormat],
])('the sweep goes by who has the file, not by what links to it are called%s', (_, change) => {
  const living = opened(Region.create({ file, cells: 16_384 }))
  const dead = (pid: number) => `/dev/shm/rseq-${process.geteuid?.()}-${pid}-1-0123456789ab`
  const links = [dead(999_999_991), dead(999_999_992)] as const
  linkSync(file, links[0])
  const other = join(folder, 'other')
  run(`Region.create({ file: '${other}', cells: 16384 })`)
  linkSync(other, links[1])
  for (const path of [file, other]) change(path)
  try {
    run('Region.service')
    expect([file, other, ...links].map((path) => existsSync(path))).toEqual([true, true, true, false])
    living.counter.add(1)
    expect(living.counter.value).toBe(1)
  } finally {
    for (const link of links) rmSync(link, { force: true })
    close(living)
  }
})
