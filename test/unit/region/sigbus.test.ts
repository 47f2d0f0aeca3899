import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { PATIENCE } from '../../support/patience'
import { built, hasAddon, root } from '../../support/world'

const folder = mkdtempSync(join(tmpdir(), 'rseq-sigbus-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A program with a region, of which `body` does something; it prints what it returns. */
function program(body: string): { said: unknown; status: number | null; signal: string | null } {
  const file = join(folder, `region ${Math.random()}`)
  const code = `
    const { truncateSync, writeFileSync } = require('node:fs')
    const { Worker } = require('node:worker_threads')
    const file = ${JSON.stringify(file)}
    const helpers = require(${JSON.stringify(join(built, 'helpers.node'))})
    const { PerCpuCounter, Region } = require(${JSON.stringify(root)})
    const codeOf = (work) => { try { return work() } catch (error) { return error.code } }
    const cut = (region, counter) => {
      truncateSync(file, 0)
      counter.inc()
      return [codeOf(() => region.usage), codeOf(() => PerCpuCounter.named('more', { region }))]
    }
    const open = () => {
      const region = Region.create({ file, cells: 8192 })
      return [region, PerCpuCounter.named('n', { region })]
    }
    const run = async () => { ${body} }
    run().then((said) => console.log(JSON.stringify(said)))`
  // Where the signal comes again and again, only the kill ends it.
  const options = { encoding: 'utf8', timeout: PATIENCE, killSignal: 'SIGKILL' } as const
  const { stdout, status, signal } = spawnSync(process.execPath, ['-e', code], options)
  return { said: stdout === '' ? null : JSON.parse(stdout), status, signal }
}

const LOST = ['ERR_RSEQ_REGION_LOST', 'ERR_RSEQ_REGION_LOST']

describe.skipIf(!hasAddon)('a file that is cut short is an error', () => {
  test.each([
    [
      'with a listener of SIGBUS, which hears what was sent',
      "const heard = new Promise((done) => process.on('SIGBUS', done))",
      'process.kill(process.pid, "SIGBUS"); const alive = setTimeout(() => {}, 15_000); await heard; clearTimeout(alive)',
    ],
    ['with a listener that is there to the end', "process.on('SIGBUS', () => {})", 'return said'],
    ['with one that was there before', '', ''],
    [
      'where a listener came and went',
      "const one = () => {}; process.on('SIGBUS', one); process.off('SIGBUS', one)",
      '',
    ],
    [
      'where a listener of once came and went',
      "process.once('SIGBUS', () => {}); process.removeAllListeners('SIGBUS')",
      '',
    ],
    [
      'beside a crash reporter that hands on',
      'helpers.overtake(); PerCpuCounter.named("late", { region })',
      '',
    ],
  ])('%s', (what, come, after) => {
    const before = what.includes('before') ? "process.on('SIGBUS', () => {})" : ''
    const body = `${before}; const [region, counter] = open(); ${come}; const said = cut(region, counter); ${after}
      process.removeAllListeners('SIGBUS'); return said`
    expect(program(body)).toEqual({ said: LOST, status: 0, signal: null })
  })

  test('of a region that is only read', () => {
    const body = `open(); const region = Region.attach(file, { readOnly: true })
      process.on('SIGBUS', () => {})
      truncateSync(file, 0)
      const said = codeOf(() => region.list().length)
      process.removeAllListeners('SIGBUS')
      return [said, codeOf(() => region.usage)]`
    expect(program(body)).toEqual({ said: LOST, status: 0, signal: null })
  })

  test('in a worker, which is not told of the listeners of the main thread', () => {
    const worker = `
      const { parentPort, workerData } = require('node:worker_threads')
      const { PerCpuCounter, Region } = require(${JSON.stringify(root)})
      const region = Region.create({ file: workerData, cells: 8192 })
      const counter = PerCpuCounter.named('n', { region })
      parentPort.postMessage('open')
      parentPort.once('message', () => {
        counter.inc()
        let said = 'nothing'
        try { region.usage } catch (error) { said = error.code }
        parentPort.postMessage(said)
      })`
    const body = `
      const worker = new Worker(${JSON.stringify(worker)}, { eval: true, workerData: file })
      const next = () => new Promise((done) => worker.once('message', done))
      await next()
      process.on('SIGBUS', () => {})
      await new Promise((done) => setTimeout(done, 1500))
      truncateSync(file, 0)
      worker.postMessage('go')
      const said = await next()
      await worker.terminate()
      process.removeAllListeners('SIGBUS')
      return [said, said]`
    // The package is the worker's alone: so without the program's own import.
    expect(program(body)).toEqual({ said: LOST, status: 0, signal: null })
  })
})

describe.skipIf(!hasAddon)('a signal that somebody sends', () => {
  const opened = 'const [region] = open(); process.kill(process.pid, "SIGBUS"); return "alive"'
  const heard = "let heard = 0; process.on('SIGBUS', () => heard++)"
  const wait = 'await new Promise((done) => setTimeout(done, 300))'
  const sent = `process.kill(process.pid, "SIGBUS"); ${wait}; process.removeAllListeners('SIGBUS'); return heard`

  test('ends the process, as it does without this package', () => {
    expect(program(opened)).toEqual({ said: null, status: null, signal: 'SIGBUS' })
  })

  test('ends it again, once the last listener is gone', () => {
    const body = `const [region] = open(); process.once('SIGBUS', () => {}); process.kill(process.pid, "SIGBUS"); ${wait}
      region.usage; process.kill(process.pid, "SIGBUS"); ${wait}; return 'alive'`
    expect(program(body)).toEqual({ said: null, status: null, signal: 'SIGBUS' })
  })

  test.each([
    ['a listener', '', 1],
    ['a listener, below a crash reporter that hands on', 'helpers.overtake(); region.usage', 1],
  ])('is heard by %s', (_, come, times) => {
    const body = `const [region] = open(); ${heard}; region.usage; ${come}; ${sent}`
    expect(program(body)).toEqual({ said: times, status: 0, signal: null })
  })

  test.each([
    ['the first copy', 'region.usage'],
    ['the second copy', 'other.usage'],
  ])('is heard by a listener where two copies of the package have a region: %s stands first', (_, last) => {
    const copy = join(folder, `copy ${Math.random()}`)
    for (const part of ['package.json', 'lib', 'build'])
      cpSync(join(root, part), join(copy, part), { recursive: true })
    const body = `
      const two = require(${JSON.stringify(copy)})
      const [region, counter] = open()
      const other = two.Region.create({ file: file + ' two', cells: 8192 })
      const second = two.PerCpuCounter.named('n', { region: other })
      ${heard}
      for (let i = 0; i < 40; i++) { region.usage; other.usage }
      ${last}
      process.kill(process.pid, "SIGBUS"); ${wait}
      truncateSync(file, 0); truncateSync(file + ' two', 0)
      counter.inc(); second.inc()
      const said = [heard, codeOf(() => region.usage), codeOf(() => other.usage)]
      process.removeAllListeners('SIGBUS')
      return said`
    expect(program(body)).toEqual({ said: [1, ...LOST], status: 0, signal: null })
  })
})

describe.skipIf(!hasAddon)('a file of somebody else that is cut short', () => {
  const foreign = `
    const other = file + ' of others'
    writeFileSync(other, Buffer.alloc(8192))
    const bytes = new Uint8Array(helpers.mapFile(other))
    truncateSync(other, 0)`

  test.each([
    ['is what it is without this package', ''],
    [
      'where a crash reporter came over this handler',
      'helpers.overtake(); PerCpuCounter.named("late", { region })',
    ],
    ['where the crash reporter is asked first', 'helpers.overtake()'],
  ])('%s: the process ends by the signal', (_, come) => {
    const body = `const [region] = open(); ${come}; ${foreign}; return bytes[0]`
    expect(program(body)).toEqual({ said: null, status: null, signal: 'SIGBUS' })
  })
})
