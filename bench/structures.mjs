// node bench/structures.mjs [--json] [RESULT.json …]: what PerCpuPool and PerCpuRing are held to, by results of `rseq bench`
// that have the questions pool and ring; without any, by three quick runs of its own. Each figure is a ratio
// within one run, and the median of all runs. Exit code 1 where a limit is missed, or its rows were not measured.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const RUNS = 3
/** Of a run that was too noisy: its figures are here all the same, and said to be so. */
const NOISY = 4

const alone = { workers: 1 }
const two = { workers: 2 }

/** Nanoseconds; NaN where there are none. */
function median({ questions }, question, id, { workers } = {}) {
  const rows = questions.find(({ name }) => name === question)?.rows ?? []
  return rows.find((row) => row.id === id && row.workers === workers)?.ns?.median ?? Number.NaN
}

const pool = (run, id, at) => median(run, 'pool', id, at)
const ring = (run, id) => median(run, 'ring', id)
const empty = (run) => ring(run, 'js-empty-fast')
const clock = (run) => ring(run, 'c-clock') - ring(run, 'c-empty')

/** What must hold: `most` or `least`. What is only told has neither. */
const FIGURES = [
  {
    name: 'pool, acquire and release by the tagged Atomics list',
    of: (run) => pool(run, 'pool', alone) / pool(run, 'free-list', alone),
    most: 0.6,
  },
  {
    name: 'pool, throughput of 2 workers by the list’s',
    of: (run) => pool(run, 'free-list', two) / pool(run, 'pool', two),
    least: 3,
  },
  {
    name: 'ring, write of 3 numbers without time by an empty fast call',
    of: (run) => ring(run, 'write') / empty(run),
    most: 4,
  },
  {
    name: 'ring, write with time by 4 empty fast calls and 1.2 clocks',
    of: (run) => ring(run, 'write-time') / (4 * empty(run) + 1.2 * clock(run)),
    most: 1,
  },
  {
    // Neither says when.
    name: 'ring, throughput of write without time by postMessage’s',
    of: (run) => ring(run, 'post') / ring(run, 'write'),
    least: 20,
  },
  {
    name: 'ring, what time adds, by the clock',
    of: (run) => (ring(run, 'write-time') - ring(run, 'write')) / clock(run),
  },
  {
    name: 'ring, throughput of write with time by postMessage’s',
    of: (run) => ring(run, 'post') / ring(run, 'write-time'),
  },
  {
    name: 'ring, throughput until received by postMessage’s',
    of: (run) => ring(run, 'post-received') / ring(run, 'write-received'),
  },
  {
    name: 'ring, throughput of write by that of an Atomics ring',
    of: (run) => ring(run, 'atomics') / ring(run, 'write'),
  },
  {
    name: 'ring, throughput of writeBytes by pino’s lines',
    of: (run) => ring(run, 'pino') / ring(run, 'write-bytes'),
  },
  {
    name: 'pool, acquire and release by the list with a 64-bit head',
    of: (run) => pool(run, 'pool', alone) / pool(run, 'free-list-64', alone),
  },
  {
    name: 'pool, acquire and release by Buffer.allocUnsafe(64 KiB)',
    of: (run) => pool(run, 'pool', alone) / pool(run, 'alloc-unsafe', alone),
  },
]

/** The result of a quick run of these questions. */
function measured(file) {
  const command = join(import.meta.dirname, '..', 'lib', 'cli', 'rseq.js')
  const args = [command, 'bench', '--quick', '--only', 'pool', '--only', 'ring', '--json', file]
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0 && status !== NOISY) {
    console.error(`rseq bench ended with ${status}`)
    process.exit(1)
  }
  return JSON.parse(readFileSync(file, 'utf8'))
}

function measureAll() {
  const scratch = mkdtempSync(join(tmpdir(), 'rseq-structures-'))
  try {
    return Array.from({ length: RUNS }, (_, i) => measured(join(scratch, `${i}.json`)))
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

function middle(numbers) {
  if (numbers.some(Number.isNaN)) return Number.NaN
  const sorted = numbers.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

function judge({ name, of, most, least }, runs) {
  const each = runs.map(of)
  const figure = middle(each)
  const verdict =
    most === undefined && least === undefined
      ? null
      : figure <= (most ?? Number.POSITIVE_INFINITY) && figure >= (least ?? 0)
        ? 'PASS'
        : 'FAIL'
  return {
    name,
    figure,
    each,
    ...(most !== undefined && { most }),
    ...(least !== undefined && { least }),
    verdict,
  }
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } })
const runs =
  positionals.length > 0 ? positionals.map((file) => JSON.parse(readFileSync(file, 'utf8'))) : measureAll()
const judged = FIGURES.map((one) => judge(one, runs))
const failed = judged.some(({ verdict }) => verdict === 'FAIL')
const noisy = runs.filter(({ noise, machine }) => !noise.quiet || machine.emulated).length

if (values.json) {
  console.log(JSON.stringify({ passed: !failed, runs: runs.length, noisy, figures: judged }, null, 2))
} else {
  if (noisy > 0) console.log(`Not to be relied on: ${noisy} of ${runs.length} runs were noisy, or emulated.`)
  for (const { name, figure, most, least, verdict } of judged) {
    const limit = most !== undefined ? `≤ ${most}` : least !== undefined ? `≥ ${least}` : ''
    console.log(`${figure.toFixed(2).padStart(7)} ${limit.padEnd(6)} ${(verdict ?? '').padEnd(5)} ${name}`)
  }
}
process.exitCode = failed ? 1 : 0
