import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { status } from 'rseq'
import { afterEach, expect, test } from 'vitest'
import { built, root } from '../support/world'

/** An increment takes some hundred, its nine attempts included. */
const STEPS = 100_000
/** It can be at something else meanwhile: collecting garbage, or having its code compiled once more. */
const MOST = 20

/**
 * Counts in a thread, whose id is the first line of output. A line of input, look, is answered with the cells; stop,
 * with how often it counted, too. The first counter is its own; the second one is counted by batches.
 */
const PROGRAM = `
  const { Worker } = require('node:worker_threads')
  const { PerCpuBatch, PerCpuCounter } = require('rseq')
  const script = \`
    const { parentPort, workerData: { handles, helpers, stop } } = require('node:worker_threads')
    const { PerCpuBatch, PerCpuCounter } = require('rseq')
    const [one, two] = handles.map((handle) => PerCpuCounter.from(handle))
    const batch = new PerCpuBatch([two])
    const amounts = [3]
    let times = 0
    function round() {
      one.inc()
      batch.add(amounts)
      ++times
    }
    parentPort.postMessage(require(helpers).gettid())
    while (Atomics.load(stop, 0) === 0) round()
    parentPort.postMessage(times)\`
  const counters = [new PerCpuCounter(), new PerCpuCounter()]
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(script, {
    eval: true,
    workerData: { handles: counters.map(({ handle }) => handle), helpers: process.argv[1], stop },
  })
  const cells = () => counters.map((counter) => [...counter.perCpu()].map(Number))
  worker.once('message', (thread) => {
    // Compiled, before anybody looks: compiling takes steps of its own.
    const warm = setInterval(() => {
      if (counters[0].value < 300_000) return
      clearInterval(warm)
      console.log(JSON.stringify({ thread, before: cells() }))
    }, 10)
    worker.once('message', (times) => {
      console.log(JSON.stringify({ times, after: cells(), values: counters.map(({ value }) => value) }))
    })
  })
  process.stdin.setEncoding('utf8').on('data', (line) => {
    if (line !== 'stop\\n') return console.log(JSON.stringify(cells()))
    Atomics.store(stop, 0, 1)
    process.stdin.destroy()
  })`

interface Begun {
  thread: number
  before: number[][]
}

interface Ended {
  times: number
  after: number[][]
  values: number[]
}

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** The overflow cell is the last one. */
const overflowOf = (after: number[][]): number[] => after.map((cells) => cells.at(-1) as number)

test(`a thread that is single-stepped ${STEPS} times goes on counting`, async () => {
  if (status().backend !== 'rseq') {
    console.log('single-stepping: skipped: no rseq here')
    return
  }
  const child = spawn(process.execPath, ['-e', PROGRAM, join(built, 'helpers.node')], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  const exit = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async <T>(): Promise<T> => JSON.parse((await lines.next()).value as string) as T
  const { thread, before } = await next<Begun>()
  const began = overflowOf(before)
  const hasGrown = (cells: number[][]): boolean => overflowOf(cells).every((n, i) => n > (began[i] as number))
  let rounds = 0
  for (let cells = before; rounds < MOST && !hasGrown(cells); rounds++) {
    const { stdout } = await promisify(execFile)(join(built, 'step'), [String(thread), String(STEPS)])
    expect(Number(stdout)).toBe(STEPS)
    child.stdin.write('look\n')
    cells = await next<number[][]>()
  }
  child.stdin.end('stop\n')
  const { times, after, values } = await next<Ended>()
  const overflow = overflowOf(after)
  console.log(`${rounds} × ${STEPS} steps, ${times} times, overflow cells ${began} → ${overflow}`)
  expect(await exit).toEqual([0, null])
  // Each attempt is aborted under a debugger: what was counted meanwhile is in the overflow cells.
  expect(hasGrown(after)).toBe(true)
  expect(values).toEqual([times, 3 * times])
  expect(after.map((cells) => cells.reduce((sum, cell) => sum + cell, 0))).toEqual(values)
})
