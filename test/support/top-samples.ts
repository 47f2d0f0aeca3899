import { Merged as Made } from '../../lib/metrics/merged.js'
import type { Choices } from '../../src/ts/cli/top/choices'
import type { Look } from '../../src/ts/cli/top/rows'
import type { Facts } from '../../src/ts/cli/top/service'
import { bucketsOf } from '../../src/ts/contract/buckets'
import type { Merged } from '../../src/ts/metrics/merged'
import type { Sample, Series } from '../../src/ts/metrics/survey'

export type Labels = Record<string, string>

type Said = Omit<Sample, 'series' | 'held'>

/** A metric as a look has it. */
function metricOf(series: Partial<Series>, said: Partial<Said>): Merged {
  const whole: Series = {
    entry: 0,
    generation: 0,
    kind: 'counter',
    name: '',
    labels: {},
    help: '',
    unit: '',
    buckets: null,
    code: 0,
    ...series,
  }
  const nothing = { value: 0, counts: new Float64Array(0), min: Number.NaN, max: Number.NaN }
  // The class of the built library: its sources look for an addon beside them.
  return new Made([{ series: whole, held: true, ...nothing, ...said } as never]) as unknown as Merged
}

export function metric(
  name: string,
  value: number,
  labels: Labels = {},
  kind: Merged['kind'] = 'counter',
): Merged {
  return metricOf({ name, labels, kind }, { value })
}

/** A histogram of those samples. */
export function histogram(name: string, samples: number[], bounds?: number[], unit = ''): Merged {
  const extra = Float64Array.from(bounds ?? [2 ** -30, 2 ** 53])
  const buckets = bucketsOf(bounds === undefined ? 6 : 0, extra.buffer)
  if (buckets === null) throw new Error('no buckets')
  const counts = new Float64Array(buckets.count)
  for (const sample of samples) {
    const i = buckets.indexOf(sample)
    counts[i] = (counts[i] as number) + 1
  }
  const value = samples.reduce((a, b) => a + b, 0)
  const [min, max] =
    samples.length === 0 ? [Number.NaN, Number.NaN] : [Math.min(...samples), Math.max(...samples)]
  return metricOf({ name, kind: 'histogram', buckets, unit }, { value, counts, min, max })
}

export const look = (at: number, ...metrics: Merged[]): Look => ({ at, metrics })

export const facts: Facts = {
  path: '/dev/shm/rseq-1000-4711-99-0123456789ab',
  application: '/srv/shop/server.js',
  rule: 'main script',
  leader: 4711,
  living: 3,
  dead: 1,
  uptime: 3725,
  cpus: 4,
  names: { used: 3, capacity: 1_048_576 },
  cells: { used: 5320, capacity: 4_194_304 },
  bytes: 474_939_392,
  occupied: 73_728,
  lostWrites: 0,
  trouble: null,
}

/** What somebody in front of it has chosen before anything. */
export const start: Choices = {
  sort: 'rate',
  filter: '',
  typing: false,
  paused: false,
  help: false,
  coloured: false,
  selected: null,
}
