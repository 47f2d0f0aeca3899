import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Worker } from 'node:worker_threads'
import { Region } from 'rseq'
import { afterAll, describe, expect, test } from 'vitest'
import { backend } from '../../../lib/backend/backend.js'
import * as regions from '../../../lib/region/region.js'
import { root } from '../../support/world'

// Not in the declarations.
const { regionNumber } = regions as unknown as { regionNumber(region: Region, what: string): number }
const region = Region.create({ memfd: true })
const number = regionNumber(region, 'region')
const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  region.close()
})

/** A process that answers each line with what lead() says. */
async function another(): Promise<{ child: ChildProcess; lead: () => Promise<number> }> {
  const script = `
    const { Region } = require('rseq')
    const { backend } = require('./lib/backend/backend.js')
    const { regionNumber } = require('./lib/region/region.js')
    const number = regionNumber(Region.attach(process.argv[1]), '')
    process.stdin.on('data', () => console.log(backend.lead(number, 5)))`
  const child = spawn(process.execPath, ['-e', script, region.path as string], { cwd: root })
  children.push(child)
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const lead = async (): Promise<number> => {
    child.stdin?.write('\n')
    const [line] = await once(lines, 'line')
    return Number(line)
  }
  return { child, lead }
}

function inWorker(role: number): Promise<number> {
  const script = `
    const { backend } = require('./lib/backend/backend.js')
    require('node:worker_threads').parentPort.postMessage(backend.lead(0, ${role}))`
  const worker = new Worker(script, { eval: true })
  return new Promise((resolve) =>
    worker.once('message', (answer) => worker.once('exit', () => resolve(answer))),
  )
}

describe('roles', () => {
  test('one process has it; the kernel takes it back from the dead', async () => {
    const [first, second] = await Promise.all([another(), another()])
    expect(await first.lead()).toBe(1)
    expect(await first.lead()).toBe(1)
    expect(await second.lead()).toBe(0)
    expect(backend.lead(number, 5)).toBe(0)
    expect(backend.lead(number, 6)).toBe(1)
    first.child.kill('SIGKILL')
    await once(first.child, 'exit')
    expect(await second.lead()).toBe(1)
    expect(backend.lead(number, 5)).toBe(0)
  })

  test('it is given back by stepping down, and only by who has it', () => {
    expect(backend.lead(number, 7)).toBe(1)
    expect(backend.stepDown(number, 7)).toBe(0)
    expect(backend.stepDown(number, 7)).toBe(0)
    expect(backend.lead(number, 7)).toBe(1)
    expect(backend.stepDown(number, 8)).toBe(0)
  })

  test('one thread of a process has it, until it ends', async () => {
    expect(backend.lead(0, 9)).toBe(1)
    expect(await inWorker(9)).toBe(0)
    expect(await inWorker(10)).toBe(1)
    expect(backend.lead(0, 10)).toBe(1)
  })

  test.each([
    [number, 32],
    [number, -1],
    [number, Number.NaN],
    [31, 0],
    [-1, 0],
  ])('lead(%s, %s) is refused', (where, role) => {
    expect(backend.lead(where, role)).toBeLessThan(0)
  })

  test('who only looks on plays none', () => {
    const looking = Region.attach(region.path as string, { readOnly: true })
    expect(backend.lead(regionNumber(looking, ''), 11)).toBe(-13)
    looking.close()
  })
})
