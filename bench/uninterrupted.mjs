// node bench/uninterrupted.mjs [--json]: what a PreemptionProbe costs beside cpuId(), and what measureUninterrupted()
// says of a function of 1 µs on a machine that does nothing else and beside a process that takes the CPU every 100 µs, for
// 20 µs each; and what a plain loop of timings says. Needs taskset and chrt (Debian: util-linux), and to be allowed
// real-time priorities. Exit code 1 where what is promised does not hold.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpuId, measureUninterrupted, PreemptionProbe } from 'rseq'

const SAMPLES = 200_000
const CALLS = 2_000_000
const ROUNDS = 15
const MEASUREMENTS = 3
const LIMITS = { check: 3, kept: 1.1, plain: 5 }

const probe = new PreemptionProbe()
let sink = 0

/** Each loop reads, so that none does nothing. */
const loops = {
  empty(n) {
    let sum = 0
    for (let i = 0; i < n; i++) sum = (sum + i) | 0
    return sum
  },
  cpuId(n) {
    let sum = 0
    for (let i = 0; i < n; i++) sum = (sum + cpuId()) | 0
    return sum
  },
  interrupted(n) {
    let sum = 0
    for (let i = 0; i < n; i++) if (probe.interrupted) sum++
    return sum
  },
  check(n) {
    let sum = 0
    for (let i = 0; i < n; i++) if (probe.check()) sum++
    return sum
  },
  arm(n) {
    for (let i = 0; i < n; i++) probe.arm()
    return 0
  },
}

/** Nanoseconds of a turn of each loop, the best of the rounds: what disturbs it makes it only slower. */
function costs() {
  const best = Object.fromEntries(Object.keys(loops).map((name) => [name, Number.POSITIVE_INFINITY]))
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, loop] of Object.entries(loops)) {
      probe.arm()
      const begun = performance.now()
      sink += loop(CALLS)
      best[name] = Math.min(best[name], ((performance.now() - begun) * 1e6) / CALLS)
    }
  return best
}

/** About a microsecond, in registers. */
function work() {
  let sum = sink
  for (let i = 0; i < turns; i++) sum = (Math.imul(sum, 31) + i) | 0
  return sum
}
let turns = 1000

function p99(samples) {
  const sorted = samples.slice().sort()
  return sorted[Math.ceil(0.99 * sorted.length) - 1]
}

/** As people do it. */
function plain() {
  const samples = new Float64Array(SAMPLES)
  for (let i = 0; i < SAMPLES; i++) {
    const begun = performance.now()
    sink += work()
    samples[i] = (performance.now() - begun) * 1e6
  }
  return samples
}

function measured() {
  const { p99: kept, median, attempts, discarded } = measureUninterrupted(work, { samples: SAMPLES })
  plain() // compiled by then
  return { kept, median, attempts, discarded, plain: p99(plain()) }
}

async function besideOther(cpu) {
  const script = `const word = new Int32Array(new SharedArrayBuffer(4))
    console.log('ready')
    for (;;) { Atomics.wait(word, 0, 0, 0.1); const end = performance.now() + 0.02; while (performance.now() < end); }`
  const other = spawn('chrt', ['-f', '1', 'taskset', '-c', String(cpu), process.execPath, '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await Promise.race([
    once(other.stdout, 'data'),
    once(other, 'exit').then(([code]) => {
      throw new Error(`chrt: exit code ${code}`)
    }),
  ])
  const result = measured()
  other.kill('SIGKILL')
  return result
}

const cpu = cpuId()
execFileSync('taskset', ['-cp', String(cpu), String(process.pid)])
for (let i = 0; i < 10_000; i++) sink += work()
turns = Math.round((1000 * turns) / measureUninterrupted(work, { samples: 10_000 }).median)

const ns = costs()
/** By turns; of each the best, for whatever else goes on makes them only worse. */
const runs = { idle: [], beside: [] }
for (let round = 0; round < MEASUREMENTS; round++) {
  runs.idle.push(measured())
  runs.beside.push(await besideOther(cpu))
}
const best = (all) => ({
  ...all[0],
  kept: Math.min(...all.map(({ kept }) => kept)),
  plain: Math.min(...all.map(({ plain }) => plain)),
})
const idle = best(runs.idle)
const beside = best(runs.beside)
const ratios = {
  check: ns.check / ns.cpuId,
  kept: beside.kept / idle.kept,
  plain: beside.plain / idle.plain,
}
if (process.argv.includes('--json')) console.log(JSON.stringify({ ns, ...runs, ratios }))
else {
  console.log(
    'ns a turn:',
    Object.entries(ns)
      .map(([name, cost]) => `${name} ${cost.toFixed(2)}`)
      .join(', '),
  )
  for (const [name, { kept, median, plain: all, attempts, discarded }] of Object.entries({ idle, beside }))
    console.log(
      `${name}: median ${median} ns, p99 ${kept} ns of what was kept, ${Math.round(all)} ns of a plain loop;`,
      `${attempts} attempts, discarded ${JSON.stringify(discarded)}`,
    )
  console.log(
    `a check by cpuId() ${ratios.check.toFixed(2)} (at most ${LIMITS.check}); p99 beside another process by p99 without:`,
    `kept ${ratios.kept.toFixed(2)} (at most ${LIMITS.kept}), plain ${ratios.plain.toFixed(1)} (at least ${LIMITS.plain})`,
  )
}
const holds =
  ratios.check <= LIMITS.check &&
  ratios.kept <= LIMITS.kept &&
  1 / ratios.kept <= LIMITS.kept &&
  ratios.plain >= LIMITS.plain
process.exitCode = holds ? 0 : 1
