import { RseqError } from '../../base/errors'
import type { Cell, CellOptions, CellOwner, Part } from '../../metrics/cell'
import { Home } from '../../metrics/home'
import { type Aggregator, SCOPE_LABEL } from '../../metrics/merged'
import { keyOf, markSpilled, REGION_LABEL } from '../../metrics/spilling'
import { isPassing } from '../../region/patience'
import { Region } from '../../region/region'
import { api } from '../model/peer'
import { regionName, type StreamIdentity } from '../model/stream'
import type { Aggregation } from '../model/views'

/** How a stream's cells are made. */
export interface StreamPlan {
  readonly stream: StreamIdentity
  readonly description: string
  readonly aggregation: Aggregation
  readonly region: Region
  /** How the last values of several processes become one. */
  readonly gauges: Aggregator
}

/** What was measured counts for the service, also where nobody measures with the instrument any more. */
const waiting = new Set<StreamHome>()

/** Why a stream goes on in the process, for good. */
const SPILLS = new Set([
  'ERR_RSEQ_REGION_FULL',
  // Another process has something of that name of another kind.
  'ERR_RSEQ_KIND',
])

/** Keys of regions of which this thread has said so. */
const said = new Set<string>()

/**
 * Where a stream's cells are. What finds no room in the region counts in the process, for good: cumulative exports of this
 * process have it. Deltas do not: they are of the whole service, whichever process hands them out.
 */
export class StreamHome extends Home implements CellOwner {
  readonly plan: StreamPlan
  readonly name: string
  /** Nothing is closed with its stream: it would be gone with its last holder. */
  readonly holds = { add: <P extends Part>(part: P): P => part, end: (part: Part | null) => part?.close() }

  constructor(plan: StreamPlan) {
    super()
    this.plan = plan
    this.name = regionName(plan.stream)
  }

  override get region(): Region {
    return this.plan.region
  }

  override moveOne(): boolean {
    const isMore = super.moveOne()
    if (!isMore) waiting.delete(this)
    return isMore
  }

  protected override optionsOf({ labels }: Cell): CellOptions {
    const { stream, description, region } = this.plan
    return {
      region,
      labels: { ...(labels as Record<string, string>), [SCOPE_LABEL]: stream.text },
      help: description.toWellFormed(),
      unit: stream.unit.toWellFormed(),
    }
  }

  protected override spill<T>(cell: Cell, error: unknown, open: (options: CellOptions) => T): T {
    if (!(error instanceof RseqError) || this.region === Region.process) throw error
    const options = { ...this.optionsOf(cell), region: Region.process }
    if (SPILLS.has(error.code)) {
      const key = keyOf(this.region)
      markSpilled(this.region)
      const isFirst = !said.has(key)
      // Before it is said: a logger may measure, and may throw.
      said.add(key)
      if (isFirst) {
        api.diag.warn(
          'there is no room for new attributes: they are counted in this process alone, and deltas do not have them',
          error,
        )
      }
      return open({ ...options, labels: { ...options.labels, [REGION_LABEL]: key } })
    }
    if (!isPassing(error)) throw error
    api.diag.warn(`${this.name}: this process keeps what is measured until there is a place for it`, error)
    waiting.add(this)
    return open(options)
  }

  protected override warnOfStay(error: unknown): void {
    api.diag.error(`${this.name}: what was measured before it had a place is lost`, error)
  }
}
