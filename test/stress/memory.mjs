// npm run test:stress -- memory [CASE …]: file systems that are full for a moment, under a service that counts. The script starts
// itself in a mount namespace, where each case has a small tmpfs of its own for the region. Prints what was expected and
// what was seen, and closes with "N passed, N failed".
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { deadline, ended, scratch, startIn } from '../support/children.mjs'

const INSIDE = 'RSEQ_TEST_MOUNTS'
const MOMENTS = 20
const CLI = join(import.meta.dirname, '..', '..', 'lib', 'cli', 'rseq.js')
/** Longer than a process that only counts takes to find out that there is room. */
const HEALED = 1500

if (process.env[INSIDE] === undefined) {
  // Who is not root may be it in a user namespace.
  const how = process.geteuid() === 0 ? '-m' : '-rm'
  const args = [how, process.execPath, import.meta.filename, ...process.argv.slice(2)]
  const { status, error } = spawnSync('unshare', args, {
    env: { ...process.env, [INSIDE]: '1' },
    stdio: 'inherit',
  })
  if (error) console.error(`unshare: ${error.message}`)
  process.exit(status ?? 1)
}
deadline(600)

let passed = 0
let failed = 0
function expect(what, seen, expected) {
  const holds = isDeepStrictEqual(seen, expected)
  if (holds) passed++
  else failed++
  console.log(
    `${holds ? '  ok    ' : '  FAILED'} ${what}: expected ${JSON.stringify(expected)}, seen ${JSON.stringify(seen)}`,
  )
}

// --- a file system, and processes that count in it ----------------------------------------------------------

const folder = scratch()
let mounts = 0

/** A tmpfs with a service's region. */
class Small {
  constructor(size) {
    this.path = join(folder, `fs${mounts++}`)
    mkdirSync(this.path)
    const args = ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'rseq', this.path]
    const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`mount: ${stderr}`)
    this.region = join(this.path, 'region')
    this.filler = join(this.path, 'filler')
    this.processes = []
  }
  /** Until no page is left. */
  fill() {
    const fd = openSync(this.filler, 'a')
    for (const bytes of [1 << 20, 4096]) {
      try {
        for (;;) writeSync(fd, Buffer.alloc(bytes, 1))
      } catch (error) {
        if (error.code !== 'ENOSPC') throw error
      }
    }
    closeSync(fd)
  }
  empty() {
    rmSync(this.filler, { force: true })
  }
  /** Bytes of the region's file that have pages. */
  get bytes() {
    return statSync(this.region).blocks * 512
  }
  async start(count) {
    const all = Array.from({ length: count }, () => new Member(this.region))
    this.processes.push(...all)
    for (const one of all) await one.call(SETUP)
    return all
  }
  async top() {
    const args = ['top', '--once', '--json', this.region]
    const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    for await (const part of child.stdout) text += part
    return JSON.parse(text)
  }
  async end() {
    for (const one of this.processes) await one.end()
    spawnSync('umount', ['-l', this.path])
  }
}

/** A process of the service: fixtures/prom-client.mjs. */
class Member {
  #last = 0
  constructor(region) {
    this.child = startIn({ ...process.env, RSEQ_REGION: region, NODE_NO_WARNINGS: '1' }, 'prom-client.mjs')
  }
  call(code, ...args) {
    const id = ++this.#last
    return new Promise((resolve, reject) => {
      const onExit = (status, signal) => reject(new Error(`a process has ended: ${signal ?? status}`))
      const onMessage = (message) => {
        if (message.id !== id) return
        this.child.off('exit', onExit)
        this.child.off('message', onMessage)
        if (message.error !== undefined) reject(new Error(message.error))
        else resolve(message.answer)
      }
      this.child.once('exit', onExit)
      this.child.on('message', onMessage)
      this.child.send({ id, to: [], code: String(code), args })
    })
  }
  end() {
    this.child.disconnect()
    return ended(this.child)
  }
}

const SETUP = (here) => {
  here.warnings = []
  process.on('warning', ({ code }) => here.warnings.push(code))
  here.counters = new here.prom.Counter({ name: 'requests', help: 'h', labelNames: ['of'] })
  // Too large to have all its pages from the start.
  const buckets = here.prom.linearBuckets(1, 1, 4000)
  here.wide = new here.prom.Histogram({ name: 'wide', help: 'h', buckets })
  here.counters.labels('known').inc(0)
  here.page = async () => {
    try {
      return await here.prom.register.metrics()
    } catch (error) {
      return error.code ?? error.message
    }
  }
  here.on = async (line) => {
    const page = await here.page()
    const found = page.split('\n').find((one) => one.startsWith(`${line} `))
    return found === undefined
      ? page.includes('# HELP')
        ? null
        : page
      : Number(found.slice(line.length + 1))
  }
}

