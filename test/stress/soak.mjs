// npm run test:stress -- soak [MINUTES] [--write]: everything at once, for an hour or MINUTES, under libc's registration and under our
// own: test/fixtures/soaked.mjs is what runs. Totals are exact, and what the process holds stays what it was after its
// warm-up.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { growth } from './held.mjs'
import { report } from './results.mjs'

const MEBIBYTE = 2 ** 20
/**
 * What may come and go between the end of the warm-up and the end: heaps that fragment, whose mappings are V8's and malloc's.
 * Node itself keeps some 4 KiB of each worker that has ended, without this package as well.
 */
const BOUNDS = { rss: 16 * MEBIBYTE, maps: 40 }
const RSS_PER_THREAD = 8192
/** Of all samples: the first ones are warm-up. */
const WARM_UP = 1 / 3
const REGISTRATIONS = { libc: {}, self: { GLIBC_TUNABLES: 'glibc.pthread.rseq=0' } }

const { positionals } = parseArgs({ options: { write: { type: 'boolean' } }, allowPositionals: true })
const minutes = Number(positionals[0] ?? 60)
if (!(minutes > 0)) throw new Error(`MINUTES is to be a number above 0, not ${positionals[0]}`)

function run(env) {
  const program = join(import.meta.dirname, '..', 'fixtures', 'soaked.mjs')
  const seconds = String((minutes * 60) / Object.keys(REGISTRATIONS).length)
  const { status, signal, stdout } = spawnSync(process.execPath, ['--expose-gc', program, seconds], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 256 * MEBIBYTE,
  })
  const line = stdout.trim().split('\n').at(-1)
  if (!line?.startsWith('{')) throw new Error(`the soak ended with ${signal ?? status} and said nothing`)
  return JSON.parse(line)
}

/** What must be the same after every round, and what may rise a little. */
function leaks(samples, threads) {
  const warm = samples.slice(Math.ceil(samples.length * WARM_UP))
  const bounds = { ...BOUNDS, rss: BOUNDS.rss + threads * (1 - WARM_UP) * RSS_PER_THREAD }
  const found = []
  for (const key of ['mapsOfFile', 'fds', 'areasInUse']) {
    const values = [...new Set(warm.map((sample) => sample[key]))]
    if (values.length !== 1) found.push(`${key} between rounds: ${values}`)
  }
  const rises = {}
  for (const [key, bound] of Object.entries(bounds)) {
    rises[key] = growth(warm.map((sample) => sample[key]))
    if (rises[key] > bound) found.push(`${key} rose by ${rises[key].toFixed(0)}, more than ${bound}`)
  }
  return { found, rises, warm, bounds }
}

const lines = []
for (const [name, env] of Object.entries(REGISTRATIONS)) {
  const { violations, samples, registration, ...counts } = run(env)
  const { found, rises, warm, bounds } = leaks(samples, counts.threads + counts.briefThreads)
  if (registration !== name) found.push(`the registration is ${registration}`)
  const faults = [...violations, ...found]
  const last = warm.at(-1) ?? {}
  lines.push(
    `registration ${name}: ${counts.rounds} rounds, ${counts.threads} threads and ${counts.processes} processes, ${counts.fromOutside} of them ended from outside, and ${counts.briefThreads} brief threads; ` +
      `${counts.steps} steps of adds to everything, ${counts.drains} drains, threads moved ${counts.moves} times; totals exact but for ${violations.length} violations`,
    `… after warm-up, over ${warm.length} samples between rounds: RSS ${(last.rss / MEBIBYTE).toFixed(0)} MiB, rise ${(rises.rss / MEBIBYTE).toFixed(1)} MiB (bound ${(bounds.rss / MEBIBYTE).toFixed(1)}); ` +
      `mappings ${last.maps}, rise ${rises.maps.toFixed(1)} (bound ${bounds.maps}), of the region ${last.mapsOfFile}; descriptors ${last.fds}, registrations of our own ${last.areasInUse}, areas ever made ${last.areasAllocated}`,
    ...faults.map((fault) => `FAULT, registration ${name}: ${fault}`),
  )
  if (faults.length > 0) process.exitCode = 1
}
report('test:stress -- soak', lines)
