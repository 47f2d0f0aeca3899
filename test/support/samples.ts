import { createRequire } from 'node:module'
import { join } from 'node:path'
import { keyOf, type QuestionPlan, type RowPlan } from '../../src/ts/cli/bench/plan'
import type { BenchResult, Row } from '../../src/ts/cli/bench/result'
import type { Figure, Machine } from '../../src/ts/cli/kit/limits'
import { figureOf } from '../../src/ts/cli/kit/statistics'

/** Results as `rseq bench` finds them, with figures that are made up, the same each time. */
export type Sample = 'x86_64' | 'arm64' | 'arm64-emulated' | 'noisy' | 'no-loops'
export const SAMPLES: readonly Sample[] = ['x86_64', 'arm64', 'arm64-emulated', 'noisy', 'no-loops']

const questions = join(import.meta.dirname, '..', '..', 'lib', 'bench', 'questions.js')
const PLANS = (createRequire(import.meta.url)(questions) as { questions: QuestionPlan[] }).questions

export const X64: Machine = {
  arch: 'x64',
  cpu: 'Sample x86-64 server CPU',
  cpus: 2,
  memoryBytes: 2 ** 33,
  kernel: '6.18.5',
  libc: 'glibc 2.36',
  node: '20.20.2',
  v8: '11.3.244.8-node.38',
  registration: 'libc',
  backend: 'rseq',
  fastCalls: true,
  emulated: false,
}
const ARM64: Machine = { ...X64, arch: 'arm64', cpu: 'Sample arm64 server CPU', cpus: 4, kernel: '6.12.43' }

/** Medians in nanoseconds; what is not here takes 5. */
const MEDIANS: Readonly<Record<string, number>> = {
  'js-empty': 0.27,
  'js-empty-fast': 2.1,
  'js-empty-napi': 8.8,
  'c-empty': 0.24,
  'c-rseq': 0.25,
  'c-sched-getcpu': 1.81,
  'c-vdso': 11.8,
  'c-syscall': 111.5,
  'js-cpu-id': 0.41,
  'js-napi-cpu-id': 9.2,
  'js-getcpu': 126,
  'js-koffi': 14.3,
  'js-proc': 8653,
  'rseq-fast': 2.5,
  'rseq-napi': 6.85,
  'rseq-batch-1024': 1.1,
  'atomics-shared': 8.5,
  'plain-worker': 0.6,
  'prom-client': 45,
  opentelemetry: 42,
  record: 3.4,
  'record-many': 1.9,
  'perf-hooks': 15.4,
  pool: 22,
  'pool-napi': 40,
  'free-list': 42,
  'free-list-64': 150,
  'alloc-unsafe': 2000,
  alloc: 6800,
  'c-clock': 29,
  'js-now': 60,
  'js-hrtime': 63,
  write: 13,
  'write-time': 46,
  'write-bytes': 150,
  atomics: 42,
  post: 560,
  pino: 2600,
  'post-received': 1800,
  ipc: 5200,
  value: 90,
  'value-shared': 95,
  'value-cpus': 300,
  'prom-get': 900,
  'prom-metrics': 5200,
  'prom-cluster': 22_000,
}

interface Setting {
  readonly machine: Machine
  /** By what everything takes longer than on the first machine. */
  readonly slower: number
  readonly spread: number
  /** Why a row has no figure. */
  missing(row: RowPlan): string | undefined
}

const nothing = (): undefined => undefined
const SETTINGS: Readonly<Record<Sample, Setting>> = {
  x86_64: { machine: X64, slower: 1, spread: 0.021, missing: nothing },
  arm64: {
    machine: ARM64,
    slower: 1.5,
    spread: 0.03,
    missing: ({ id }) => (id === 'c-syscall' ? 'aarch64 has no such call' : undefined),
  },
  'arm64-emulated': { machine: { ...ARM64, emulated: true }, slower: 40, spread: 0.05, missing: nothing },
  noisy: { machine: X64, slower: 1.2, spread: 0.55, missing: nothing },
  /** As with the package alone, without its bench/native. */
  'no-loops': {
    machine: X64,
    slower: 1,
    spread: 0.021,
    missing: ({ case: { kind }, id }) =>
      kind === 'timed' || id === 'js-empty-fast' || id === 'js-empty-napi' || id === 'value-cpus'
        ? 'in a checkout: build the loops'
        : undefined,
  },
}

export function sample(name: Sample): BenchResult {
  const { machine, slower, spread, missing } = SETTINGS[name]
  const scope = { quick: false, possibleCpus: machine.cpus }
  return {
    schema: 1,
    machine,
    version: '0.1.0',
    commit: '24c9ffe0a1b2c3d4e5f60718293a4b5c6d7e8f90',
    date: '2026-01-01T12:00:00.000Z',
    quick: false,
    noise: { spread, limit: 0.25, quiet: spread <= 0.25 },
    questions: PLANS.map((plan) => ({
      name: plan.name,
      title: plan.title,
      per: plan.per,
      rows: plan.rows(scope).map((row): Row => {
        const { id, label, kind, workers, size, bytes, published } = row
        const unavailable = missing(row)
        return {
          ...{ id, label, kind, ns: unavailable === undefined ? figure(row, slower) : null },
          ...(workers !== undefined && { workers }),
          ...(size !== undefined && { size }),
          ...(bytes !== undefined && { bytes }),
          ...(published !== undefined && { published }),
          ...(unavailable !== undefined && { unavailable }),
        }
      }),
    })),
  }
}

/** Most samples near the lowest, few far above it, as in all measuring of time. */
function figure(row: RowPlan, slower: number): Figure {
  const { id, workers = 1, size = 1 } = row
  // Those that share a cell get slower in company, all others share the work of two CPUs.
  const company = id === 'atomics-shared' ? 1 + Math.min(workers - 1, 2) : 1 / Math.min(workers, 2)
  const median = (MEDIANS[id] ?? 5) * company * size * slower
  let seed = [...keyOf(row)].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 65_521, 7)
  const samples = Array.from({ length: workers > 1 ? 30 : 1500 }, () => {
    seed = (seed * 16_807 + 11) % 2_147_483_647
    return median * (0.985 + 0.015 * (1 - Math.log(1 - seed / 2_147_483_648)))
  })
  return figureOf(samples)
}
