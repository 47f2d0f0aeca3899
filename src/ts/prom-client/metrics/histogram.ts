import { util } from '../../base/builtins'
import type { PerCpuHistogram } from '../../histogram/histogram'
import { isOtherShape } from '../../histogram/opening'
import { Cell, histogramKind, type PartKind } from '../../metrics/cell'
import { BOUNDS_LABEL } from '../../metrics/merged'
import { prom } from '../peer'
import type { Family } from '../series/family'
import { isObject, type Labels } from '../series/labels'
import { type Metric, share, sharedOf } from './metric'
import { sharing } from './sharing'

/** @throws as prom-client does */
function sampleOf(value: unknown): number {
  if (Number.isFinite(value)) return value as number
  throw new TypeError(`Value is not a valid number: ${util.format(value)}`)
}

/** Longer ones would leave no room for labels. */
const MOST_BOUNDS_TEXT = 4096

/** Beside that of an older or newer release, if that has other bounds: see `shownShapes` in merged.ts. */
function kindOf(bounds: readonly number[]): PartKind<PerCpuHistogram> {
  const kind = histogramKind(bounds)
  const open: typeof kind.open = (name, options) => {
    try {
      return kind.open(name, options)
    } catch (error) {
      const own = bounds.join(' ')
      if (!isOtherShape(error) || own.length > MOST_BOUNDS_TEXT) throw error
      return kind.open(name, { ...options, labels: { ...options.labels, [BOUNDS_LABEL]: own } })
    }
  }
  return { ...kind, open }
}

type StartTimer = (labels: Labels) => (labels?: object) => number

class HistogramChild extends Cell<PerCpuHistogram, Family<HistogramChild>> {
  // Of their own, so that they work without the object, as prom-client's do.
  readonly observe = (value: number): void => {
    const histogram = this.part
    if (histogram !== null && Number.isFinite(value)) histogram.record(value)
    else this.record(sampleOf(value))
  }
  readonly startTimer: () => (labels?: object) => number

  constructor(
    family: Family<HistogramChild>,
    labels: Labels,
    kind: PartKind<PerCpuHistogram>,
    startTimer: StartTimer,
  ) {
    super(family, labels, kind)
    this.startTimer = () => startTimer(labels)
  }

  record(value: number): void {
    if (this.part === null) this.owner.opened(this).record(value)
    else this.part.record(value)
  }
}

/** What a region's histogram can have as bounds. */
function areBounds(bounds: readonly number[]): boolean {
  return (
    bounds.length > 0 &&
    bounds.every((x, i) => Number.isFinite(x) && (i === 0 || x > (bounds[i - 1] as number)))
  )
}

/** What prom-client's class has beside. */
interface Timed extends Metric {
  readonly upperBounds: readonly number[]
  readonly startTimer: StartTimer
  observe?: unknown
}

function familyOf(metric: Metric): Family<HistogramChild> | null {
  const histogram = metric as Timed
  const bounds = histogram.upperBounds
  if (!areBounds(bounds)) return null
  const kind = kindOf(bounds)
  const start: StartTimer = (labels) => histogram.startTimer(labels)
  const make = (all: Family<HistogramChild>, labels: Labels) => new HistogramChild(all, labels, kind, start)
  const family = share(metric, bounds, make)
  if (family === null) return null
  // prom-client's constructor has given the object an observe of its own.
  histogram.observe = (labels: unknown, value?: unknown) => {
    if (isObject(labels)) family.given(labels).record(sampleOf(value))
    else family.cell({}).record(sampleOf(labels === 0 || labels ? labels : value))
  }
  return family
}

/** See index.ts. */
export class Histogram<T extends string = string> extends sharing(prom.Histogram, 'histogram', familyOf)<T> {
  /**
   * Shows those labels before the first sample. What this process has counted is set to 0, as in prom-client, for the
   * whole service; what others have counted before stays.
   */
  override zero(labels: Partial<Labels>): void {
    const family = sharedOf(this)?.family
    const cell = family?.given(labels as Labels)
    if (cell === undefined) super.zero(labels as never)
    else if (cell.isOpen) cell.reset()
    else family?.opened(cell)
  }

  /** @internal What prom-client's registry asks instead of `get()`. */
  getForPromString(): Promise<unknown> {
    const own = prom.Histogram.prototype as unknown as { getForPromString(): Promise<unknown> }
    return sharedOf(this) === undefined ? own.getForPromString.call(this) : this.get()
  }
}
