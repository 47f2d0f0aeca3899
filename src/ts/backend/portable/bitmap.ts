/** Which units of a heap are taken, one bit each, under the directory's lock. A wrong bit leads nowhere but into the heap. */
export class Bitmap {
  /** @param hint the header's word that says below which unit none is free */
  constructor(
    private readonly words: Int32Array,
    private readonly header: Int32Array,
    private readonly hint: number,
  ) {}

  /** @returns the first of `count` units, marked as taken; −1 where there are none */
  take(count: number): number {
    if (count === 0) return 0
    const words = this.words
    const bits = words.length * 32
    let firstFree = bits
    let run = 0
    // A hint beyond the bits finds nothing.
    for (let bit = (this.header[this.hint] as number) >>> 0; bit < bits; bit++) {
      const word = words[bit >>> 5] as number
      if (word === -1) {
        run = 0
        bit |= 31
        continue
      }
      if (((word >>> (bit & 31)) & 1) !== 0) {
        run = 0
        continue
      }
      if (firstFree === bits) firstFree = bit
      if (++run < count) continue
      const first = bit + 1 - count
      this.mark(first, count)
      this.header[this.hint] = firstFree === first ? bit + 1 : firstFree
      return first
    }
    return -1
  }

  mark(first: number, count: number): void {
    const words = this.words
    for (let bit = first; bit < first + count; bit++)
      words[bit >>> 5] = (words[bit >>> 5] ?? 0) | (1 << (bit & 31))
  }

  giveBack(first: number, count: number): void {
    const words = this.words
    for (let bit = first; bit < first + count; bit++)
      words[bit >>> 5] = (words[bit >>> 5] ?? 0) & ~(1 << (bit & 31))
    if (count > 0 && first < (this.header[this.hint] as number)) this.header[this.hint] = first
  }

  clear(): void {
    this.words.fill(0)
    this.header[this.hint] = 0
  }
}
