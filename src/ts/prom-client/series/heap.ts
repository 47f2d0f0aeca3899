import { Buckets } from '../../contract/buckets'
import type { Heap, Part, PartKind } from '../../metrics/cell'
import { type Merged, merge } from '../../metrics/merged'
import type { Sample, Series } from '../../metrics/survey'

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
export class ThreadHeap implements Heap {
  readonly #samples = new Set<Sample>()
  #merged: readonly Merged[] | null = null

  /** The same list, as long as there are the same series. Null where there are none. */
  get sets(): readonly Merged[] | null {
    if (this.#samples.size === 0) return null
    this.#merged ??= merge([...this.#samples])
    return this.#merged
  }

  open<P extends Part>(
    { kind, own, code = 0, bounds }: PartKind<P>,
    name: string,
    labels: Series['labels'],
  ): P {
    const buckets = bounds ? new Buckets({ shape: 0, extra: Float64Array.from(bounds) }) : null
    const all = { ...labels, ...own }
    // Behind those of any region.
    const place = { entry: 2 ** 32, generation: 0 }
    const series = Object.freeze({ ...place, kind, name, labels: all, help: '', unit: '', buckets, code })
    const part: HeapPart = new HeapPart(series, () => {
      this.#samples.delete(part)
      this.#merged = null
    })
    this.#samples.add(part)
    this.#merged = null
    return part as Part as P
  }
}
