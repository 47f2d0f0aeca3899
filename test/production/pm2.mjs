// Recipes for PM2: a real one with a daemon of its own, which runs web.cjs by the printed ecosystem.config.cjs, on other ports.
import { execFileSync } from 'node:child_process'
import {
  closeSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cache } from '../../scripts/cache.mjs'
import { installPackage } from '../../scripts/npm-package.mjs'
import { root } from '../support/runner.mjs'
import { ask, counted } from './http.mjs'
import { printed } from './printed.mjs'

const VERSION = '7.0.4'
const SHOP = 18_431
const BILLING = 18_441
const FORKED = 18_451

/** A project with its ecosystem.config.cjs, and the PM2 that runs it. */
class Project {
  folder = mkdtempSync(join(tmpdir(), 'rseq-pm2-'))
  region = join(this.folder, 'region')
  #env = { ...process.env, PM2_HOME: join(this.folder, 'pm2') }
  #program = join(
    installPackage(`pm2@${VERSION}`, join(cache, 'tools', `pm2-${VERSION}`)),
    'node_modules/pm2/bin/pm2',
  )

  constructor() {
    mkdirSync(join(this.folder, 'node_modules'))
    this.use(root)
    copyFileSync(join(import.meta.dirname, 'web.cjs'), join(this.folder, 'server.js'))
    writeFileSync(join(this.folder, 'package.json'), '{}')
    const config = printed('ecosystem.config.cjs').replaceAll(/\b80(\d\d)\b/g, '184$1')
    writeFileSync(
      join(this.folder, 'ecosystem.config.cjs'),
      config.replace(/'\/dev\/shm\/[^']*'/, JSON.stringify(this.region)),
    )
  }

  /** A version of this package, for what starts from now on. */
  use(folder) {
    const link = join(this.folder, 'node_modules', 'rseq')
    rmSync(link, { force: true })
    symlinkSync(folder, link)
  }

  run(...args) {
    const options = { cwd: this.folder, env: this.#env, encoding: 'utf8', timeout: 120_000 }
    return execFileSync(process.execPath, [this.#program, ...args], {
      ...options,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  }

  start(name) {
    this.run('start', 'ecosystem.config.cjs', '--only', name)
  }

  /** What the applications have written to their standard error. */
  get warnings() {
    const logs = join(this.folder, 'pm2', 'logs')
    const texts = readdirSync(logs).map((name) => readFileSync(join(logs, name), 'utf8'))
    return new Set(texts.join('\n').match(/(?<=\[)(ERR_)?RSEQ_\w+(?=\] Warning)/g))
  }

  end() {
    this.run('kill')
    rmSync(this.folder, { recursive: true, force: true })
  }
}

async function project(body) {
  const one = new Project()
  try {
    return await body(one)
  } finally {
    one.end()
  }
}

/** The package as a version whose regions have another format: its files have other names. @returns {string} its folder */
function anotherFormat(folder) {
  const copy = join(folder, 'other-rseq')
  mkdirSync(copy)
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  for (const name of ['package.json', 'lib', join('build', 'Release', 'rseq.node')])
    cpSync(join(root, name), join(copy, name), { recursive: true })
  const file = join(copy, 'lib', 'region', 'service', 'application.js')
  const text = readFileSync(file, 'utf8')
  const changed = text.replace('FORMAT = 1;', 'FORMAT = 2;')
  if (changed === text) throw new Error(`${file} has no FORMAT`)
  writeFileSync(file, changed)
  return copy
}

/** What a version whose regions have another format finds in a file of a name that does not change. */
function makeForeign(region) {
  const fd = openSync(region, 'r+')
  writeSync(fd, Buffer.from([99]), 0, 1, 8)
  closeSync(fd)
}

export const rows = [
  [
    'PM2: cluster mode, two applications, 10 and 7 requests; reload of the first, 5 more; every page',
    ['shop 10', 'billing 7', 'shop 15', 'billing 7'],
    () =>
      project(async (pm2) => {
        pm2.start('shop')
        pm2.start('billing')
        await ask(SHOP, 10)
        await ask(BILLING, 7)
        const before = [`shop ${await counted(SHOP)}`, `billing ${await counted(BILLING)}`]
        pm2.run('reload', 'shop')
        await ask(SHOP, 5)
        return [...before, `shop ${await counted(SHOP)}`, `billing ${await counted(BILLING)}`]
      }),
  ],
  [
    'PM2: fork mode, two instances with one RSEQ_REGION, 10 and 7 requests; restart, 5 more',
    ['17 17', '22 22'],
    () =>
      project(async (pm2) => {
        const both = async () => `${await counted(FORKED)} ${await counted(FORKED + 1)}`
        pm2.start('jobs')
        await ask(FORKED, 10)
        await ask(FORKED + 1, 7)
        const before = await both()
        pm2.run('restart', 'jobs')
        await ask(FORKED, 5)
        return [before, await both()]
      }),
  ],
  [
    'Upgrade: pm2 reload to the same version after 10 requests, 5 more; to one with another format of regions, 5 more',
    ['shop 15', 'shop 5'],
    () =>
      project(async (pm2) => {
        pm2.start('shop')
        await ask(SHOP, 10)
        pm2.run('reload', 'shop')
        await ask(SHOP, 5)
        const same = `shop ${await counted(SHOP)}`
        pm2.use(anotherFormat(pm2.folder))
        pm2.run('reload', 'shop')
        await ask(SHOP, 5)
        return [same, [`shop ${await counted(SHOP)}`, ...pm2.warnings].join(' ')]
      }),
  ],
  [
    'Upgrade: RSEQ_REGION names a file of another format: each process has its own page, until the file is removed',
    ['10 7 ERR_RSEQ_REGION_VERSION', '8 8'],
    () =>
      project(async (pm2) => {
        pm2.start('jobs')
        await counted(FORKED)
        makeForeign(pm2.region)
        pm2.run('restart', 'jobs')
        await ask(FORKED, 10)
        await ask(FORKED + 1, 7)
        const both = async () => [await counted(FORKED), await counted(FORKED + 1)]
        const apart = [...(await both()), ...pm2.warnings].join(' ')
        pm2.run('stop', 'jobs')
        rmSync(pm2.region)
        pm2.run('start', 'jobs')
        await ask(FORKED, 8)
        return [apart, (await both()).join(' ')]
      }),
  ],
]
