// npm run test:stress -- stopped: two processes of a service count; a third one is stopped with the lock of the directory, and goes
// on later. How long others stand still meanwhile, and that nothing is lost. Prints what is expected and what was seen, and
// ends with "N passed, N failed".
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { deadline, ended, heard, scratch, start, startIn } from '../support/children.mjs'

deadline(180)

/** What one wait takes at most, the machine's own delays besides; a wait of old was ten times as long. */
const WAIT = 50
const BOUND = 500
const OBJECTS = 20
const SETS = 100

let passed = 0
let failed = 0
function row(what, expected, seen, holds) {
  if (holds) passed++
  else failed++
  console.log(
    `${holds ? 'ok    ' : 'FAILED'} ${what}\n         expected ${expected}\n         seen     ${seen}`,
  )
}
const ms = (x) => `${x.toFixed(x < 1 ? 3 : 1)} ms`
const median = (all) => [...all].sort((a, b) => a - b)[all.length >> 1]

const file = join(scratch(), 'region')

class Service {
  #last = 0
  #waiting = new Map()

  constructor() {
    this.process = startIn(
      { ...process.env, RSEQ_REGION: file, NODE_NO_WARNINGS: '1' },
      'stopped.mjs',
      'service',
      file,
    )
    this.process.on('message', ({ id, answer }) => this.#waiting.get(id)?.(answer))
    this.process.setMaxListeners(0)
  }

  call(call, ...args) {
    const id = ++this.#last
    return new Promise((resolve, reject) => {
      const gone = () => reject(new Error(`${call}: the process has ended`))
      this.process.once('exit', gone)
      this.#waiting.set(id, (answer) => {
        this.process.off('exit', gone)
        resolve(answer)
      })
      this.process.send({ id, call, args })
    })
  }
}

/** Another process, which is stopped with the lock. */
async function stopped() {
  const holder = start('stopped.mjs', 'holder', file)
  const { errno } = await heard(holder, 'lock')
  if (errno !== 0) throw new Error(`the lock: errno ${errno}`)
  holder.kill('SIGSTOP')
  return holder
}

async function goOn(holder) {
  holder.send('go on')
  holder.kill('SIGCONT')
  await ended(holder)
}

const [first, second] = [new Service(), new Service()]
const services = [first, second]
for (const one of services) await one.call('inc', ['before'], 1)
await first.call('start', file, OBJECTS)
const names = await second.call('names')
const holder = await stopped()

const [once] = await first.call('inc', ['first'], 3)
row(
  'inc() of a new label set, the first one while the lock is kept',
  `${WAIT} ms at most, and what the machine adds (checked: ${BOUND} ms)`,
  ms(once),
  once < BOUND,
)
const sets = Array.from({ length: SETS }, (_, i) => `set ${i}`)
const next = await first.call('inc', sets, 1)
row(
  `the next ${SETS} label sets`,
  'a tenth of the first one at most, as a median',
  `median ${ms(median(next))}, longest ${ms(Math.max(...next))}; the first one was ${(once / median(next)).toFixed(0)} times that`,
  median(next) < once / 10 && Math.max(...next) < BOUND,
)
const other = await first.call('other', 'other')
row('a fraction, a gauge and a histogram', 'no wait', ms(other), other < BOUND)

for (const [i, one] of services.entries()) {
  const pages = []
  for (let n = 0; n < 5; n++) pages.push(await one.call('page'))
  const durations = pages.map(({ duration }) => duration)
  row(
    `GET /metrics, in ${i === 0 ? 'the process that has waited' : 'one that has not'}`,
    `no wait (checked: ${BOUND} ms)`,
    `longest ${ms(Math.max(...durations))}`,
    Math.max(...durations) < BOUND,
  )
}
const during = await first.call('page')
const own = during.lines.filter((line) => line.startsWith('requests_total')).length
row('series on the page of the process that counts', 3 + SETS, own, own === 3 + SETS)

const end = await first.call('end')
row(
  `the end of a thread with ${OBJECTS} nameless objects`,
  `at once (checked: ${BOUND} ms), and the other threads as well`,
  `${ms(end.duration)}; another thread stood still for ${ms(end.longest)}`,
  end.duration < BOUND && end.longest < BOUND,
)
const seen = await second.call('names')
row('a page removes nothing, and nobody has made anything', `${names} names`, `${seen} names`, seen === names)

const third = new Service()
const began = performance.now()
await goOn(holder)
let pages = []
const isSame = () => pages.every(({ lines }) => `${lines}` === `${during.lines}`)
while (performance.now() - began < 10_000) {
  pages = await Promise.all(services.map((one) => one.call('page')))
  if (isSame()) break
  await sleep(50)
}
row(
  'nothing is lost: all pages say what was counted',
  'the same sums within seconds',
  isSame()
    ? `the same after ${ms(performance.now() - began)}`
    : `${pages.map(({ lines }) => lines.length)} lines`,
  isSame() && during.lines.includes('requests_total{x="before"} 2'),
)
const left = await second.call('names')
// A counter, its fractions, a gauge and a histogram, beside the sets; what the thread had is gone.
const expected = names - OBJECTS + 1 + SETS + 4
row('names in the region', `${expected}: what the thread had is gone`, left, left === expected)

await third.call('inc', ['third'], 1)
const again = await stopped()
await third.call('defaults')
await third.call('inc', ['at its exit'], 7)
const whole = []
for (let n = 0; n < 5; n++) whole.push(await third.call('page'))
const longest = Math.max(...whole.map(({ duration }) => duration))
row(
  'GET /metrics with default metrics, which are made as they are published',
  `no wait (checked: ${BOUND} ms)`,
  `longest ${ms(longest)}`,
  longest < BOUND,
)
await goOn(again)
await third.call('leave').catch(() => {})
await ended(third.process)
const last = await first.call('page')
const line = 'requests_total{x="at its exit"} 7'
const found = last.lines.find((one) => one.includes('at its exit'))
row('what a process moves when it exits', line, found, found === line)

console.log(`${passed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)
