// Rows of test/stress/services/rows.mjs's kind with real process managers and test runners.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cache } from '../../../scripts/cache.mjs'
import { installPackage } from '../../../scripts/npm-package.mjs'
import { eventually } from './place.mjs'

const root = join(import.meta.dirname, '..', '..', '..')

/** A file of a package that is no dependency. */
function tool(name, major, file) {
  const folder = installPackage(`${name}@${major}`, join(cache, 'tools', `${name}-${major}`))
  return join(folder, 'node_modules', name, file)
}

/** A PM2 with a daemon of its own, which ends with the place. */
class Pm2 {
  #place
  #program = tool('pm2', 7, 'bin/pm2')

  constructor(place) {
    this.#place = place
    place.env.PM2_HOME = join(place.folder, 'p')
    place.atEnd(() => void this.run('kill'))
  }

  run(...args) {
    const options = {
      env: this.#place.env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 600_000,
    }
    return execFileSync(process.execPath, [this.#program, ...args.map(String)], options)
  }

  #online(name) {
    const line = this.run('jlist', '--silent')
      .split('\n')
      .findLast((one) => one.startsWith('['))
    const all = JSON.parse(line).filter((one) => one.name === name && one.pm2_env.status === 'online')
    return all.map(({ pid }) => pid).filter((pid) => pid > 0)
  }

  /** The processes of an application, once there are so many, and none of those. */
  async application(name, count, ...gone) {
    const pids = await eventually(`${count} of ${name}`, () => {
      const found = this.#online(name)
      return found.length === count && !gone.some(({ pid }) => found.includes(pid)) && found
    })
    return Promise.all(pids.map((pid) => this.#place.actor(`${pid}-0`)))
  }

  async start(name, count) {
    const mode = count === null ? [] : ['-i', count]
    this.run('start', this.#place.script(`${name}.js`), '--name', name, ...mode, '--listen-timeout', 1000)
    return this.application(name, count ?? 1)
  }
}

const values = (actors) => Promise.all(actors.map((one) => one.value()))

const pm2 = [
  [
    'PM2, cluster mode: shop ×2 +5, billing ×2 +7000',
    [5, 5, 7000, 7000],
    async (place) => {
      const pm2 = new Pm2(place)
      const all = [...(await pm2.start('shop', 2)), ...(await pm2.start('billing', 2))]
      await all[0].add(5)
      await all[2].add(7000)
      return values(all)
    },
  ],
  [
    '… reload, scale to 3, kill -9 of one: what shop has counted stays',
    [5, 5, 6, 6, 6, 8, 8, 8],
    async (place) => {
      const pm2 = new Pm2(place)
      // Metrics are made when a program starts: what comes is there before what goes.
      place.env.EARLY = 'count'
      const first = await pm2.start('shop', 2)
      await first[0].add(5)
      pm2.run('reload', 'shop')
      const reloaded = await pm2.application('shop', 2, ...first)
      const afterReload = await values(reloaded)
      pm2.run('scale', 'shop', 3)
      const scaled = await pm2.application('shop', 3)
      await scaled[2].add(1)
      const afterScale = await values(scaled)
      await scaled[0].kill()
      const replaced = await pm2.application('shop', 3, scaled[0])
      await replaced[2].add(2)
      return [...afterReload, ...afterScale, ...(await values(replaced))]
    },
  ],
  [
    '… stop and start, delete and start: it begins at 0, beside another that goes on',
    [5, 0, 1, 0, 2, 7000],
    async (place) => {
      const pm2 = new Pm2(place)
      const [billing] = await pm2.start('billing', 1)
      await billing.add(7000)
      const first = await pm2.start('shop', 2)
      const seen = [await first[0].add(5)]
      await first[1].value()
      pm2.run('stop', 'shop')
      pm2.run('start', 'shop')
      const second = await pm2.application('shop', 2, ...first)
      seen.push(await second[1].value(), await second[0].add(1))
      pm2.run('delete', 'shop')
      const third = await pm2.start('shop', 1)
      seen.push(await third[0].value(), await third[0].add(2), await billing.value())
      return seen
    },
  ],
  [
    '… one script under two names; a file that a worker forks, and one that it spawns',
    [7, 7, 100, 1000],
    async (place) => {
      const pm2 = new Pm2(place)
      const script = place.script('shop.js')
      const [a] = await pm2.start('shop', 1)
      pm2.run('start', script, '--name', 'copy', '-i', 1)
      const [b] = await pm2.application('copy', 1)
      await a.add(3)
      const child = await place.start(a, 'fork', place.script('child.js'))
      await child.add(4)
      await b.add(100)
      const other = await a.call('spawnSync', place.script('other.js'), 'count', '1000')
      return [...(await values([a, child, b])), Number(other)]
    },
  ],
  [
    'PM2, fork mode: each process of one application is a service, with its own cluster workers',
    [3, 3, 4],
    async (place) => {
      const pm2 = new Pm2(place)
      const [one] = await pm2.start('shop', null)
      const worker = await place.start(one, 'cluster')
      await worker.add(1)
      await one.add(2)
      pm2.run('start', place.script('shop.js'), '--name', 'shop', '-f')
      const [, two] = await pm2.application('shop', 2)
      await two.add(4)
      return values([one, worker, two])
    },
  ],
  [
    'PM2 with RSEQ_SERVICE: two applications are one',
    [7005, 7005],
    async (place) => {
      const pm2 = new Pm2(place)
      place.env.RSEQ_SERVICE = 'all'
      const [shop] = await pm2.start('shop', 1)
      const [billing] = await pm2.start('billing', 1)
      await shop.add(5)
      await billing.add(7000)
      return values([shop, billing])
    },
  ],
]

/** Two test files which count 1, and say what there is then. */
function testFiles(place, extension) {
  for (const name of ['one', 'two']) {
    const code = `
      const { PerCpuCounter, Region } = require('rseq')
      const { existsSync, writeFileSync } = require('node:fs')
      test('counts', async () => {
        const counter = PerCpuCounter.named('requests', { region: Region.service })
        counter.inc()
        writeFileSync(${JSON.stringify(place.folder)} + '/${name}.counted', '')
        const both = ['one', 'two'].map((name) => ${JSON.stringify(place.folder)} + '/' + name + '.counted')
        for (let i = 0; i < 500 && !both.every(existsSync); i++) await new Promise((done) => setTimeout(done, 20))
        writeFileSync(${JSON.stringify(place.folder)} + '/${name}.result', String(counter.value))
      }, 30000)`
    const before =
      extension === 'mjs'
        ? "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)\n"
        : ''
    writeFileSync(join(place.folder, `${name}.test.${extension}`), before + code)
  }
  writeFileSync(join(place.folder, 'package.json'), '{}')
}

/** What both say that there is once both have counted. */
async function tested(place, program, ...args) {
  await once(place.launch(process.execPath, [program, ...args]), 'exit')
  const files = readdirSync(place.folder).filter((name) => name.endsWith('.result'))
  return files.map((name) => Number(readFileSync(join(place.folder, name), 'utf8')))
}

const vitest = (place, pool) => {
  testFiles(place, 'mjs')
  const program = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const options = ['--globals', `--pool=${pool}`, '--maxWorkers=2', '--fileParallelism']
  return tested(place, program, 'run', '--root', place.folder, ...options)
}

const others = [
  [
    'node --watch: what it restarts begins at 0',
    [5, 0, 7],
    async (place) => {
      const script = place.script('main.js')
      place.launch(process.execPath, ['--watch', script])
      const first = await place.another()
      const seen = [await first.add(5)]
      appendFileSync(script, '\n')
      const second = await place.another(first)
      return [...seen, await second.value(), await second.add(7)]
    },
  ],
  [
    'Jest with two workers: each is a service',
    [1, 1],
    (place) => {
      testFiles(place, 'js')
      return tested(place, tool('jest', 30, 'bin/jest.js'), '--maxWorkers=2', '--rootDir', place.folder)
    },
  ],
  ['Vitest, pool forks: each is a service', [1, 1], (place) => vitest(place, 'forks')],
  ['Vitest, pool threads: all of its files are one', [2, 2], (place) => vitest(place, 'threads')],
]

export const toolRows = [...pm2, ...others]
