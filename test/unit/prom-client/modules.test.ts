// How rseq/prom-client is found and loaded: twice, in prom-client's place, and without it.
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterEach, describe, expect, test } from 'vitest'
import { clients, shared } from '../../support/prom-clients'
import { type Here, Service } from '../../support/prom-service'
import { hasAddon, root } from '../../support/world'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

/** The package as built, in a folder of its own. */
function copied(...links: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'rseq-prom-'))
  folders.push(folder)
  for (const name of ['lib', 'package.json'])
    cpSync(join(root, name), join(folder, name), { recursive: true })
  for (const name of ['build', 'prebuilds', ...links]) {
    if (existsSync(join(root, name))) symlinkSync(join(root, name), join(folder, name))
  }
  return folder
}

function run(script: string, cwd = root, ...options: string[]): unknown {
  const { RSEQ_REGION: _, ...env } = process.env
  return JSON.parse(
    execFileSync(process.execPath, [...options, '-e', script], { cwd, env, encoding: 'utf8' }),
  )
}

describe('what is exported', () => {
  const names = (module: object) =>
    Object.keys(module)
      .filter((name) => !['default', 'module.exports', '__esModule'].includes(name))
      .sort()

  test('is what prom-client exports, and four more', async () => {
    const [, [, client]] = clients as [unknown, [string, object]]
    expect(client).toBe(shared)
    const [[, theirs]] = clients as [[string, object]]
    const expected = [
      ...names(theirs),
      'collectPreemptionMetrics',
      'collectRseqInfo',
      'metricsHandler',
      'setRegion',
    ].sort()
    expect(names(shared)).toEqual(expected)
    const esm = await import('rseq/prom-client')
    expect(names(esm)).toEqual(expected)
    for (const name of expected)
      expect([name, Reflect.get(esm, name)]).toEqual([name, Reflect.get(shared, name)])
    // It has a getter, which Node does not find: ours has one name more.
    const found = names(theirs).filter((name) => name !== 'contentType')
    expect(names(await import('prom-client'))).toEqual(found)
    expect(esm.default).toBe(shared)
  })
})

describe('loaded again', () => {
  /** Counts with what is loaded now, and what was loaded before. */
  const again = async (here: Here, what: string): Promise<string[]> => {
    const { Counter, Gauge } = here.prom
    const before = new Counter({ name: `before_${what}`, help: 'h', labelNames: ['x'] })
    const gauge = new Gauge({ name: `gauge_${what}`, help: 'h' })
    before.inc({ x: 1 }, 2)
    gauge.set(1)
    const { cache } = here.require
    const isOurs = (path: string) => path.includes('/lib/') && !path.includes('/node_modules/')
    const isTheirs = (path: string) => path.includes('/node_modules/prom-client/')
    for (const path of Object.keys(cache))
      if (isOurs(path) || (what === 'both' && isTheirs(path))) delete cache[path]
    const second = here.require('rseq/prom-client') as typeof here.prom
    if (second === here.prom) throw new Error('it was not loaded again')
    const after = new second.Counter({ name: `after_${what}`, help: 'h' })
    after.inc(0.5)
    before.inc({ x: 1 })
    if (what === 'both')
      new second.Counter({ name: 'before_both', help: 'h', labelNames: ['x'] }).inc({ x: 1 }, 4)
    here.second = second
    return [await second.register.metrics(), await here.prom.register.metrics()]
  }
  const lines = (page: string, what: string) =>
    page
      .split('\n')
      .filter((line) => line.includes(`_${what}`) && !line.startsWith('#'))
      .sort()

  test.each([
    ['alone', 3],
    ['both', 7],
  ])('with prom-client or without it: %s', async (what, each) => {
    const service = new Service()
    try {
      const processes = hasAddon ? [[], await service.start('cluster')] : [[]]
      for (const to of processes) await service.run(to, again, what)
      const n = processes.length
      for (const to of processes) {
        const pages = await service.run(to, async ({ second, prom }) => [
          await second.register.metrics(),
          await prom.register.metrics(),
        ])
        for (const page of pages as string[]) {
          expect(lines(page, what)).toEqual([
            `after_${what} ${n / 2}`,
            `before_${what}{x="1"} ${n * each}`,
            `gauge_${what} ${n}`,
          ])
        }
      }
      // Whoever clears it.
      await service.run([], ({ second }) => second.register.clear())
      expect(service.errors).toBe('')
    } finally {
      await service.end()
    }
  })

  test('as two copies, of which a test runner makes many', () => {
    const copy = JSON.stringify(join(copied('node_modules'), 'lib', 'prom-client', 'index.js'))
    const page = run(`
      const one = require('rseq/prom-client'), two = require(${copy})
      new one.Counter({ name: 'one', help: 'h' }).inc(2)
      new two.Counter({ name: 'two', help: 'h' }).inc(3)
      new two.Histogram({ name: 'three', help: 'h', buckets: [1] }).observe(3)
      new one.Histogram({ name: 'four', help: 'h', buckets: [1] }).observe(3)
      new one.Gauge({ name: 'five', help: 'h' }).set(3)
      Promise.all([one, two].map(({ register }) => register.metrics())).then((pages) => console.log(JSON.stringify(pages)))
    `)
    const [first, second] = page as [string, string]
    expect(second).toBe(first)
    for (const line of ['one 2', 'two 3', 'three_sum 3', 'four_count 1', 'five 3'])
      expect(first).toContain(`\n${line}\n`)
  })
})

