import { backend } from '../../backend/backend'
import { buffer } from '../../base/builtins'
import { STATE, WRITE } from '../../contract/backend'
import type { MetricLines } from '../series/once'
import { leaveOff } from '../series/readable'
import { type Row, shownOnce } from '../series/rows'
import { type Described, linesOf, MOST_TEXT, numbersOf, type Style } from './lines'
import { textOf } from './peer-text'

/** As prom-client has it, NaN too. */
function numberText(x: number): string {
  if (Number.isNaN(x)) return 'Nan'
  if (Number.isFinite(x)) return `${x}`
  return x < 0 ? '-Inf' : '+Inf'
}

/** Of all pages of this thread, one after the other: new memory would cost more than writing to it. */
let out = buffer.Buffer.alloc(0)
const state = new Float64Array(STATE.length)

/** A page that is being written. From its making to {@link end}, no other one may be. */
export class Page {
  readonly #texts: (string | Promise<string>)[] = []
  #isEmpty = true
  /** At most, so far. */
  #size = 0
  #at = 0
  #isAscii = true

  constructor(private readonly style: Style) {}

  /** A metric's part of the page, over all threads and processes. */
  put(metric: Described, bounds: readonly number[], all: readonly Row[]): void {
    const rows = shownOnce(all, metric.type, this.style.defaults)
    const { top, heads, ends, which, numbers, isAscii, size } = linesOf(metric, bounds, rows, this.style)
    if (this.#size + size > MOST_TEXT) {
      leaveOff('the lines of', metric.name)
      return
    }
    this.#size += size
    const numberOf = numbersOf(metric.type, bounds, rows)
    this.#separate()
    this.#text(top)
    this.#isAscii &&= isAscii
    state.fill(0)
    state[STATE.at] = this.#at
    for (;;) {
      const status = backend.writeRows(out, numbers.all, heads, ends, which, state)
      this.#at = state[STATE.at] as number
      if (status === WRITE.done) return
      if (status === WRITE.asked) {
        const line = state[STATE.row] as number
        this.#text(numberText(numberOf(line)))
        state[STATE.row] = line + 1
        state[STATE.at] = this.#at
      } else if (status === WRITE.room) this.#grow(1)
      else throw new Error(`lines of ${metric.name} do not fit together`)
    }
  }

  /** The same for a metric that prom-client writes. */
  putText(data: MetricLines | Promise<MetricLines>): void {
    this.#separate()
    this.#take()
    this.#texts.push(textOf(data, this.style))
  }

  async end(): Promise<string> {
    const { openMetrics } = this.style
    // OpenMetrics has no empty lines.
    if (!this.#isEmpty || !openMetrics) this.#text('\n')
    // Here, for a text that is put together of two costs another copy of the page.
    if (openMetrics) this.#text('# EOF\n')
    this.#take()
    return (await Promise.all(this.#texts)).join('')
  }

  #separate(): void {
    if (!this.#isEmpty) this.#text(this.style.openMetrics ? '\n' : '\n\n')
    this.#isEmpty = false
  }

  #take(): void {
    this.#texts.push(out.toString(this.#isAscii ? 'latin1' : 'utf8', 0, this.#at))
    this.#at = 0
    this.#isAscii = true
  }

  #text(text: string): void {
    // No code unit has more bytes.
    if (text.length * 3 > out.length - this.#at) this.#grow(text.length * 3)
    const bytes = out.write(text, this.#at)
    this.#at += bytes
    this.#isAscii &&= bytes === text.length
  }

  #grow(by: number): void {
    const old = out
    out = buffer.Buffer.alloc(Math.max(2 * old.length, this.#at + by, 65536))
    old.copy(out, 0, 0, this.#at)
  }
}
