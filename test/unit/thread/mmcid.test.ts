import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { status } from 'rseq'
import { expect, test } from 'vitest'
import { built, root, world } from '../../support/world'

const ADDS = 1000
const LOOKS = 10

/** Adds, and tells what has grown: some times, for a thread's id can be another one meanwhile. */
const PROGRAM = `
  const { PerCpuCounter, PerCpuSum, cpuId, mmCid } = require('rseq')
  const seen = Array.from({ length: ${LOOKS} }, () => {
    const [counter, sum] = [new PerCpuCounter({ index: 'mm_cid' }), new PerCpuSum({ index: 'mm_cid' })]
    const [cpu, id] = [cpuId(), mmCid()]
    for (let i = 0; i < ${ADDS}; i++) {
      counter.inc()
      sum.add(0.5)
    }
    return { cpu, id, counted: [...counter.perCpu()].map(Number), summed: [...sum.perCpu()] }
  })
  console.log(JSON.stringify(seen))`

interface Look {
  cpu: number
  id: number
  counted: number[]
  summed: number[]
}

/** The highest CPU that this process may run on. */
const highest = Number(/^Cpus_allowed_list:.*?(\d+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1])
const missing = [
  ...(highest > 0 ? [] : ['this process may run on CPU 0 only, whose number is its threads’ id']),
  ...(status().features.mmCid ? [] : ['no mm_cid here (Linux 6.3 and later, a thread with rseq)']),
]
if (missing.length > 0) console.log(`${world}: mm_cid or CPU: skipped: ${missing.join('; ')}`)

test.skipIf(missing.length > 0)('what counts by mm_cid adds to the cell of that id, not of the CPU', () => {
  // Of a process that has never been allowed another CPU, one thread at a time runs: its id is 0.
  const output = execFileSync('taskset', ['-c', String(highest), process.execPath, '-e', PROGRAM], {
    cwd: root,
    encoding: 'utf8',
  })
  const looks = JSON.parse(output) as Look[]
  console.log(looks.map(({ cpu, id, counted }) => `CPU ${cpu}, id ${id}: ${counted.join(' ')}`).join('\n'))
  const total = (cells: number[]) => cells.reduce((sum, cell) => sum + cell, 0)
  expect(looks.map(({ counted }) => total(counted))).toEqual(looks.map(() => ADDS))
  expect(looks.map(({ summed }) => total(summed))).toEqual(looks.map(() => ADDS / 2))
  const apart = looks.filter(({ cpu, id }) => cpu !== id)
  expect(apart.length).toBeGreaterThan(0)
  // Everything where the id says, in at least one look: by the CPU, it would be in none.
  const byId = apart.filter(({ id, counted, summed }) => counted[id] === ADDS && summed[id] === ADDS / 2)
  expect(byId.length).toBeGreaterThan(0)
})

/** test/native/owner.c owns the area: sched_yield() is what it unregisters it by. */
const LEFT = `
  const { PerCpuCounter, mmCid, status } = require('rseq')
  const counter = new PerCpuCounter({ index: 'mm_cid' })
  for (let i = 0; i < ${ADDS}; i++) counter.inc()
  const { registration } = status()
  const before = counter.perCpu().at(-1)
  require(process.argv[1]).systemCall(2)
  for (let i = 0; i < ${ADDS}; i++) counter.inc()
  let id
  try {
    id = mmCid()
  } catch ({ code }) {
    id = code
  }
  const overflow = Number(counter.perCpu().at(-1) - before)
  console.log(JSON.stringify({ registration, value: counter.value, overflow, id }))`

test.skipIf(!status().features.mmCid)('an area that its owner has unregistered has no mm_cid', () => {
  const env = {
    ...process.env,
    GLIBC_TUNABLES: 'glibc.pthread.rseq=0',
    LD_PRELOAD: join(built, 'owner_sharing.node'),
    OWNER_LEAVES: '1',
  }
  const output = execFileSync(process.execPath, ['-e', LEFT, join(built, 'helpers.node')], {
    cwd: root,
    encoding: 'utf8',
    env,
  })
  // Its last 0 is no id: threads that are elsewhere have it too.
  expect(JSON.parse(output)).toEqual({
    registration: 'foreign',
    value: 2 * ADDS,
    overflow: ADDS,
    id: 'ERR_RSEQ_FEATURE',
  })
})
