import { util } from '../base/builtins'
import { RseqError } from '../base/errors'
import { integerOf, rangeError, typeError } from '../base/validate'
import type { PerCpuHandle } from '../region/entries'
import type { SharedBytes } from './shared-bytes'

const MOST_BYTES = 2 ** 30
/** A line of the cache: two slots that two threads fill share none. */
const ALIGNMENT = 64

/** What `postMessage` carries: see `PerCpuHandle`. */
export interface PerCpuPoolHandle extends PerCpuHandle<'pool'> {
  /** Of one slot's memory. */
  readonly slotBytes: number
  /** That of all slots; null where they have none. Threads of one process can share it, processes cannot. */
  readonly memory: SharedArrayBuffer | null
}

/** The kinds of array that a slot can be looked at as. */
const VIEWS = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const
/** The constructor of a typed array. */
export type SlotView = (typeof VIEWS)[number]

/** The memory of a pool's slots, one behind the other in one buffer. */
export class PoolMemory {
  readonly #views = new Map<number, SharedBytes>()

  private constructor(
    readonly buffer: SharedArrayBuffer | null,
    readonly slotBytes: number,
  ) {}

  /** @param slotBytes checked here @throws {RseqError} `ERR_RSEQ_NO_MEMORY` */
  static of(slots: number, slotBytes: unknown): PoolMemory {
    const bytes = bytesOf('PerCpuPool options.slotBytes', slotBytes)
    if (bytes === 0) return new PoolMemory(null, 0)
    try {
      return new PoolMemory(new SharedArrayBuffer(slots * stride(bytes)), bytes)
    } catch {
      const total = `${slots} slots of ${bytes} bytes`
      throw new RseqError('ERR_RSEQ_NO_MEMORY', `PerCpuPool: no memory for ${total}`)
    }
  }

  /** Of a handle, which anybody can have made. */
  static from(handle: PerCpuPoolHandle, slots: number): PoolMemory {
    const bytes = bytesOf('handle.slotBytes', handle.slotBytes)
    const { memory } = handle
    if (bytes === 0) return new PoolMemory(null, 0)
    const expected = `a SharedArrayBuffer of ${slots * stride(bytes)} bytes`
    if (!util.types.isSharedArrayBuffer(memory)) throw typeError('handle.memory', expected, memory)
    if (memory.byteLength !== slots * stride(bytes))
      throw rangeError('handle.memory', expected, memory.byteLength)
    return new PoolMemory(memory, bytes)
  }

  /** @param slot below the pool's slots */
  bytes(slot: number): SharedBytes {
    let view = this.#views.get(slot)
    if (view === undefined) {
      view = new Uint8Array(this.#buffer(), slot * stride(this.slotBytes), this.slotBytes)
      this.#views.set(slot, view)
    }
    return view
  }

  view<T extends SlotView>(slot: number, View: T): InstanceType<T> {
    if (!VIEWS.includes(View)) {
      throw typeError('PerCpuPool.view', 'the constructor of a typed array, such as Float64Array', View)
    }
    const length = Math.floor(this.slotBytes / View.BYTES_PER_ELEMENT)
    return new (
      View as unknown as new (
        buffer: SharedArrayBuffer,
        offset: number,
        length: number,
      ) => InstanceType<T>
    )(this.#buffer(), slot * stride(this.slotBytes), length)
  }

  #buffer(): SharedArrayBuffer {
    if (this.buffer !== null) return this.buffer
    throw new RseqError('ERR_RSEQ_FEATURE', 'PerCpuPool: its slots have no memory; see options.slotBytes')
  }
}

function stride(slotBytes: number): number {
  return Math.ceil(slotBytes / ALIGNMENT) * ALIGNMENT
}

function bytesOf(what: string, bytes: unknown = 0): number {
  return integerOf(what, bytes, 0, MOST_BYTES)
}

/** Of slots that are numbers. */
export const NO_MEMORY = PoolMemory.of(1, 0)
