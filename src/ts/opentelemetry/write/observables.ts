import type {
  Attributes,
  BatchObservableCallback,
  BatchObservableResult,
  Observable,
  ObservableCallback,
  ObservableResult,
} from '@opentelemetry/api'
import { timers } from '../../base/builtins'
import { api } from '../model/peer'
import type { InstrumentDescriptor } from '../model/views'
import type { Sink } from './cells'
import { accepted } from './instruments'
import type { Storage } from './storage'

/** What one round of callbacks has said: of each sink, the last word. */
type Said = Map<Sink, number>

/** One observable instrument; programs see no more of it than its callbacks. */
export class ObservableInstrument implements Observable {
  readonly #descriptor: InstrumentDescriptor
  readonly #storages: readonly Storage[]
  readonly #observables: Observables
  /** Cells that the last round wrote. */
  #shown = new Set<Sink>()

  constructor(descriptor: InstrumentDescriptor, storages: readonly Storage[], observables: Observables) {
    this.#descriptor = descriptor
    this.#storages = storages
    this.#observables = observables
  }

  static is(value: unknown): value is ObservableInstrument {
    return typeof value === 'object' && value !== null && #storages in value
  }

  addCallback(callback: ObservableCallback): void {
    this.#observables.add({ instruments: [this], callback, isBatch: false })
  }

  removeCallback(callback: ObservableCallback): void {
    this.#observables.remove({ instruments: [this], callback, isBatch: false })
  }

  /** @internal */
  note(said: Said, value: unknown, attributes: Attributes): void {
    const x = accepted(this.#descriptor, value)
    if (x === null) return
    for (const storage of this.#storages) said.set(storage.sinkFor(attributes, undefined), x)
  }

  /** @internal Writes what a round has said; what it said nothing of any more is retired. */
  publish(said: Said): void {
    for (const sink of this.#shown) if (!said.has(sink)) sink.retire?.()
    for (const [sink, x] of said) sink.write(x)
    this.#shown = new Set(said.keys())
  }
}

interface Registered {
  readonly instruments: readonly ObservableInstrument[]
  readonly callback: ObservableCallback | BatchObservableCallback
  readonly isBatch: boolean
}

function isSame(a: Registered, b: Registered): boolean {
  return (
    a.callback === b.callback &&
    a.isBatch === b.isBatch &&
    a.instruments.length === b.instruments.length &&
    a.instruments.every((one) => b.instruments.includes(one))
  )
}

/** As long as a callback has where a reader does not say. */
const PATIENCE = 30_000

async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const tell = (): void => reject(new Error(`a callback has not answered within ${milliseconds} ms`))
    timer = timers.setTimeout(tell, milliseconds)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    timers.clearTimeout(timer)
  }
}

/**
 * The callbacks of a provider. What they say is published where other processes read it: before this process collects,
 * and every few seconds for collectors elsewhere, as long as something else keeps the process alive.
 */
export class Observables {
  readonly #registered: Registered[] = []
  #timer: NodeJS.Timeout | null = null
  #round: Promise<unknown[]> | null = null

  /** @param interval in milliseconds */
  constructor(private readonly interval: number) {}

  add(one: Registered): void {
    if (this.#registered.some((other) => isSame(one, other))) return
    this.#registered.push(one)
    this.#timer ??= timers
      .setInterval(() => {
        void this.observe(PATIENCE).then((errors) => {
          if (errors.length > 0) api.diag.error('observable callbacks failed:', ...errors)
        })
      }, this.interval)
      .unref()
  }

  remove(one: Registered): void {
    const at = this.#registered.findIndex((other) => isSame(one, other))
    if (at >= 0) this.#registered.splice(at, 1)
  }

  /** The same for a batch callback, which is told by its set of instruments. */
  batch(callback: BatchObservableCallback, observables: readonly Observable[]): Registered {
    return { instruments: [...new Set(observables.filter(ObservableInstrument.is))], callback, isBatch: true }
  }

  /**
   * Runs the callbacks and publishes what they say. Who asks while a round is under way gets that one: an older value
   * is never written over a newer one. Never rejects.
   *
   * @returns what they threw
   */
  observe(patience = PATIENCE): Promise<unknown[]> {
    if (this.#round !== null) return within(patience, this.#round).catch((error: unknown) => [error])
    this.#round = this.#rounded(patience).finally(() => {
      this.#round = null
    })
    return this.#round
  }

  stop(): void {
    if (this.#timer !== null) timers.clearInterval(this.#timer)
    this.#timer = null
  }

  async #rounded(patience: number): Promise<unknown[]> {
    const registered = [...this.#registered]
    const asked = registered.flatMap(({ instruments }) => instruments)
    const said = new Map(asked.map((one): [ObservableInstrument, Said] => [one, new Map()]))
    const errors: unknown[] = []
    for (const result of await Promise.allSettled(registered.map((one) => this.#ask(one, patience)))) {
      if (result.status === 'rejected') errors.push(result.reason)
      else
        for (const [one, answer] of result.value) for (const [sink, x] of answer) said.get(one)?.set(sink, x)
    }
    for (const [instrument, all] of said) {
      try {
        instrument.publish(all)
      } catch (error) {
        errors.push(error) // the region was closed
      }
    }
    return errors
  }

  async #ask({ instruments, callback, isBatch }: Registered, patience: number) {
    const said = new Map<ObservableInstrument, Said>()
    const note = (instrument: unknown, value: unknown, attributes: Attributes = {}): void => {
      if (!ObservableInstrument.is(instrument) || !instruments.includes(instrument)) return
      const sinks = said.get(instrument) ?? new Map()
      said.set(instrument, sinks)
      instrument.note(sinks, value, attributes)
    }
    const result = isBatch
      ? { observe: note }
      : { observe: (value: unknown, attributes?: Attributes) => note(instruments[0], value, attributes) }
    // A callback may throw, too.
    const answer = (async () => callback(result as ObservableResult & BatchObservableResult))()
    await within(patience, answer)
    return said
  }
}
