// npm run test:stress -- ring-kill SECONDS [INTERVAL_MS]: processes write to a ring in a region, one drains it; one of all is killed
// each INTERVAL, and another one is started. Prints what came of it as one line of JSON, and fails where a record is
// torn, missing, or was read more often than a consumer died with it in its hands.
import { ftruncateSync, openSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PerCpuRing, Region } from 'rseq'
import { Ledger } from '../fixtures/ring-ledger.mjs'
import { deadline, ended, finish, heard, scratch, start } from '../support/children.mjs'

const SECONDS = Number(process.argv[2])
const INTERVAL = Number(process.argv[3] ?? 50)
const WRITERS = 4
/** Of each life; and lives that there is room for. */
const RECORDS = 2 ** 18
const LIVES = Math.ceil((SECONDS * 1000) / INTERVAL) + 100
deadline(SECONDS + 60)

const { mapFile } = createRequire(import.meta.url)('../native/build/Release/helpers.node')
const folder = scratch()
const file = join(folder, 'region')
const path = join(folder, 'ledger')
ftruncateSync(openSync(path, 'w'), Ledger.size(LIVES, RECORDS))
const ledger = new Ledger(mapFile(path), LIVES, RECORDS)
const ring = PerCpuRing.named('ring', { region: Region.create({ file }), fields: 4, capacity: 4096 })

let lives = 0
let kills = 0
let consumers = 0
let consumer
const writers = new Set()

function launch(id) {
  const life = { id, child: start('ringing.mjs', file, path, LIVES, RECORDS, id), begun: false }
  life.child.once('exit', () => writers.delete(life))
  heard(life.child, 'begin').then(
    () => {
      life.begun = true
    },
    () => {},
  )
  if (id < 0) consumer = life
  else writers.add(life)
}

async function kill(life) {
  if (life.id < 0) consumers++
  else ledger.ends(life.id)
  life.child.kill('SIGKILL')
  kills++
  await ended(life.child)
}

launch(-1)
for (const end = Date.now() + SECONDS * 1000; Date.now() < end; await sleep(INTERVAL)) {
  while (writers.size < WRITERS && lives < LIVES) launch(lives++)
  const begun = [...writers].filter((life) => life.begun)
  if (begun.length < 2) continue
  if (consumer.begun && kills % 3 === 2) {
    await kill(consumer)
    launch(-1)
  } else await kill(begun[Math.floor(Math.random() * begun.length)])
}
await Promise.all([...writers, consumer].map(kill))
// In parts, as a consumer that was killed has left it.
const read = ledger.reader(ring)
while (ring.drain(read, { max: 1000 }) !== 0) {}

const { violations, ...result } = ledger.check(ring, consumers)
finish({ lives, kills, consumers, ...result }, violations)