const count = (here, n) => {
  for (let i = 0; i < n; i++) here.counters.labels('known').inc()
}
const lineOf = (here, line) => here.on(line)
const KNOWN = 'requests{of="known"}'
const LOST = 'rseq_lost_writes'
const each = (all, code, ...args) => Promise.all(all.map((one) => one.call(code, ...args)))

// --- cases --------------------------------------------------------------------------------------------------

async function existing(small) {
  const all = await small.start(3)
  const [a, b] = all
  small.fill()
  await a.call(count, 1000)
  expect('counted while it is full', await each(all, lineOf, KNOWN), [1000, 1000, 1000])
  small.empty()
  await a.call(count, 1000)
  await b.call(count, 1)
  expect('counted with room again, on all pages', await each(all, lineOf, KNOWN), [2001, 2001, 2001])
  expect('lost', await each(all, lineOf, LOST), [null, null, null])
}

async function reads(small) {
  const all = await small.start(3)
  await all[0].call((here) => here.wide.observe(5))
  small.fill()
  const { bytes } = small
  const values = (here) =>
    Promise.all([here.on('requests{of="known"}'), here.on('wide_count'), here.Region.service.list().length])
  const first = await each(all, values)
  expect('pages while it is full', first, [
    [0, 1, 2],
    [0, 1, 2],
    [0, 1, 2],
  ])
  expect('bytes of the file', small.bytes, bytes)
  small.empty()
  await each(all, count, 1)
  expect('nothing was given up', await each(all, lineOf, KNOWN), [3, 3, 3])
  expect('nothing was lost', await each(all, lineOf, LOST), [null, null, null])
}

async function names(small) {
  const all = await small.start(3)
  const [a, b] = all
  small.fill()
  const use = async (here, name) => {
    here.counters.labels(name).inc()
    return here.on(`requests{of="${name}"}`)
  }
  const NEW = 'n'.repeat(9000)
  const code = (here, name) => {
    const before = here.Region.service.usage.namesUsed
    try {
      here.require('rseq').PerCpuCounter.named('c', { region: here.Region.service, help: name })
      return 'made'
    } catch (error) {
      return [
        error.code,
        /file system is full/.test(error.message),
        here.Region.service.usage.namesUsed - before,
      ]
    }
  }
  expect('a new name of the core', await a.call(code, NEW), ['ERR_RSEQ_NO_MEMORY', true, 0])
  expect('a new series, on its page', await a.call(use, NEW), 1)
  expect('warnings', await a.call((here) => here.warnings), ['ERR_RSEQ_NO_MEMORY'])
  const line = `requests{of="${NEW}"}`
  expect('on the pages of others', await each([b, all[2]], lineOf, line), [null, null])
  await b.call(count, 7)
  expect('what was there', await each(all, lineOf, KNOWN), [7, 7, 7])
  small.empty()
  await a.call(use, 'later')
  await b.call(use, 'later')
  expect('later names', await each(all, lineOf, 'requests{of="later"}'), [2, 2, 2])
  expect('a new process', await (await small.start(1))[0].call(lineOf, KNOWN), 7)
  // Moved within a second or so.
  for (let i = 0; i < 100 && (await b.call(lineOf, line)) === null; i++) await sleep(100)
  expect('what was counted in the process, moved', await each(all, lineOf, line), [1, 1, 1])
}

async function losses(small) {
  const all = await small.start(3)
  const [a, b] = all
  small.fill()
  await a.call((here) => {
    for (let i = 0; i < 1000; i++) here.wide.observe(1 + (i % 10))
  })
  const during = await each(all, lineOf, 'wide_count')
  expect('no page has what had no room', during, [0, 0, 0])
  const lost = await each(all, lineOf, LOST)
  expect('all pages say so', [lost[0] > 0, new Set(lost).size], [true, 1])
  const { region } = await small.top()
  expect('rseq top says so', region.lostWrites, lost[0])
  await each(all, (here) => here.page())
  expect('each process has warned once', await each(all, (here) => here.warnings), [
    ['ERR_RSEQ_REGION_LOST'],
    ['ERR_RSEQ_REGION_LOST'],
    ['ERR_RSEQ_REGION_LOST'],
  ])
  small.empty()
  // It makes no look of its own.
  await sleep(HEALED)
  await a.call((here) => here.wide.observe(3))
  await b.call((here) => here.wide.observe(3))
  expect('with room again', await each(all, lineOf, 'wide_count'), [2, 2, 2])
  expect('no more was lost', await each(all, lineOf, LOST), lost)
}