describe('over time', () => {
  test('nothing stays of what was removed, of pages, or of registries that nobody has any more', () => {
    const script = `
      const { Counter, Gauge, Histogram, Registry, register } = require('rseq/prom-client')
      const { Region } = require('rseq')
      const counter = new Counter({ name: 'a', help: 'h', labelNames: ['x'] })
      const probe = async () => {
        const registers = [new Registry()]
        new Gauge({ name: 'up', help: 'h', registers }).set(1)
        new Counter({ name: 'n', help: 'h', registers }).inc(0.5)
        new Histogram({ name: 't', help: 'h', buckets: [1], registers }).observe(1)
        return registers[0].metrics()
      }
      const main = async () => {
        for (let i = 0; i < 2000; i++) {
          counter.inc({ x: i }, 0.5)
          counter.remove(String(i))
        }
        for (let i = 0; i < 50; i++) await Registry.merge([register]).metrics()
        const pages = new Set()
        for (let i = 0; i < 200; i++) pages.add(await probe())
        for (let i = 0; i < 100 && Region.service.usage.namesUsed > 0; i++) {
          global.gc()
          await new Promise((resolve) => setTimeout(resolve, 10))
        }
        console.log(JSON.stringify([pages.size, Region.service.usage.namesUsed, register.getMetricsAsArray().length]))
      }
      main()
    `
    expect(run(script, root, '--expose-gc')).toEqual([1, 0, 1])
  })
})

describe('in prom-client’s place', () => {
  test('by an alias of exactly that name', () => {
    const result = run(`
      const Module = require('node:module')
      const resolve = Module._resolveFilename
      Module._resolveFilename = function (request, ...rest) {
        return resolve.call(this, request === 'prom-client' ? 'rseq/prom-client' : request, ...rest)
      }
      const client = require('prom-client')
      const counter = new client.Counter({ name: 'a', help: 'h' })
      counter.inc(2)
      const isOurs = client === require('rseq/prom-client') && 'setRegion' in client
      const isTheirs = counter instanceof require('prom-client/index.js').Counter
      client.register.metrics().then((page) => console.log(JSON.stringify([isOurs, isTheirs, page])))
    `)
    expect(result).toEqual([true, true, '# HELP a h\n# TYPE a counter\na 2\n'])
  })
})

describe('in a bundle', () => {
  test('by esbuild’s alias: prom-client is below it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rseq-prom-'))
    folders.push(folder)
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(root, join(folder, 'node_modules', 'rseq'))
    const peer = join(realpathSync(join(root, 'node_modules')), 'prom-client')
    symlinkSync(peer, join(folder, 'node_modules', 'prom-client'))
    const contents = `
      import { Counter, register } from 'prom-client'
      import * as client from 'prom-client'
      new Counter({ name: 'a', help: 'h' }).inc(2)
      register.metrics().then((page) => console.log(JSON.stringify(['setRegion' in client, page])))
    `
    const outfile = join(folder, 'bundle.js')
    await build({
      stdin: { contents, resolveDir: folder },
      bundle: true,
      platform: 'node',
      alias: { 'prom-client': 'rseq/prom-client' },
      preserveSymlinks: true,
      logLevel: 'silent',
      outfile,
    })
    expect(run(`require(${JSON.stringify(outfile)})`)).toEqual([true, '# HELP a h\n# TYPE a counter\na 2\n'])
  })
})

