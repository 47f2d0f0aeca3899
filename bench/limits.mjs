// node bench/limits.mjs RESULT.json [BEFORE.json]: what this package is held to, by a result of `rseq bench`.
// Ratios are within one run. Exit code 1 where a limit is exceeded, or its rows were not measured.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const BEFORE = join(import.meta.dirname, 'results', 'x64-epyc-linux6.18-node20.json')
/** Whole processes differ by so much without any change: where code and memory come to lie is chance. */
const CHANCE = 1.1

const [file, before = BEFORE] = process.argv.slice(2)
if (file === undefined) {
  console.error('usage: node bench/limits.mjs RESULT.json [BEFORE.json]')
  process.exit(2)
}

const read = (path) => JSON.parse(readFileSync(path, 'utf8'))

/** Nanoseconds; NaN where there are none. */
function median({ questions }, question, id, { workers, size } = {}) {
  const rows = questions.find(({ name }) => name === question)?.rows ?? []
  const row = rows.find((one) => one.id === id && one.workers === workers && one.size === size)
  return row?.ns?.median ?? Number.NaN
}

/** One row by another, of the same question. */
function ratio(run, question, [id, at], [other, otherAt]) {
  return median(run, question, id, at) / median(run, question, other, otherAt)
}

const alone = { workers: 1 }
const incByFloor = (run) => ratio(run, 'counters', ['rseq-fast', alone], ['js-empty-fast'])

const result = read(file)
const limits = [
  [
    'record(n) by perf_hooks record(n)',
    ratio(result, 'histogram', ['record', alone], ['perf-hooks', alone]),
    0.35,
  ],
  [
    'record(x), 11 bounds, by prom-client observe(x)',
    ratio(result, 'histogram', ['record-bounds', alone], ['prom-client', alone]),
    0.1,
  ],
  [
    'inc() by an empty fast call, by that ratio before',
    incByFloor(result) / incByFloor(read(before)),
    CHANCE,
  ],
  [
    'value of 1,000 counters, 64 CPUs, in ms',
    median(result, 'scrape', 'value-cpus', { size: 1000 }) / 1e6,
    1,
  ],
]

const { quick, noise, machine } = result
if (quick || !noise.quiet || machine.emulated) {
  console.log('Not to be relied on: the run was quick, or the machine noisy or emulated.')
}
for (const [what, figure, limit] of limits) {
  const verdict = Number.isNaN(figure) ? 'not measured' : figure <= limit ? 'kept' : 'EXCEEDED'
  console.log(`${figure.toFixed(3).padStart(7)} ≤ ${String(limit).padEnd(5)} ${verdict.padEnd(13)} ${what}`)
  if (verdict !== 'kept') process.exitCode = 1
}
