// node bench/suite.mjs: a Benchmark.js suite of what this package is for; see HELP below.
//
// For each sample, Benchmark.js builds a new function whose loop calls ours. V8 compiles that loop while it runs, and
// such code is several times slower than a program's. Therefore each call runs BATCH operations in a loop of our own.
// The figures count operations, not calls.
// Rows have no `setup` and no `teardown`. With one, Benchmark.js copies the source text of our function into its own,
// where no variable of this module is known.
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import Benchmark from 'benchmark'
import { cpuId, getcpu, mmCid, PerCpuCounter, schedGetcpu, status } from 'rseq'
import * as v from 'valibot'

const HELP = `Usage: node bench/suite.mjs [--seconds N] [--json FILE]
       node bench/suite.mjs A.json B.json

Measures with Benchmark.js what it costs to read the CPU number and to count: operations per second, their
margin of error (95 % confidence), and nanoseconds per operation. The empty loop is the floor. Every figure
includes it.

  --seconds N    measures each row for about N seconds (default 5)
  --json FILE    writes the result to FILE
  A.json B.json  shows two results side by side, for example of x86-64 and of arm64
  --help         shows this text`

const FLOOR = 'empty loop'
const WIDTH = 36
/** Operations per call of a row's function. */
const BATCH = 1000
/** Threads that count besides the measured one, in the rows "others busy". */
const OTHERS = Math.max(1, availableParallelism() - 1)
/** Words of the memory that all threads share. Atomics add to CELL, which has its cache line to itself. */
const [STARTED, STOP, COUNTED, CELL, WORDS] = [0, 1, 2, 64, 128]

/** Keeps the results of the loops. If nothing used them, V8 could leave out the operations. */
export let sink

/**
 * Name, operation, and the total that the operation counts. Reads have no total; they go into `sum`, which the loop
 * returns. `number` is a variable outside of the loop's function, like a module's.
 */
const ROWS = [
  [FLOOR, 'sum = (sum + i) | 0'],
  ['getcpu(), system call', 'sum = (sum + getcpu().cpu) | 0'],
  ['schedGetcpu(), libc', 'sum = (sum + schedGetcpu()) | 0'],
  ['cpuId()', 'sum = (sum + cpuId()) | 0'],
  ['mmCid()', 'sum = (sum + mmCid()) | 0'],
  ['plain number', 'number = (number + 1) | 0', 'number'],
  ['object counter', 'object.count = (object.count + 1) | 0', 'object.count'],
  ['PerCpuCounter.inc()', 'counter.inc()', 'counter.value'],
  ['PerCpuCounter.add(n)', 'counter.add(1 + (i & 1))', 'counter.value / 1.5'],
  ['PerCpuCounter.inc(), others busy', 'counter.inc()', 'counter.value'],
  ['Atomics.add, one cell', 'Atomics.add(cells, 0, 1)', 'cells[0]'],
  ['Atomics.add, one cell, others busy', 'Atomics.add(cells, 0, 1)', 'cells[0]'],
]
const isBusy = (name) => name.endsWith('others busy')

/** Makes the loop of a row. Each loop has source of its own, so that V8 compiles it for one callee. */
function compile(words, [name, operation, total = 'null']) {
  const counter = PerCpuCounter.named(`rseq suite: ${name}`)
  const cells = words.subarray(CELL)
  const scope = { getcpu, schedGetcpu, cpuId, mmCid, counter, cells, object: { count: 0 }, number: 0 }
  const loop = `let sum = 0; for (let i = 0; i < ${BATCH}; i++) { ${operation} } return sum`
  const source = `return { loop() { ${loop} }, total: () => ${total} }`
  return new Function(...Object.keys(scope), source)(...Object.values(scope))
}

/** The other threads of a busy row: they count as the row does, until they are told to stop. */
function keepBusy({ words, row }) {
  const { loop } = compile(words, row)
  Atomics.add(words, STARTED, 1)
  Atomics.notify(words, STARTED)
  while (Atomics.load(words, STOP) === 0) {
    loop()
    Atomics.add(words, COUNTED, BATCH)
  }
  Atomics.sub(words, STARTED, 1)
  Atomics.notify(words, STARTED)
}

/** Waits until so many threads run. It blocks, because Benchmark.js does not wait for the promises of listeners. */
function waitForOthers(words, wanted) {
  for (;;) {
    const now = Atomics.load(words, STARTED)
    if (now === wanted) return
    if (Atomics.wait(words, STARTED, now, 60_000) === 'timed-out') throw new Error('a thread does not start')
  }
}

/** Adds a row. If the total at its end is not that of all calls, operations were lost, and the run fails. */
function addRow(suite, row, words, timing) {
  const [name] = row
  const { loop, total } = compile(words, row)
  let calls = 0
  const fn = () => {
    calls++
    sink = loop()
  }
  const onStart = () => {
    words.fill(0)
    if (!isBusy(name)) return
    for (let i = 0; i < OTHERS; i++) new Worker(new URL(import.meta.url), { workerData: { words, row } })
    waitForOthers(words, OTHERS)
  }
  const onComplete = () => {
    Atomics.store(words, STOP, 1)
    waitForOthers(words, 0)
    const [done, counted] = [calls * BATCH + words[COUNTED], total()]
    // Modulo 2³², as the cells count.
    if (counted !== null && counted << 0 !== done << 0) throw new Error(`${name}: ${counted} of ${done}`)
  }
  suite.add(name, fn, { ...timing, onStart, onComplete })
}

/** The processor's name. On arm64 the kernel has only its numbers. */
function cpuName() {
  const model = cpus()[0]?.model.trim()
  if (model && model !== 'unknown') return model
  const info = readFileSync('/proc/cpuinfo', 'utf8')
  const field = (name) => new RegExp(`^CPU ${name}\\s*: (\\S+)$`, 'm').exec(info)?.[1] ?? '?'
  return `implementer ${field('implementer')} part ${field('part')}`
}

