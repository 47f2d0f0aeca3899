// npm run test:stress -- sweep [ROUNDS]: the leader of a service counts and is killed; a child of it is held between opening the
// region's file and joining those who have it, just before the directory's lock or with it; another service starts, and
// sweeps; the child goes on, and a second one comes. Prints what came of it as one line of JSON, and fails where the two
// count in different files, or anything is lost.
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { deadline, ended, finish, scratch, startIn } from '../support/children.mjs'

const ROUNDS = Number(process.argv[2] ?? 200)
const HOLD = join(import.meta.dirname, '..', 'native', 'build', 'Release', 'hold.node')
const AMOUNTS = { leader: 5, first: 7, second: 11 }
deadline(60 + 5 * ROUNDS)

// What these services share is not what whoever runs this shares.
const { RSEQ_REGION: _, ...plain } = process.env
const folder = scratch()
const violations = []
const expect = (condition, what) => condition || violations.push(what)

/** A process of fixtures/service.mjs, which opens its service's region at its first call. */
class Service {
  #last = 0

  constructor(env = {}) {
    this.process = startIn({ ...plain, ...env }, 'service.mjs')
  }

  call(call, ...args) {
    const id = ++this.#last
    return new Promise((resolve, reject) => {
      const onExit = (code, signal) => reject(new Error(`${call}: the process has ended: ${signal ?? code}`))
      const onMessage = (message) => {
        if (message.id !== id) return
        this.process.off('exit', onExit)
        this.process.off('message', onMessage)
        resolve(message.answer)
      }
      this.process.once('exit', onExit)
      this.process.on('message', onMessage)
      this.process.send({ id, to: [], call, args })
    })
  }

  count = (n) => this.call('count', 'requests', n)

  async end(signal) {
    if (signal) this.process.kill(signal)
    else this.process.disconnect()
    await ended(this.process)
  }
}

const filesOf = (path) => readdirSync(dirname(path)).filter((name) => name.startsWith(basename(path)))

/** Of the file that is there; 0 where there is none. */
const inodeOf = (path) => statSync(path, { throwIfNoEntry: false })?.ino ?? 0

/**
 * @param at where the child is held: before it has the directory's lock, or after that
 * @returns false where a service that is none of these, such as another test's, has swept the leader's file before the child
 *   had it: the round says nothing then
 */
async function round(number, at) {
  const leader = new Service()
  const other = new Service()
  await leader.count(AMOUNTS.leader)
  const { path } = await leader.call('look')
  const inode = inodeOf(path)
  await leader.end('SIGKILL')

  const says = join(folder, `held-${number}`)
  const until = join(folder, `go-${number}`)
  const first = new Service({
    RSEQ_REGION: path,
    LD_PRELOAD: [process.env.LD_PRELOAD, HOLD].filter(Boolean).join(' '),
    HOLD_AT: at,
    HOLD_SAYS: says,
    HOLD_UNTIL: until,
  })
  const second = new Service({ RSEQ_REGION: path })
  const counted = first.count(AMOUNTS.first)
  while (!existsSync(says)) await Promise.race([counted, sleep(2)])
  const isLeaders = inodeOf(path) === inode
  await other.call('look')
  // Whoever has opened the file and no more cannot be seen; whoever has the lock can.
  const swept = !existsSync(path)
  writeFileSync(until, '')
  await counted
  await second.count(AMOUNTS.second)

  const sum = AMOUNTS.first + AMOUNTS.second + (swept ? 0 : AMOUNTS.leader)
  const values = await Promise.all([first.count(0), second.count(0)])
  const isMeant = isLeaders || at === 'before'
  const looks = await Promise.all([first.call('look'), second.call('look')])
  const alive = looks.map(({ processes }) => processes.filter((one) => one.alive).length)
  const files = filesOf(path)
  const where = `round ${number}, ${at} the lock`
  if (isMeant) {
    expect(swept === (at === 'before'), `${where}: the file was ${swept ? '' : 'not '}swept`)
    expect(`${values}` === `${[sum, sum]}`, `${where}: values ${values}, expected ${sum}`)
  }
  expect(`${alive}` === '2,2', `${where}: ${alive} living processes`)
  expect(`${files}` === basename(path), `${where}: files ${files}`)
  await Promise.all([first, second, other].map((one) => one.end()))
  for (const name of filesOf(path)) rmSync(join(dirname(path), name))
  return isMeant
}

const began = performance.now()
const held = { before: 0, after: 0 }
let foreign = 0
for (let i = 0; i - foreign < ROUNDS; i++) {
  const at = (i - foreign) % 2 === 0 ? 'before' : 'after'
  if (await round(i, at)) held[at]++
  else foreign++
}
finish(
  { rounds: ROUNDS, held, foreign, seconds: Number(((performance.now() - began) / 1000).toFixed(1)) },
  violations,
)
