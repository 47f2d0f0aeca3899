import { Buckets } from '../../contract/buckets'
import type { PerCpuCounter } from '../../counter/counter'
import type { PerCpuSum } from '../../counter/sum'
import type { PerCpuHistogram } from '../../histogram/histogram'
import type { Opener, Part } from '../../metrics/cell'
import type { Gauge } from '../../metrics/gauge'
import { type Merged, merge, PROCESS_LABEL } from '../../metrics/merged'
import type { Sample, Series } from '../../metrics/survey'
import type { NamedOptions } from '../../region/entries'

/*
 * What finds no room in any region counts here, in the memory of its thread, as prom-client does: a service goes on, and
 * what it counts is right. Only this thread's pages have it. The portable backend's region has 16,384 names.
 */

/** It does what the class does that it stands in for, as far as cells use that. */
class HeapPart implements Sample, Part {
  readonly held = true
  readonly min = Number.NaN
  readonly max = Number.NaN
  /** It is in none, and never moved to one. */
  readonly region = null
  readonly counts: Float64Array
  value = 0

  constructor(
    readonly series: Series,
    readonly close: () => void,
  ) {
    this.counts = new Float64Array(series.buckets?.count ?? 0)
  }

  inc(): void {
    this.value++
  }

  add(n: number): void {
    this.value += n
  }

  set(x: number): void {
    this.value = x
  }

  record(x: number): void {
    const bucket = (this.series.buckets as Buckets).indexOf(x)
    this.counts[bucket] = (this.counts[bucket] as number) + 1
    this.value += x
  }

  reset(): void {
    this.counts.fill(0)
    this.value = 0
  }
}

/** A metric's series that are in no region. */
export class Heap implements Opener {
  readonly #samples = new Set<Sample>()
  #merged: readonly Merged[] | null = null

  /** The same list, as long as there are the same series. Null where there are none. */
  get sets(): readonly Merged[] | null {
    if (this.#samples.size === 0) return null
    this.#merged ??= merge([...this.#samples])
    return this.#merged
  }

  counter(name: string, { labels }: NamedOptions): PerCpuCounter {
    return this.#opened('counter', name, labels) as unknown as PerCpuCounter
  }

  sum(name: string, { labels }: NamedOptions): PerCpuSum {
    return this.#opened('sum', name, labels) as unknown as PerCpuSum
  }

  gauge(name: string, { labels }: NamedOptions, code: number): Gauge {
    return this.#opened('gauge', name, { ...labels, [PROCESS_LABEL]: '' }, code) as unknown as Gauge
  }

  histogram(
    name: string,
    { labels, buckets }: NamedOptions & { buckets: readonly number[] },
  ): PerCpuHistogram {
    const all = new Buckets({ shape: 0, extra: Float64Array.from(buckets) })
    return this.#opened('histogram', name, labels, 0, all) as unknown as PerCpuHistogram
  }

  #opened(
    kind: Series['kind'],
    name: string,
    labels: Series['labels'] = {},
    code = 0,
    buckets: Buckets | null = null,
  ): HeapPart {
    // Behind those of any region.
    const place = { entry: 2 ** 32, generation: 0 }
    const series = Object.freeze({ ...place, kind, name, labels, help: '', unit: '', buckets, code })
    const part: HeapPart = new HeapPart(series, () => {
      this.#samples.delete(part)
      this.#merged = null
    })
    this.#samples.add(part)
    this.#merged = null
    return part
  }
}