describe('as an ES module that esbuild makes', () => {
  /** Runs a bundle of a program with the package and its peer. */
  const bundled = async (banner: string, before = ''): Promise<unknown> => {
    const folder = copied('node_modules')
    const outfile = join(folder, 'bundle.mjs')
    const contents = `
      import client, { Counter } from './lib/prom-client/index.mjs'
      new Counter({ name: 'a', help: 'h' }).inc(2)
      console.log(JSON.stringify(await client.register.metrics()))
    `
    const stdin = { contents, resolveDir: folder }
    const options = { bundle: true, platform: 'node', format: 'esm', logLevel: 'silent' } as const
    await build({ ...options, stdin, banner: { js: banner }, outfile })
    const script = `${before};import(${JSON.stringify(outfile)}).catch(({ code, message }) => console.log(JSON.stringify([code, message])))`
    // Where there is no require() of its own, as of a program's file.
    return run(script, root, '--input-type=module')
  }
  const page = '# HELP a h\n# TYPE a counter\na 2\n'

  test('with a require, as prom-client needs it', async () => {
    const banner = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)`
    expect(await bundled(banner)).toBe(page)
  })

  test.each([
    ['no file', ''],
    ['standard input', "process.argv[1] = '-'"],
    ['a name of its own', "process.argv[1] = 'shop server'"],
  ])('without one, it has that of the program, which is %s', async (_, before) => {
    const left = `process.on('exit', () => { if ('require' in globalThis) throw new Error('left') })`
    expect(await bundled('', `${before};${left}`)).toBe(page)
  })

  test.each([
    ['frozen', 'Object.preventExtensions(globalThis)'],
    ['taken', "Object.defineProperty(globalThis, 'require', { get: () => undefined })"],
  ])('where it can have none, for globals are %s, an error says what to do', async (_, before) => {
    expect(await bundled('', before)).toEqual([
      'ERR_RSEQ_PEER',
      expect.stringContaining('createRequire(import.meta.url)'),
    ])
  })
})

describe('with something else in prom-client’s place', () => {
  test('an error says what is needed', () => {
    const changes = [
      'module.exports.register._metrics = new Map()',
      'module.exports.ClusterRegistry = class {}',
      'delete module.exports.Registry.OPENMETRICS_CONTENT_TYPE',
      'module.exports = {}',
      'module.exports = () => {}',
      // As a package whose exports do not have its file.
      "throw Object.assign(new Error('not exported'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' })",
      '',
    ]
    const folder = copied()
    const peer = join(folder, 'node_modules', 'prom-client')
    mkdirSync(peer, { recursive: true })
    writeFileSync(join(peer, 'package.json'), JSON.stringify({ name: 'prom-client', main: 'index.js' }))
    const real = JSON.stringify(join(root, 'node_modules', 'prom-client', 'index.js'))
    writeFileSync(join(peer, 'index.js'), `module.exports = require(${real}); eval(globalThis.change)`)
    const found = run(
      `
      const found = ${JSON.stringify(changes)}.map((change) => {
        for (const path of Object.keys(require.cache)) if (!path.endsWith('.node')) delete require.cache[path]
        globalThis.change = change
        try { return typeof require('rseq/prom-client').Counter } catch ({ code, message }) { return code + ': ' + message }
      })
      console.log(JSON.stringify(found))`,
      folder,
    ) as string[]
    expect(found.pop()).toBe('function')
    expect(found.length).toBe(6)
    for (const text of found)
      expect(text).toMatch(/^ERR_RSEQ_PEER: .*needs prom-client 15.* npm install prom-client@15$/)
  })
})

describe('without prom-client', () => {
  test('an error says what to install, and rseq itself is not affected', () => {
    const result = run(
      `
      const rseq = require('rseq')
      const counter = new rseq.PerCpuCounter()
      counter.inc()
      let error
      try { require('rseq/prom-client') } catch (thrown) { error = thrown }
      import('rseq/prom-client').catch((thrown) => console.log(JSON.stringify([
        counter.value, error instanceof rseq.RseqError, error.code, error.message, thrown.code,
      ])))
    `,
      copied(),
    )
    const message = 'rseq/prom-client needs prom-client, which is not installed: npm install prom-client@15'
    expect(result).toEqual([1, true, 'ERR_RSEQ_PEER', message, 'ERR_RSEQ_PEER'])
  })
})
