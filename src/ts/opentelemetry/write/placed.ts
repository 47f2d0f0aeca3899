import { type Movable, moveLater } from '../../metrics/moving'
import { moved } from '../../metrics/pouring'
import type { NamedOptions } from '../../region/entries'
import { isPassing, SHORT, withPatience } from '../../region/patience'
import { Region } from '../../region/region'
import { api } from '../model/peer'
import { isSpilling, spilled } from '../read/spilled'

/** What a stream's cells are opened by. */
export interface Named {
  readonly name: string
  readonly options: NamedOptions & { readonly region: Region }
}

/** What was measured counts for the service, also where nobody measures with the instrument any more. */
const waiting = new Set<Placed>()

/** What opens something in a region, or in the process. */
export type Open<T> = (options: Named['options']) => T

/**
 * A cell whose parts are in the process as long as somebody keeps the directory locked, or there is no room, and then
 * move: see moving.ts.
 */
export abstract class Placed implements Movable {
  protected readonly named: Named

  constructor(named: Named) {
    this.named = named
  }

  get region(): Region {
    return this.named.options.region
  }

  moveOne(): boolean {
    try {
      this.move()
    } catch (error) {
      if (isPassing(error)) throw error
      api.diag.error(`${this.named.name}: what was measured before it had a place is lost`, error)
    }
    waiting.delete(this)
    return false
  }

  /** @throws {RseqError} then what was not moved counts on where it is */
  protected abstract move(): void

  protected placed<T>(open: Open<T>): T {
    const { name, options } = this.named
    try {
      return withPatience(SHORT, () => open(options))
    } catch (error) {
      if (isSpilling(error, options.region)) return this.#spilled(open, error)
      if (!isPassing(error) || options.region === Region.process) throw error
      api.diag.warn(`${name}: this process keeps what is measured until there is a place for it`, error)
      waiting.add(this)
      moveLater(this)
      return open({ ...options, region: Region.process })
    }
  }

  #spilled<T>(open: Open<T>, error: unknown): T {
    const { options } = this.named
    const labels = spilled(options.region, options.labels ?? {}, error)
    return open({ ...options, labels, region: Region.process })
  }

  protected moved<T extends { readonly region: Region; close(): void }>(
    from: T | null,
    open: Open<T>,
    pour: (from: T, to: T) => void,
  ): T | null {
    const close = (one: T): void => one.close()
    return moved(from, () => open(this.named.options), pour, close)
  }
}
