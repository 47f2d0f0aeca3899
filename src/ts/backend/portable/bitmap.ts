/** Which units of a heap are taken, one bit each, under the directory's lock. A wrong bit leads nowhere but into the heap. */
export class Bitmap {
  constructor(private readonly words: Int32Array) {}

  /** @returns the first of `count` units, marked as taken; −1 where there are none */
  take(count: number): number {
    const { words } = this
    let first = 0
    for (let bit = 0; bit < first + count; bit++) {
      if (bit >= words.length * 32) return -1
      const word = words[bit >>> 5] as number
      if (word === -1) bit |= 31
      if (((word >>> (bit & 31)) & 1) !== 0) first = bit + 1
    }
    this.mark(first, count)
    return first
  }

  mark(first: number, count: number): void {
    const { words } = this
    for (let bit = first; bit < first + count; bit++)
      words[bit >>> 5] = (words[bit >>> 5] ?? 0) | (1 << (bit & 31))
  }

  giveBack(first: number, count: number): void {
    const { words } = this
    for (let bit = first; bit < first + count; bit++)
      words[bit >>> 5] = (words[bit >>> 5] ?? 0) & ~(1 << (bit & 31))
  }

  clear(): void {
    this.words.fill(0)
  }
}
