import type { CauseNoise, CpuNoise, NoiseResult } from '../../src/ts/cli/noise/schema'
import { X64 } from './samples'

export function causeOf(share: number, longest = 5e6, hasPattern = true): CauseNoise {
  const pattern = { gaps: 200, perSecond: 20, length: 3e6, share, every: 5e7 }
  const patterns = hasPattern ? [pattern] : []
  return { gaps: 200, perSecond: 20, share, median: 3e6, p99: longest, longest, patterns }
}

export function cpuOf(cpu: number, share: number, longest = 3e6): CpuNoise {
  const columns = (value: number): number[] =>
    Array.from({ length: 100 }, (_, i) => (i % 5 === 0 ? value : 0))
  const track = (value: number) => ({ longest: columns(value), taken: columns(value / 2) })
  return {
    ...{ cpu, seconds: 10, taken: share + 0.01, longest, moved: 0, lost: false },
    threads: causeOf(share, longest),
    interrupts: causeOf(0.01, 2e4),
    own: { gaps: 0, time: 0 },
    unfit: { gaps: 0, time: 0, longest: 0 },
    latency: [{ work: 1e6, p50: 1e6, p99: 2e6, p999: 3e6, worst: 4e6 }],
    timeline: { threads: track(longest), interrupts: track(2e4) },
  }
}

export function resultOf(cpus: readonly CpuNoise[], more: Partial<NoiseResult> = {}): NoiseResult {
  return {
    ...{ kind: 'noise', schema: 1, version: '0.1.0', commit: null, date: '2026-01-02T03:04:05.000Z' },
    machine: { ...X64, cpu: 'Sample CPU', cpus: cpus.length },
    ...{ seconds: 10, threshold: 1000, step: 1e8, cpus },
    latency: [{ work: 1e6, p50: 1e6, p99: 2e6, p999: 3e6, worst: 4e6 }],
    ...more,
  }
}
