import type {
  CollectionResult,
  IMetricReader,
  MetricCollectOptions,
  MetricProducer,
  ScopeMetrics,
} from '@opentelemetry/sdk-metrics'
import { backend } from '../../backend/backend'
import { removeDead } from '../../metrics/gauge'
import { type Merged, merge, PROCESS_LABEL, SCOPE_LABEL } from '../../metrics/merged'
import { hasSpilled, keyOf as keyOfRegion, REGION_LABEL } from '../../metrics/spilling'
import { type Sample, Survey } from '../../metrics/survey'
import { warnOfLosses } from '../../region/losses'
import { Region, regionNumber } from '../../region/region'
import type { Labels } from '../model/attributes'
import { api, sdk } from '../model/peer'
import { isMonotonic, regionName, SCOPE, type StreamIdentity, streamOf } from '../model/stream'
import type { Observables } from '../write/observables'
import type { Ledger } from './ledger'
import { type Point, scopesOf, valuesOf } from './points'
import type { Totals } from './state'

/** Roles of a region from here on are those of readers: the first one's, the second one's, … */
const FIRST_ROLE = 16
/** As many as a region has roles for. */
export const MOST_READERS = 16

/** Roles that a collector of this thread plays. The kernel would give a role to its thread again. */
const played = new Set<string>()

/** Everything that a collector reads from. */
export interface Source {
  readonly region: Region
  /** Milliseconds since 1970. */
  readonly origin: number
  readonly resource: Promise<CollectionResult['resourceMetrics']['resource']>
  readonly observables: Observables
}

let processSurvey: Survey | null = null

/** What this process has counted for want of room in that region. */
function spilledOf(region: Region): Sample[] {
  if (!hasSpilled(region)) return []
  processSurvey ??= new Survey(Region.process)
  const key = keyOfRegion(region)
  return processSurvey.read().filter(({ series }) => series.labels[REGION_LABEL] === key)
}

interface Found {
  readonly key: string
  readonly stream: StreamIdentity
  readonly merged: Merged
}

/** What a delta is told by: the same in every process. */
const keyOf = (scope: string, labels: Labels): string =>
  JSON.stringify([scope, Object.entries(labels).sort()])

/** Whether a series is one as the stream's instruments make them. */
function isOf(stream: StreamIdentity, { name, buckets }: Merged): boolean {
  const isHistogram = buckets !== null && buckets.shape.shape === 0
  return name === regionName(stream) && (stream.kind === 'histogram' ? isHistogram : buckets === null)
}

function parts(key: string): { stream: StreamIdentity | null; labels: Labels } {
  const [scope, labels] = JSON.parse(key) as [string, [string, string][]]
  return { stream: streamOf(scope), labels: Object.fromEntries(labels) }
}

/** Gives a reader what the whole service has counted. */
export class Collector implements MetricProducer {
  readonly #survey: Survey
  readonly #role: string
  /** When cumulative points start. */
  #start: number
  #leads = false
  #collections = 0

  /** @param isForOne one process of the service alone collects */
  constructor(
    private readonly source: Source,
    readonly reader: IMetricReader,
    private readonly ordinal: number,
    private readonly ledger: Ledger,
    private readonly isForOne: boolean,
  ) {
    this.#survey = new Survey(source.region)
    this.#start = source.origin
    this.#role = `${keyOfRegion(source.region)}/${ordinal}`
  }