/** Counts until it is told to stop, and says what it has done. */
const load = async (here, me) => {
  const done = { known: 0, wide: 0, named: {} }
  here.stop = false
  for (let i = 0; !here.stop; i++) {
    for (let j = 0; j < 50; j++) {
      here.counters.labels('known').inc()
      here.wide.observe(1 + Math.trunc(Math.random() * 4000))
    }
    done.known += 50
    done.wide += 50
    if (i % 10 === 0 && i < 5000) {
      const name = `${me}.${i}`
      here.counters.labels(name).inc(i + 1)
      done.named[name] = i + 1
    }
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return done
}

async function moments(small) {
  const all = await small.start(3)
  const loads = all.map((one, i) => one.call(load, i))
  const pages = []
  for (let i = 0; i < MOMENTS; i++) {
    await sleep(20 + Math.random() * 200)
    small.fill()
    // Scrapes go on meanwhile.
    pages.push(await all[i % 3].call(async (here) => (await here.page()).includes('wide_count')))
    await sleep(20 + Math.random() * 200)
    small.empty()
  }
  await sleep(HEALED)
  for (const one of all)
    one.call((here) => {
      here.stop = true
    })
  const done = await Promise.all(loads)
  const texts = await each(all, (here) => here.page())
  const [values] = [texts.map(numbersOf)]
  const sum = (of) => done.reduce((total, one) => total + of(one), 0)
  const known = sum((one) => one.known)
  const wide = sum((one) => one.wide)
  expect('pages that were there while it was full', pages.every(Boolean), true)
  expect(
    'known counters, on all pages as acknowledged',
    values.map((one) => one.get(KNOWN)),
    [known, known, known],
  )
  const counts = values.map((one) => one.get('wide_count'))
  const lost = values.map((one) => one.get(LOST) ?? 0)
  expect(
    'pages that agree on the sparse one, and on what was lost',
    [new Set(counts).size, new Set(lost).size],
    [1, 1],
  )
  expect('what is missing there is said to be', wide - counts[0] === 0 || lost[0] > 0, true)
  let own = 0
  let wrong = 0
  let shared = 0
  done.forEach(({ named }, me) => {
    for (const [name, n] of Object.entries(named)) {
      const seen = values.map((one) => one.get(`requests{of="${name}"}`))
      if (seen[me] !== n) wrong++
      const others = seen.filter((_, i) => i !== me)
      if (others.every((x) => x === n)) shared++
      else if (others.every((x) => x === undefined)) own++
      else wrong++
    }
  })
  expect('new names that are wrong on a page', wrong, 0)
  const missing = wide - counts[0]
  console.log(
    `          ${known} counted in known, ${wide} in the sparse one, of which ${missing} are missing; ${lost[0]} lost writes; ` +
      `${shared} new names on all pages, ${own} on their process's alone`,
  )
}

function numbersOf(page) {
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  )
}

async function looks(small) {
  const [a, b] = await small.start(2)
  await a.call((here) => {
    for (let i = 0; i < 200_000; i++) here.counters.labels(`c${i}`).inc()
    const { PerCpuHistogram } = here.require('rseq')
    here.times = Array.from({ length: 500 }, (_, i) =>
      PerCpuHistogram.named(`time${i}`, { region: here.Region.service }),
    )
    for (const one of here.times) one.record(1 + Math.random())
  })
  const before = small.bytes
  const { metrics } = await small.top()
  expect('metrics of rseq top', metrics.length, 200_502)
  expect('bytes of the file behind rseq top', small.bytes, before)
  const lines = (here) =>
    here.page().then((page) => page.split('\n').filter((line) => line.startsWith('requests{')).length)
  expect('lines of a page', await b.call(lines), 200_001)
  expect('bytes of the file behind a page', small.bytes, before)
  console.log(`          ${before} bytes`)
}

async function cuts() {
  for (const [what, part] of [
    ['all of it', 0],
    ['but for the header', 4096],
    ['the cells', 0.9],
  ]) {
    const small = new Small('8m')
    const [a, b] = await small.start(2)
    await each([a, b], count, 5)
    truncateSync(
      small.region,
      part > 0 && part < 1 ? Math.trunc((statSync(small.region).size * part) / 4096) * 4096 : part,
    )
    const code = (here) => here.page()
    const seen = await each([a, b], code)
    expect(`cut short: ${what}`, seen, ['ERR_RSEQ_REGION_LOST', 'ERR_RSEQ_REGION_LOST'])
    await small.end()
  }
}

const CASES = {
  existing: '8m',
  reads: '8m',
  names: '8m',
  losses: '8m',
  moments: '8m',
  looks: '512m',
  cuts: null,
}
const FUNCTIONS = { existing, reads, names, losses, moments, looks, cuts }
const chosen = process.argv.slice(2)
for (const [name, size] of Object.entries(CASES)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue
  console.log(name)
  const small = size === null ? null : new Small(size)
  try {
    await FUNCTIONS[name](small)
  } catch (error) {
    expect('the case', String(error.stack), 'done')
  }
  await small?.end()
}
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)
