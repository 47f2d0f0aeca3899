// npm run test:stress -- kill SECONDS [INTERVAL_MS]: children count, and make and close names, in one region, and
// write down what is done; one of them is killed each INTERVAL, and started again. Prints what came of it as
// one line of JSON, and fails where something acknowledged is missing, or anything is there that nobody made.
import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PerCpuCounter, PerCpuHistogram, PerCpuSum, Region } from 'rseq'
import { deadline, ended, finish, heard, scratch, start } from '../support/children.mjs'

const SECONDS = Number(process.argv[2])
const INTERVAL = Number(process.argv[3] ?? 50)
const CHILDREN = 4
deadline(SECONDS + 60)

const folder = scratch()
const file = join(folder, 'region')
const acknowledged = join(folder, 'counts')
const log = join(folder, 'names')
for (const path of [acknowledged, log]) closeSync(openSync(path, 'w'))
const region = Region.create({ file })
const violations = []
const expect = (condition, what) => condition || violations.push(what)

let lives = 0
let kills = 0
let killedEarly = 0
const running = new Set()

function launch() {
  const child = start('killed.mjs', file, acknowledged, log, lives++)
  const life = { child, counts: false }
  const counting = () => {
    life.counts = true
  }
  life.counting = heard(child, 'count').then(counting, () => killedEarly++)
  running.add(life)
  return life
}

async function kill(life) {
  life.child.kill('SIGKILL')
  kills++
  await ended(life.child)
  running.delete(life)
  expect(life.child.signalCode === 'SIGKILL', `a child ended by itself: ${life.child.exitCode}`)
}

/** What is in the region while the children change it. */
function look() {
  const names = region.list().flatMap(({ name }) => name ?? [])
  expect(new Set(names).size === names.length, 'a name is there twice')
  const alive = region.processes().filter((process) => process.alive).length
  expect(alive <= running.size + 1, `${alive} living processes of ${running.size + 1}`)
}

const random = (list) => list[Math.floor(Math.random() * list.length)]
for (let i = 0; i < CHILDREN; i++) launch()
for (const end = Date.now() + SECONDS * 1000; Date.now() < end; ) {
  await sleep(INTERVAL)
  // Starting takes as long as many intervals. Most kills are to hit those that are in each other's way, and
  // some the start itself.
  const counting = [...running].filter((life) => life.counts)
  if (counting.length < 2) continue
  await kill(random(kills % 8 === 7 ? [...running] : counting))
  if (kills % 20 === 0) look()
  launch()
}
await Promise.all([...running].map(kill))
// The places of the dead are taken once more, by some that end by themselves: then nothing without a name is
// held.
const last = Array.from({ length: CHILDREN }, launch)
await Promise.all(last.map((life) => life.counting))
for (const { child } of last) child.disconnect()
await Promise.all(last.map(({ child }) => ended(child)))

// Counts: what is acknowledged is there, and one more for each life at most.
const counts = readFileSync(acknowledged)
let counted = 0
for (let at = 0; at < counts.length; at += 8) counted += Number(counts.readBigUInt64LE(at))
const shared = PerCpuCounter.named('shared', { region })
const { value } = shared
expect(
  value >= counted && value <= counted + kills,
  `${counted} acknowledged, ${kills} kills, value ${value}`,
)

// Names: each one that was made and not given up is there once, and at most one for each life that is in
// between.
const made = new Set()
const givenUp = new Set()
for (const line of readFileSync(log, 'utf8').split('\n').slice(0, -1)) {
  if (line[0] === '+') made.add(line.slice(1))
  else givenUp.add(line.slice(1))
}
const began = performance.now()
look()
const there = region.list()
const names = new Set(there.map((entry) => entry.name))
let kept = 0
for (const name of made) {
  if (givenUp.has(name)) continue
  kept++
  expect(names.has(name), `${name} is missing`)
}
const unknown = there.filter(({ name }) => name !== null && name !== 'shared' && !made.has(name)).length
const halfClosed = there.filter(({ name }) => givenUp.has(name)).length
expect(unknown <= kills, `${unknown} names that nobody acknowledged, ${kills} kills`)
expect(halfClosed <= kills, `${halfClosed} names that were given up, ${kills} kills`)

const nameless = there.filter(({ name }) => name === null).length
expect(nameless === 0, `${nameless} nameless objects that nobody can have`)

// Cells: everybody added 7 to what is his, before he acknowledged it. Cells that two share would have more.
const kinds = {
  counter: { named: PerCpuCounter.named, read: (one) => Number(one.valueBigInt) },
  sum: { named: PerCpuSum.named, read: (one) => one.value },
  histogram: { named: PerCpuHistogram.named, read: (one) => one.count },
}
for (const { kind, name } of there) {
  if (name === 'shared' || name === null) continue
  const { named, read } = kinds[kind]
  const one = named(name, { region })
  const amount = read(one)
  expect(made.has(name) ? amount === 7 : amount >= 0 && amount <= 7, `${name} is ${amount}`)
  if (kind === 'histogram' && made.has(name)) expect(one.sum === 21, `${name} has 7 samples of 3: ${one.sum}`)
  one.close()
}
shared.close()

// Nothing is held any more, so nothing is left; and the directory goes on.
const { namesUsed, cellsUsed } = region.usage
expect(namesUsed === 0 && cellsUsed === 0, `${namesUsed} names and ${cellsUsed} cells in use, 0 expected`)
const again = Array.from({ length: 100 }, (_, i) => PerCpuCounter.named(`again-${i}`, { region }))
expect(
  again.every((counter) => counter.value === 0),
  'a new counter is not 0',
)
expect(region.list().length === again.length, `${region.list().length} names, ${again.length} made`)
for (const counter of again) counter.close()
expect(region.list().length === 0, 'a closed name is still there')
const living = region.processes().filter((process) => process.alive)
expect(living.length === 1 && living[0].self, `living processes: ${JSON.stringify(living)}`)

finish(
  {
    kills,
    killedEarly,
    acknowledged: counted,
    value,
    made: made.size,
    givenUp: givenUp.size,
    kept,
    unknown,
    halfClosed,
    nameless,
    processes: region.processes().length,
    megabytes: Math.round((statSync(file).blocks * 512) / 2 ** 20),
    lookMs: Math.round(performance.now() - began),
  },
  violations,
)