  /** What was counted, or nothing where another process plays this reader's role. */
  async collect(options?: MetricCollectOptions): Promise<CollectionResult> {
    const { observables, resource } = this.source
    const errors = [...(await observables.observe(options?.timeoutMillis))]
    const resourceMetrics = { resource: await resource, scopeMetrics: [] as ScopeMetrics[] }
    try {
      if (this.#mayCollect()) resourceMetrics.scopeMetrics = this.#read()
      this.#collections++
    } catch (error) {
      errors.push(error)
    }
    return { resourceMetrics, errors }
  }

  /**
   * Flushes the reader. What it took meanwhile has been delivered.
   *
   * @throws what the reader does
   */
  async flush(flush: (reader: IMetricReader) => Promise<void>): Promise<void> {
    const before = this.#collections
    await flush(this.reader)
    // Of two batches, it is not known which one arrived.
    if (!this.#leads || this.#collections > before + 1) return
    try {
      this.ledger.settle()
    } catch (error) {
      api.diag.warn('the last batch of deltas may be handed out again', error)
    }
  }

  /** Gives up the role: another process takes it when it collects next. */
  leave(): void {
    if (!this.#leads) return
    this.#leads = false
    this.ledger.leave()
    played.delete(this.#role)
    try {
      backend.stepDown(regionNumber(this.source.region, 'region'), FIRST_ROLE + this.ordinal)
    } catch {
      // the region was closed, and the role given back with it
    }
  }

  #mayCollect(): boolean {
    if (!this.isForOne || this.#leads) return true
    if (played.has(this.#role)) return false
    this.#leads = backend.lead(regionNumber(this.source.region, 'region'), FIRST_ROLE + this.ordinal) === 1
    if (this.#leads) played.add(this.#role)
    return this.#leads
  }

  #read(): ScopeMetrics[] {
    const now = Date.now()
    // The clock may have been set back: no point ends before it starts.
    this.#start = Math.min(this.#start, now)
    warnOfLosses(this.source.region)
    const { region } = this.source
    const samples = this.#survey
      .read()
      .filter(({ series }) => series.labels[SCOPE_LABEL]?.startsWith(SCOPE) === true)
    const own = spilledOf(region)
    const found = this.#found(samples)
    const all = own.length === 0 ? found : this.#found([...samples, ...own])
    const points = [...this.#totals(all, now), ...this.#deltas(found, now)]
    // What nobody shows any more.
    const isDead = ({ series: { kind, labels }, held }: Sample): boolean =>
      !held && kind === 'gauge' && PROCESS_LABEL in labels
    if (samples.some(isDead)) removeDead(region, SCOPE)
    return scopesOf(points)
  }

  #found(samples: readonly Sample[]): Found[] {
    const found = new Map<string, Found>()
    for (const merged of merge(samples)) {
      const stream = streamOf(merged.scope)
      if (stream === null || !isOf(stream, merged)) continue
      const key = keyOf(merged.scope, merged.labels)
      const isMine = stream.readers?.includes(this.ordinal) ?? true
      // Of each set of attributes there is one point, whatever others have written to the region.
      if (isMine && !found.has(key)) found.set(key, { key, stream, merged })
    }
    return [...found.values()]
  }

  #isDelta({ type, kind }: StreamIdentity): boolean {
    const wanted = this.reader.selectAggregationTemporality(type)
    return kind !== 'last' && wanted === sdk.AggregationTemporality.DELTA
  }

  #totals(found: readonly Found[], now: number): Point[] {
    return found
      .filter(({ stream }) => !this.#isDelta(stream))
      .map(({ stream, merged }) => ({
        stream,
        labels: merged.labels,
        merged,
        values: valuesOf(merged),
        isAll: true,
        temporality: this.reader.selectAggregationTemporality(stream.type),
        start: this.#start,
        end: now,
      }))
  }

  #deltas(found: readonly Found[], now: number): Point[] {
    const ones = new Map<string, Found>()
    for (const one of found) if (this.#isDelta(one.stream)) ones.set(one.key, one)
    const totals: Totals = new Map()
    for (const [key, { merged }] of ones) {
      const values = valuesOf(merged)
      // A sum beyond the range of a double has no difference.
      if (values.every(Number.isFinite)) totals.set(key, values)
    }
    const rises = (key: string): boolean => {
      const stream = ones.get(key)?.stream ?? parts(key).stream
      return stream !== null && isMonotonic(stream)
    }
    const usesDeltas = ones.size > 0 || this.ledger.isOpen
    const batch = usesDeltas ? this.ledger.next(totals, now, rises) : null
    if (batch === null) return []
    const points: Point[] = []
    for (const [key, { values, isAll }] of batch.deltas) {
      const merged = ones.get(key)?.merged ?? null
      const { stream, labels } = parts(key)
      const { start, end } = batch
      const temporality = sdk.AggregationTemporality.DELTA
      if (stream !== null) points.push({ stream, labels, merged, values, isAll, temporality, start, end })
    }
    return points
  }
}
