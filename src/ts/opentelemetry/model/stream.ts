import type { ValueType } from '@opentelemetry/api'
import type { InstrumentType } from '@opentelemetry/sdk-metrics'
import { buffer, crypto } from '../../base/builtins'
import { sdk } from './peer'
import type { Aggregation, InstrumentDescriptor, MeterScope } from './views'

/** A metric stream, as all processes of a service know it: series with the same {@link StreamIdentity.text} are its points. */
export interface StreamIdentity {
  readonly meter: MeterScope
  readonly name: string
  readonly unit: string
  readonly type: InstrumentType
  readonly valueType: ValueType
  readonly kind: Aggregation['kind']
  /** Tells histograms of one name and other boundaries apart. Empty: no boundaries at all, one bucket. */
  readonly bounds: string
  readonly recordMinMax: boolean
  /** Ordinals of the readers that it is for; null: for all. */
  readonly readers: readonly number[] | null
  /** The value of the label `rseq.scope` of all its series. */
  readonly text: string
}

/** What every scope of this entry point begins with; nothing of `rseq/prom-client` does. */
export const SCOPE = 'otel:'

/** The stream that an instrument writes. */
export function identityOf(
  meter: MeterScope,
  { name, unit, type, valueType }: InstrumentDescriptor,
  { kind, boundaries, recordMinMax }: Aggregation,
  readers: readonly number[] | null,
): StreamIdentity {
  const bounds =
    boundaries.length === 0
      ? ''
      : crypto().createHash('sha256').update(Float64Array.from(boundaries)).digest('base64url').slice(0, 12)
  const own = [name, unit, type, valueType, kind, bounds, recordMinMax, readers]
  const fields = [meter.name, meter.version, meter.schemaUrl ?? null, ...own]
  const text = SCOPE + JSON.stringify(fields).toWellFormed()
  return { meter, name, unit, type, valueType, kind, bounds, recordMinMax, readers, text }
}

const known = new Map<string, StreamIdentity | null>()

function parse(text: string): StreamIdentity | null {
  const fields: unknown = JSON.parse(text.slice(SCOPE.length))
  if (!Array.isArray(fields) || fields.length !== 11) return null
  const [meterName, version, schemaUrl, name, unit, type, valueType, kind, bounds, recordMinMax, readers] =
    fields
  const isText = [meterName, version, name, unit, type, kind, bounds].every(
    (field) => typeof field === 'string',
  )
  if (!isText || !Object.hasOwn(sdk.InstrumentType, type) || !['sum', 'last', 'histogram'].includes(kind))
    return null
  const meter = { name: meterName, version, schemaUrl: typeof schemaUrl === 'string' ? schemaUrl : undefined }
  const ordinals = Array.isArray(readers) ? readers : null
  return { meter, name, unit, type, valueType, kind, bounds, recordMinMax, readers: ordinals, text }
}

/** The stream that a series belongs to, whoever made it; null for anything else's. */
export function streamOf(text: string): StreamIdentity | null {
  if (!text.startsWith(SCOPE)) return null
  let stream = known.get(text)
  if (stream === undefined) {
    try {
      stream = parse(text)
    } catch {
      stream = null // of a damaged region
    }
    known.set(text, stream)
  }
  return stream
}

/** Whether what is measured is at least 0. */
export function isPositive({ type }: StreamIdentity): boolean {
  const { COUNTER, OBSERVABLE_COUNTER, HISTOGRAM } = sdk.InstrumentType
  return type === COUNTER || type === OBSERVABLE_COUNTER || type === HISTOGRAM
}

/** Whether points never fall. */
export function isMonotonic(stream: StreamIdentity): boolean {
  return stream.kind === 'sum' && isPositive(stream)
}

/** A name that a region takes: 1 to 240 bytes. The stream's own is in its identity. */
export function regionName({ name }: StreamIdentity): string {
  const wellFormed = name.toWellFormed()
  if (wellFormed === '') return '(no name)'
  return buffer.Buffer.byteLength(wellFormed) <= 240 ? wellFormed : wellFormed.slice(0, 60).toWellFormed()
}
