// npm run test:stress -- pool-kill SECONDS [INTERVAL_MS]: processes share a pool in a region; one of them is killed each INTERVAL,
// and another one is started. Prints what came of it as one line of JSON, and fails where two have held a slot, or
// one is lost.
import { ftruncateSync, openSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PerCpuPool, Region } from 'rseq'
import { deadline, ended, finish, heard, scratch, start } from '../support/children.mjs'

const SECONDS = Number(process.argv[2])
const INTERVAL = Number(process.argv[3] ?? 50)
const CHILDREN = 4
const SLOTS = 64
const WORDS = 2 ** 17
deadline(SECONDS + 60)

const { mapFile } = createRequire(import.meta.url)('../native/build/Release/helpers.node')
const folder = scratch()
const file = join(folder, 'region')
const claimed = join(folder, 'claims')
ftruncateSync(openSync(claimed, 'w'), 4 * WORDS)
// As pooling.mjs has it: claims, who is dead, and how many operations each has done.
const words = new Int32Array(mapFile(claimed))
const dead = words.subarray(SLOTS, WORDS / 2)
const done = words.subarray(WORDS / 2)
const pool = PerCpuPool.named('pool', { slots: SLOTS, region: Region.create({ file }) })
const violations = []
const expect = (condition, what) => condition || violations.push(what)

let lives = 0
let kills = 0
let reclaimed = 0
const running = new Set()

function launch() {
  const id = lives++
  const life = { id, child: start('pooling.mjs', file, claimed, id, SLOTS), begun: false }
  life.beginning = heard(life.child, 'begin').then(
    () => {
      life.begun = true
    },
    () => {},
  )
  running.add(life)
}

async function kill(life) {
  Atomics.store(dead, life.id, 1)
  life.child.kill('SIGKILL')
  kills++
  await ended(life.child)
  running.delete(life)
  expect(life.child.signalCode === 'SIGKILL', `a child ended by itself: ${life.child.exitCode}`)
}

for (let i = 0; i < CHILDREN; i++) launch()
for (const end = Date.now() + SECONDS * 1000; Date.now() < end; ) {
  await sleep(INTERVAL)
  const begun = [...running].filter((life) => life.begun)
  if (begun.length < 2) continue
  await kill(begun[Math.floor(Math.random() * begun.length)])
  reclaimed += pool.reclaim()
  launch()
}
await Promise.all([...running].map(kill))
reclaimed += pool.reclaim()

expect(pool.held === 0, `${pool.held} slots are held by the dead`)
const all = new Int32Array(SLOTS + 1)
const count = pool.acquireMany(all)
expect(count === SLOTS, `${count} of ${SLOTS} slots are free`)
expect(new Set(all.subarray(0, count)).size === count, 'a slot is there twice')
const operations = done.reduce((sum, one) => sum + one, 0)
finish({ lives, kills, operations, reclaimed }, violations)
