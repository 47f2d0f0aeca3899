import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { status } from 'rseq'
import { type Loop, type RowPlan, type TimedLoop, Unavailable } from '../src/ts/cli/bench/plan'
import { emptyLoop } from './quiet'

/** What bench/native/addon.cc exports. */
interface BenchAddon {
  /** (iterations) → nanoseconds; those that this machine cannot run are missing. */
  readonly loops: Readonly<Record<string, ((iterations: number) => number) | undefined>>
  atomicShared(iterations: number, threads: number): number
  nothing(): void
  emptyTargets(): ArrayBuffer
  hypervisor(): string
  pin(number: number): void
}

/** What src/native/addon/module.cc exports, of what the package itself does not. */
export interface PackageAddon {
  cpuId(): number
}

const require = createRequire(__filename)
const path = join(__dirname, '..', '..', 'bench', 'native', 'build', 'Release', 'rseq_bench.node')

/** What makes it: it is no part of the package. */
export const BUILD = 'in a checkout: node scripts/node-gyp.mjs rebuild --directory bench/native'

/** @throws {Unavailable} where it is not built */
export function benchAddon(): BenchAddon {
  if (!existsSync(path)) throw new Unavailable(BUILD)
  return require(path) as BenchAddon
}

/** Environment of a process for which so many CPUs are possible; null where bench/native is not built. */
export function withCpus(count: number): Record<string, string> | null {
  const preloaded = join(dirname(path), 'cpus.node')
  return existsSync(preloaded) ? { LD_PRELOAD: preloaded, BENCH_CPUS: String(count) } : null
}

/** The hypervisor's name for itself; empty where there is none, or it cannot be asked. */
export function hypervisor(): string {
  return existsSync(path) ? benchAddon().hypervisor() : ''
}

/** Keeps the calling thread on a CPU of its own, as far as there are enough; where the addon is not built, it moves. */
export function pinThread(number: number): void {
  if (existsSync(path)) benchAddon().pin(number)
}

/** The package's addon, past the package. */
export function packageAddon(): PackageAddon {
  const { addon, message } = status()
  if (addon === null) throw new Unavailable(message)
  return require(addon) as PackageAddon
}

/** @throws {Unavailable} unless objects are added to in critical sections, by the calls that the row says */
export function checkCalls(fastCalls: boolean): void {
  const { available, fastCalls: fast, message } = status()
  if (!available) throw new Unavailable(message)
  if (fast !== fastCalls) throw new Unavailable(`fast calls are ${fast ? 'on' : 'off'}: see rseq status`)
}

/** For the environment of a row without fast calls. */
export const NAPI = { RSEQ_FAST_CALLS: '0' }

/** A loop of bench/native/loops.cc. */
export function timed(name: string): TimedLoop {
  const loop = benchAddon().loops[name]
  if (loop === undefined) throw new Unavailable('this machine does not have it')
  return (n) => loop(n) / n
}

/** A fast call of a C function that does nothing, made as the package makes its own. */
export function emptyFastCall(): (id: number) => void {
  const { addon, fastCalls } = status()
  if (addon === null || !fastCalls) throw new Unavailable('fast calls are off: see rseq status')
  const folder = dirname(addon)
  const fast = [
    join(folder, 'rseq_fast.node'),
    join(folder, `rseq_fast.abi${process.versions.modules}.node`),
  ].find(existsSync)
  if (fast === undefined) throw new Unavailable('the addon for fast calls was not found')
  const { bind } = require(fast) as { bind(targets: ArrayBuffer): { inc(id: number): void } }
  return bind(benchAddon().emptyTargets()).inc
}

/** What it costs to measure nothing, in JavaScript. */
export const FLOORS: readonly RowPlan[] = [
  floor('js-empty', 'JS: empty loop', () => emptyLoop),
  floor('js-empty-fast', 'JS: empty fast call', () => {
    const empty = emptyFastCall()
    return (n) => {
      for (let i = 0; i < n; i++) empty(1)
    }
  }),
  floor('js-empty-napi', 'JS: empty N-API call', () => {
    const { nothing } = benchAddon()
    return (n) => {
      for (let i = 0; i < n; i++) nothing()
    }
  }),
]

function floor(id: string, label: string, prepare: () => Loop): RowPlan {
  return { id, label, kind: 'floor', case: { kind: 'loop', prepare } }
}