function machine() {
  const { registration, backend, cpuIdSource, fastCalls, kernel } = status()
  const { arch, version } = process
  const rseq = `${registration}, ${backend}, cpuId() by ${cpuIdSource}, fast calls ${fastCalls ? 'on' : 'off'}`
  return { arch, cpu: cpuName(), cpus: cpus().length, kernel: kernel.release, node: version, rseq }
}

const described = ({ arch, cpu, cpus, kernel, node, rseq }) =>
  `${arch}, ${cpu}, ${cpus} CPUs, Linux ${kernel}, Node ${node}; rseq: ${rseq}`

const columns = (value, error) => `${value.padStart(15)} ${error.padStart(8)}`
const figures = ({ hz, rme } = {}) =>
  hz === undefined ? columns('–', '') : columns(Benchmark.formatNumber(hz.toFixed()), `±${rme.toFixed(1)}%`)

/** Runs the suite, and shows each row when it is done. */
async function measure(seconds) {
  const words = new Int32Array(new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT))
  const timing = { maxTime: seconds, minTime: Math.min(0.05, seconds / 100) }
  const suite = new Benchmark.Suite()
  for (const row of ROWS) addRow(suite, row, words, timing)
  const rows = []
  suite.on('cycle', ({ target: { name, error, hz, stats } }) => {
    if (error !== undefined) {
      rows.push({ name, error: error.message })
      console.log(`${name.padEnd(WIDTH)} not measured: ${error.message}`)
      return
    }
    const row = { name, hz: hz * BATCH, rme: stats.rme, samples: stats.sample.length }
    rows.push(row)
    const [least, most] = [rows[0].hz * (1 - rows[0].rme / 100), row.hz * (1 + row.rme / 100)]
    const floor = name !== FLOOR && most >= least ? ', not told apart from the empty loop' : ''
    const ns = (1e9 / row.hz).toFixed(2).padStart(8)
    console.log(`${name.padEnd(WIDTH)} ${figures(row)} ${ns} ns  (${row.samples} samples${floor})`)
  })
  console.log(
    `${described(machine())}\n${''.padEnd(WIDTH)} ${columns('ops/sec', '±')} ${'each'.padStart(11)}`,
  )
  await new Promise((resolve) => suite.on('complete', resolve).run({ async: true }))
  return { suite: 1, date: new Date().toISOString(), machine: { ...machine(), others: OTHERS }, rows }
}

/** Texts of a result go to the terminal, so control characters are refused. */
const text = v.pipe(v.string(), v.maxLength(200), v.regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u))
const positive = v.pipe(v.number(), v.finite(), v.minValue(Number.MIN_VALUE))
const RESULT = v.object({
  suite: v.literal(1),
  machine: v.object({ arch: text, cpu: text, cpus: positive, kernel: text, node: text, rseq: text }),
  rows: v.array(
    v.union([
      v.object({ name: text, hz: positive, rme: v.pipe(v.number(), v.finite()), samples: positive }),
      v.object({ name: text, error: v.string() }),
    ]),
  ),
})

/** Wrong input: one line, and exit code 2. */
function refuse(message) {
  console.error(`suite: ${message.split('\n', 1)[0]} (--help shows what there is)`)
  process.exit(2)
}

function read(file) {
  let parsed
  try {
    parsed = v.safeParse(RESULT, JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    refuse(error instanceof SyntaxError ? `${file} is not JSON` : error.message)
  }
  if (!parsed.success) refuse(`${file} is no result of this suite`)
  return parsed.output
}

/** Shows two results side by side. */
function compare(a, b) {
  const find = ({ rows }, name) => rows.find((row) => row.name === name)
  const names = new Set([...a.rows, ...b.rows].map(({ name }) => name))
  console.log(`A: ${described(a.machine)}\nB: ${described(b.machine)}\n`)
  const [ofA, ofB] = [columns('A: ops/sec', '±'), columns('B: ops/sec', '±')]
  console.log(`${''.padEnd(WIDTH)} ${ofA} ${ofB} ${'B / A'.padStart(8)}`)
  for (const name of names) {
    const [one, other] = [find(a, name), find(b, name)]
    const ratio = one?.hz && other?.hz ? (other.hz / one.hz).toFixed(2) : '–'
    console.log(`${name.padEnd(WIDTH)} ${figures(one)} ${figures(other)} ${ratio.padStart(8)}`)
  }
}

function argumentsOf() {
  const options = {
    help: { type: 'boolean' },
    json: { type: 'string' },
    seconds: { type: 'string', default: '5' },
  }
  try {
    return parseArgs({ options, allowPositionals: true })
  } catch (error) {
    return refuse(error.message)
  }
}

async function main() {
  const { values, positionals: files } = argumentsOf()
  if (values.help) return console.log(HELP)
  const seconds = Number(values.seconds)
  if (!(seconds > 0 && seconds <= 3600)) refuse('--seconds takes a number above 0, at most 3600')
  if (files.length !== 0 && files.length !== 2) refuse('give two results to compare, or none to measure')
  if (files.length === 2) {
    if (values.json !== undefined) refuse('--json goes with a measurement, not with two results')
    return compare(read(files[0]), read(files[1]))
  }
  try {
    // A file that cannot be written is refused now, not after the measurement.
    if (values.json !== undefined) closeSync(openSync(values.json, 'a'))
  } catch (error) {
    refuse(error.message)
  }
  const result = await measure(seconds)
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`)
}

if (isMainThread) await main()
else keepBusy(workerData)
