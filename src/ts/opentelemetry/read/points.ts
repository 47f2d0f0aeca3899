import type { HrTime } from '@opentelemetry/api'
import type { DataPoint, MetricData, ScopeMetrics } from '@opentelemetry/sdk-metrics'
import { HISTOGRAM } from '../../contract/backend'
import { Look } from '../../histogram/summary'
import { grouped, type Merged } from '../../metrics/merged'
import { attributesOf, type Labels } from '../model/attributes'
import { api, sdk } from '../model/peer'
import { isMonotonic, isPositive, type StreamIdentity } from '../model/stream'
import { COUNTS, MAX, MIN, type Numbers, SUM } from './state'

/** The SDK's, of which a package does not export the type. */
type HistogramValue = Extract<MetricData, { dataPointType: 0 }>['dataPoints'][number]['value']

/** A series' point, before it has the SDK's form. */
export interface Point {
  readonly stream: StreamIdentity
  readonly labels: Labels
  /** Null where nobody is there to say more than the number. */
  readonly merged: Merged | null
  readonly values: Numbers
  /** It is all that was ever counted: smallest and largest sample are of these values. */
  readonly isAll: boolean
  readonly temporality: number
  /** Milliseconds since 1970. */
  readonly start: number
  readonly end: number
}

function hrTime(milliseconds: number): HrTime {
  const seconds = Math.trunc(milliseconds / 1000)
  return [seconds, Math.round((milliseconds - seconds * 1000) * 1e6)]
}

/** What a series has counted so far. */
export function valuesOf(merged: Merged): Numbers {
  const { buckets, value } = merged
  if (buckets === null) return [value]
  const counts = merged.counts()
  // What smallest and largest sample are, the region's hints and the buckets say together.
  const cells = new Float64Array(HISTOGRAM.buckets + counts.length)
  cells[HISTOGRAM.min] = merged.min
  cells[HISTOGRAM.max] = merged.max
  cells.set(counts, HISTOGRAM.buckets)
  const look = new Look({ cells, buckets })
  const extremes = look.count === 0 ? [0, 0] : [look.min, look.max]
  return [value, ...extremes, ...counts]
}

function histogramOf({ stream, merged, values, isAll }: Point): HistogramValue | null {
  if (merged?.buckets === null || merged === null) return null
  const counts = values.slice(COUNTS)
  const count = counts.reduce((total, one) => total + one, 0)
  const isBare = stream.bounds === ''
  const hasExtremes = isAll && stream.recordMinMax && count > 0
  const value = {
    min: hasExtremes ? values[MIN] : undefined,
    max: hasExtremes ? values[MAX] : undefined,
    sum: isPositive(stream) ? values[SUM] : undefined,
    buckets: {
      boundaries: isBare ? [] : [...merged.buckets.shape.extra],
      counts: isBare ? [count] : counts,
    },
    count,
  }
  // The SDK's own points have these keys, undefined where there is nothing.
  return value as HistogramValue
}

function numberOf({ stream, values }: Point): number {
  const [value = 0] = values
  // An average of integers need not be one.
  return stream.valueType === api.ValueType.INT ? Math.round(value) : value
}

function dataPointOf<T>({ labels, start, end, value }: Point & { value: T }): DataPoint<T> {
  return { attributes: attributesOf(labels), startTime: hrTime(start), endTime: hrTime(end), value }
}

/** @param dataPoints of the same stream, and so of the same type */
function metricOf(point: Point, dataPoints: DataPoint<never>[]): MetricData {
  const { stream, merged, temporality } = point
  const { DataPointType } = sdk
  const { name, unit, type, valueType } = stream
  const descriptor = { name, description: merged?.help ?? '', unit, type, valueType, advice: {} }
  const common = { descriptor, aggregationTemporality: temporality, dataPoints }
  if (stream.kind === 'histogram') return { ...common, dataPointType: DataPointType.HISTOGRAM }
  if (stream.kind === 'last') return { ...common, dataPointType: DataPointType.GAUGE }
  return { ...common, dataPointType: DataPointType.SUM, isMonotonic: isMonotonic(stream) }
}

/** Points as an exporter takes them: by meter, and by stream. */
export function scopesOf(points: readonly Point[]): ScopeMetrics[] {
  const shown = points.flatMap((point) => {
    const value = point.stream.kind === 'histogram' ? histogramOf(point) : numberOf(point)
    return value === null ? [] : [{ ...point, value }]
  })
  const streams = grouped(shown, ({ stream }) => stream.text)
  const scopes = grouped(streams, ([{ stream }]) => JSON.stringify(stream.meter))
  return scopes.map((all) => ({
    scope: all[0][0].stream.meter as ScopeMetrics['scope'],
    metrics: all.map((same) => metricOf(same[0], same.map(dataPointOf) as DataPoint<never>[])),
  }))
}
