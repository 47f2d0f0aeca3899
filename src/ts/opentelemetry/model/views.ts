import type { MetricAdvice, ValueType } from '@opentelemetry/api'
import type { AggregationOption, InstrumentType, ViewOptions } from '@opentelemetry/sdk-metrics'
import { RseqError } from '../../base/errors'
import { show } from '../../base/validate'
import { api, sdk } from './peer'

/** What a program asked for. */
export interface InstrumentDescriptor {
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly type: InstrumentType
  readonly valueType: ValueType
  readonly advice: MetricAdvice
}

export interface MeterScope {
  readonly name: string
  readonly version: string
  readonly schemaUrl: string | undefined
}

/** How measurements become a data point. */
export interface Aggregation {
  readonly kind: 'sum' | 'last' | 'histogram'
  /** Of a histogram: inclusive upper bounds, increasing. */
  readonly boundaries: readonly number[]
  readonly recordMinMax: boolean
}

const DEFAULT_BOUNDARIES = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000]
const MOST_BOUNDARIES = 4096
const SUM: Aggregation = { kind: 'sum', boundaries: [], recordMinMax: false }
const LAST: Aggregation = { kind: 'last', boundaries: [], recordMinMax: false }

function explicit(boundaries: readonly number[], name: string, recordMinMax = true): Aggregation | null {
  const finite = [...new Set(boundaries)].filter(Number.isFinite).sort((a, b) => a - b)
  if (finite.length > MOST_BOUNDARIES) {
    api.diag.error(`${name}: expected up to ${MOST_BOUNDARIES} bucket boundaries, received ${finite.length}`)
    return null
  }
  return { kind: 'histogram', boundaries: finite, recordMinMax }
}

function byDefault({ name, type, advice }: InstrumentDescriptor): Aggregation | null {
  const { InstrumentType } = sdk
  if (type === InstrumentType.GAUGE || type === InstrumentType.OBSERVABLE_GAUGE) return LAST
  if (type !== InstrumentType.HISTOGRAM) return SUM
  return explicit(advice.explicitBucketBoundaries ?? DEFAULT_BOUNDARIES, name)
}

/** @returns null: nothing is kept */
export function aggregationOf(
  option: AggregationOption | undefined,
  instrument: InstrumentDescriptor,
): Aggregation | null {
  const { AggregationType } = sdk
  switch (option?.type) {
    case AggregationType.DROP:
      return null
    case AggregationType.SUM:
      return SUM
    case AggregationType.LAST_VALUE:
      return LAST
    case AggregationType.EXPLICIT_BUCKET_HISTOGRAM: {
      const { boundaries = DEFAULT_BOUNDARIES, recordMinMax } = option.options ?? {}
      return explicit(boundaries, instrument.name, recordMinMax)
    }
    default:
      return byDefault(instrument)
  }
}

/**
 * Buckets of an exponential histogram are powers of one base, and its scale changes with what it sees: cells that
 * processes share can do neither.
 *
 * @throws {RseqError} `ERR_RSEQ_FEATURE`
 */
export function refuseExponential(option: AggregationOption | undefined, who: string): void {
  if (option?.type !== sdk.AggregationType.EXPONENTIAL_HISTOGRAM) return
  throw new RseqError(
    'ERR_RSEQ_FEATURE',
    `${who}: exponential histograms cannot be shared between processes; expected AggregationType.EXPLICIT_BUCKET_HISTOGRAM`,
  )
}

function isLike(name: string, pattern: string | undefined): boolean {
  if (pattern === undefined) return true
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(name)
}

const agrees = (wanted: string | undefined, value: string): boolean =>
  wanted === undefined || wanted === value

/** Whether a view is of that instrument of that meter: all of its criteria are met. */
export function isSelected(view: ViewOptions, instrument: InstrumentDescriptor, meter: MeterScope): boolean {
  return (
    agrees(view.instrumentType, instrument.type) &&
    isLike(instrument.name, view.instrumentName) &&
    agrees(view.instrumentUnit, instrument.unit) &&
    agrees(view.meterName, meter.name) &&
    agrees(view.meterVersion, meter.version) &&
    (meter.schemaUrl === undefined || agrees(view.meterSchemaUrl, meter.schemaUrl))
  )
}

const NAME = /^[a-z][a-z0-9_.\-/]{0,254}$/i

/** Says so where a name is none, as the SDK does, and takes it. */
export function checkMetricName(name: unknown): string {
  if (typeof name === 'string' && NAME.test(name)) return name
  api.diag.warn(`metric name: expected 1 to 255 ASCII letters, digits, _ . - /, received ${show(name)}`)
  return String(name)
}
