import { DISPOSE } from '../base/dispose'
import { RseqError } from '../base/errors'
import { HISTOGRAM } from '../contract/backend'
import { Buckets, shapeOf } from '../contract/buckets'
import { PerCpuCounter } from '../counter/counter'
import { PerCpuHistogram } from '../histogram/histogram'
import { HistogramReading } from '../histogram/reading'
import type { Reading } from '../histogram/summary'
import { type Region, regionNumber } from '../region/region'
import { MIGRATIONS_HELP, PREEMPTIONS_HELP } from './metrics'
import { resolutionOf, type TurnSink, TurnWatch } from './turns'

/** What {@link monitorPreemption} takes. */
export interface PreemptionMonitorOptions {
  /**
   * Milliseconds, 0 to 2³¹ − 1. By default 0: it looks at the end of each turn of the event loop, and never wakes the loop
   * for it. Else at the end of the first turn that ends so long after the look before; an entry of the histogram is
   * then of all turns in between, and a timer wakes an idle loop, once for each look.
   */
  readonly resolution?: number
  /**
   * Where all is counted as well, for a whole service: in the histogram `eventloop.turn.preemptions` and the counter
   * `eventloop.migrations` of this region.
   */
  readonly region?: Region
}

const WHAT = 'monitorPreemption'
const UNCLONEABLE = Symbol('PreemptionMonitor: it is of the thread that made it; make one in each thread')

/** Each number up to 127 has a bucket of its own, and none is above the last. */
const SHAPE = { error: 2 ** -7, lowest: 1, highest: 2 ** 32 }
const BUCKETS = new Buckets(shapeOf(WHAT, SHAPE) as NonNullable<ReturnType<typeof shapeOf>>)

/** @throws {RseqError} as `PerCpuHistogram.named` */
function sinkIn(region: Region): TurnSink {
  regionNumber(region, `${WHAT} options.region`)
  if (region.readOnly) {
    throw new RseqError('ERR_RSEQ_READ_ONLY', `${WHAT} options.region: it is attached for reading only`)
  }
  const interruptions = PerCpuHistogram.named('eventloop.turn.preemptions', {
    ...SHAPE,
    region,
    help: PREEMPTIONS_HELP,
  })
  const migrations = PerCpuCounter.named('eventloop.migrations', {
    region,
    help: MIGRATIONS_HELP,
  })
  return (count, migrated) => {
    interruptions.record(count)
    if (migrated) migrations.inc()
  }
}

/**
 * How often each turn of this thread's event loop was interrupted: lost its CPU though it could have gone on. A histogram
 * with one sample for each turn, and read as one; made by {@link monitorPreemption}.
 *
 * What it has seen is what the kernel has counted (getrusage) up to the end of the last turn. It belongs to the thread
 * that made it; several in one thread do not disturb each other. It stays on until it is disabled, also where nobody
 * has it any more.
 */
export class PreemptionMonitor extends HistogramReading {
  /** Whose monitor this is cannot be sent: a `postMessage(monitor)` throws a `DataCloneError`. */
  readonly uncloneable: symbol = UNCLONEABLE
  readonly #cells = new Float64Array(HISTOGRAM.buckets + BUCKETS.count)
  readonly #watch: TurnWatch
  #interruptions = 0
  #migrations = 0

  /** @internal Monitors come from {@link monitorPreemption}. */
  constructor(resolution: number, also: TurnSink | null) {
    super()
    this.#clear()
    this.#watch = new TurnWatch(WHAT, resolution, (interruptions, migrated) => {
      this.#take(interruptions, migrated)
      also?.(interruptions, migrated)
    })
  }

  /**
   * Goes on from the rest of this turn.
   *
   * @returns false where it was on already
   * @throws {RseqError} as {@link monitorPreemption}
   */
  enable(): boolean {
    return this.#watch.start()
  }

  /**
   * Stops, with what there was of this turn as the last sample.
   *
   * @returns false where it was off already
   */
  disable(): boolean {
    return this.#watch.stop()
  }

  /** Forgets everything up to this moment, and goes on where it was on. In a region nothing is forgotten. */
  reset(): void {
    this.#watch.reset()
    this.#clear()
  }

  /** All interruptions: the sum of the samples, exactly. */
  get interruptions(): number {
    return this.#interruptions
  }

  /** Turns that were interrupted at least once. */
  get interruptedTurns(): number {
    return this.count - (this.#cells[HISTOGRAM.buckets] as number)
  }

  /**
   * Turns at whose end the thread was on another CPU than at the end of the one before: at least so often it was moved, for
   * several times in one turn count as one, and there and back as none.
   */
  get migrations(): number {
    return this.#migrations
  }

  /** {@link interruptions} by the time that it was enabled; NaN before that. */
  get interruptionsPerSecond(): number {
    return this.#interruptions / this.#watch.seconds
  }

  /** {@link migrations} by the time that it was enabled; NaN before that. */
  get migrationsPerSecond(): number {
    return this.#migrations / this.#watch.seconds
  }

  /** Null. */
  override get name(): null {
    return null
  }

  /** Disables it. */
  [DISPOSE](): void {
    this.disable()
  }

  /** @internal */
  protected override read(): Reading {
    const cells = this.#cells.slice()
    cells[HISTOGRAM.integersHigh] = Math.floor(this.#interruptions / 2 ** 32)
    cells[HISTOGRAM.integersLow] = this.#interruptions % 2 ** 32
    return { cells, buckets: BUCKETS }
  }

  #clear(): void {
    this.#interruptions = this.#migrations = 0
    this.#cells.fill(0)
    this.#cells[HISTOGRAM.min] = Number.POSITIVE_INFINITY
    this.#cells[HISTOGRAM.max] = Number.NEGATIVE_INFINITY
  }

  #take(interruptions: number, migrated: boolean): void {
    const cells = this.#cells
    this.#interruptions += interruptions
    if (migrated) this.#migrations++
    ;(cells[HISTOGRAM.buckets + BUCKETS.indexOf(interruptions)] as number)++
    cells[HISTOGRAM.min] = Math.min(cells[HISTOGRAM.min] as number, interruptions)
    cells[HISTOGRAM.max] = Math.max(cells[HISTOGRAM.max] as number, interruptions)
  }
}

/**
 * Watches whether the machine lets this thread's event loop run: how often each of its turns lost the CPU though it could
 * have gone on, and how often the thread was moved to another CPU. As `monitorEventLoopDelay` of `node:perf_hooks`, which
 * says that a turn was late, and not why. Off until {@link PreemptionMonitor.enable}.
 *
 * It costs one or two microseconds a turn, with a `resolution` of 10 next to nothing, and keeps no program running. Not to
 * be seen: time that a hypervisor takes, and what the kernel does in the thread's place without switching threads.
 *
 * @example
 * const monitor = monitorPreemption()
 * monitor.enable()
 * setInterval(() => {
 *   console.log(monitor.interruptionsPerSecond, monitor.percentile(99), monitor.migrationsPerSecond)
 *   monitor.reset()
 * }, 10_000)
 *
 * @throws {TypeError | RangeError} for options that are none
 * @throws {RseqError} `ERR_RSEQ_FEATURE` without the addon, and where the kernel does not tell its count;
 * `ERR_RSEQ_NO_CPU` where nothing tells the CPU; of a region as `PerCpuHistogram.named`
 * @see getrusage(2)
 */
export function monitorPreemption(options: PreemptionMonitorOptions = {}): PreemptionMonitor {
  const resolution = resolutionOf(WHAT, options)
  const { region } = options
  return new PreemptionMonitor(resolution, region === undefined ? null : sinkIn(region))
}
