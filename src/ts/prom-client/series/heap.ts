import { Buckets } from '../../contract/buckets'
import type { PerCpuCounter } from '../../counter/counter'
import type { PerCpuSum } from '../../counter/sum'
import type { PerCpuHistogram } from '../../histogram/histogram'
import { type Merged, merge } from '../../metrics/families'
import { type Gauge, PROCESS_LABEL } from '../../metrics/gauge'
import type { Sample, Series } from '../../metrics/survey'

/*
 * What finds no room in any region counts here, in the memory of its thread, as prom-client does: a service goes on, and
 * what it counts is right. Only this thread's pages have it. The portable backend's region has 16,384 names.
 */

type Labels = Readonly<Record<string, string>>

class HeapNumber implements Sample {
  readonly held = true
  readonly counts = new Float64Array(0)
  readonly min = Number.NaN
  readonly max = Number.NaN
  /** It is in none, and never moved to one. */
  readonly region = null
  value = 0

  constructor(
    readonly series: Series,
    readonly close: () => void,
  ) {}

  inc(): void {
    this.value++
  }

  add(n: number): void {
    this.value += n
  }

  set(x: number): void {
    this.value = x
  }

  reset(): void {
    this.value = 0
  }
}

class HeapHistogram implements Sample {
  readonly held = true
  readonly min = Number.NaN
  readonly max = Number.NaN
  readonly region = null
  readonly counts: Float64Array
  readonly #buckets: Buckets
  value = 0

  constructor(
    readonly series: Series,
    buckets: Buckets,
    readonly close: () => void,
  ) {
    this.#buckets = buckets
    this.counts = new Float64Array(buckets.count)
  }

  record(x: number): void {
    const bucket = this.#buckets.indexOf(x)
    this.counts[bucket] = (this.counts[bucket] as number) + 1
    this.value += x
  }

  reset(): void {
    this.counts.fill(0)
    this.value = 0
  }
}

/** A metric's series that are in no region. They do what the classes do that they stand in for, as far as cells use them. */
export class Heap {
  readonly #name: string
  readonly #samples = new Set<Sample>()
  #merged: readonly Merged[] | null = null

  constructor(name: string) {
    this.#name = name
  }

  /** The same list, as long as there are the same series. Null where there are none. */
  get sets(): readonly Merged[] | null {
    if (this.#samples.size === 0) return null
    this.#merged ??= merge([...this.#samples])
    return this.#merged
  }

  integers(labels: Labels): PerCpuCounter {
    return this.#number('counter', labels) as unknown as PerCpuCounter
  }

  fractions(labels: Labels): PerCpuSum {
    return this.#number('sum', labels) as unknown as PerCpuSum
  }

  gauge(labels: Labels, code: number): Gauge {
    return this.#number('gauge', { ...labels, [PROCESS_LABEL]: '' }, code) as unknown as Gauge
  }

  histogram(labels: Labels, bounds: readonly number[]): PerCpuHistogram {
    const buckets = new Buckets({ shape: 0, extra: Float64Array.from(bounds) })
    const series = this.#series('histogram', labels, 0, buckets)
    const one: HeapHistogram = new HeapHistogram(series, buckets, () => this.#remove(one))
    return this.#add(one) as unknown as PerCpuHistogram
  }

  #number(kind: Series['kind'], labels: Labels, code = 0): HeapNumber {
    const one: HeapNumber = new HeapNumber(this.#series(kind, labels, code), () => this.#remove(one))
    return this.#add(one)
  }

  #series(kind: Series['kind'], labels: Labels, code: number, buckets: Buckets | null = null): Series {
    // Behind those of any region.
    const place = { entry: 2 ** 32, generation: 0 }
    return Object.freeze({ ...place, kind, name: this.#name, labels, help: '', unit: '', buckets, code })
  }

  #add<T extends Sample>(one: T): T {
    this.#samples.add(one)
    this.#merged = null
    return one
  }

  #remove(one: Sample): void {
    this.#samples.delete(one)
    this.#merged = null
  }
}
