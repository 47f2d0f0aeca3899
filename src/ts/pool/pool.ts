import { backend } from '../backend/backend'
import { integerOf } from '../base/validate'
import { NO_SLOT, REFUSAL, TICKET } from '../contract/pool-calls'
import { handleOf, present, refusal, usable, writable } from '../region/entries'
import { openedBy, openInto, PerCpu, readOf, wrongThis } from '../region/object'
import { type ClassOf, objectOf, REFUSED } from '../region/opening'
import { badSlot, checkTicket, isSlot, lengthOf, refusedSlot, refusedTicket } from './arguments'
import type { PerCpuPoolHandle, PoolMemory, SlotView } from './memory'
import {
  memoryIn,
  type NamedPoolOptions,
  openNamedPool,
  openPool,
  openPoolHandle,
  type PoolOptions,
  slotsIn,
} from './opening'
import { ownerOf, type SlotOwner } from './owner'
import type { SharedBytes } from './shared-bytes'
import { PoolSlot } from './slot'

const { acquireSlot, releaseSlot } = backend
/** Looked up once: that takes as long as all else. */
const thread = backend.threadWord()
const { empty } = NO_SLOT

/**
 * A fixed number of slots, 0 to `slots` − 1, that threads acquire and release: places in memory, connections, turns.
 * Each CPU keeps a stack of what was released on it, so that a thread gets what its cache knows; before a pool says
 * that it is empty, it looks at every slot.
 *
 * Each slot is held by one thread at most, whatever happens to threads and processes: a thread releases what it holds,
 * and passes it on by {@link handOver} and {@link adopt}. Ordering: what was written before a slot was released or handed
 * over, its next owner sees.
 */
export class PerCpuPool extends PerCpu<'pool'> {
  #id = REFUSED
  readonly #slots: number
  readonly #memory: PoolMemory

  /**
   * A pool of its own, all slots free; other threads get it by its {@link handle}.
   *
   * @throws {TypeError | RangeError} for options that are none
   * @throws {RseqError} `ERR_RSEQ_REGION_FULL`, `ERR_RSEQ_NO_MEMORY`, `ERR_RSEQ_READ_ONLY`, `ERR_RSEQ_CLOSED`
   */
  constructor(options: PoolOptions) {
    super()
    const opening = openInto(this, 'pool', new.target, () => openPool(options))
    this.#slots = slotsIn(opening)
    this.#memory = memoryIn(opening)
    this.#id = opening.id
  }

  /**
   * The pool of that name and those labels: the same slots in every thread of the process, and in every process that is
   * attached to `options.region`. See `PerCpuCounter.named`.
   *
   * @param name 1 to 240 bytes of UTF-8
   * @throws {TypeError | RangeError} for another name, or options that are none
   * @throws {RseqError} `ERR_RSEQ_KIND` where the name is another kind's, or that pool has another number of slots; else
   * as `PerCpuCounter.named`
   */
  static named<T extends PerCpuPool = PerCpuPool>(
    this: ClassOf<T, NamedPoolOptions>,
    name: string,
    options: NamedPoolOptions,
  ): T {
    return objectOf(openNamedPool(name, options), this ?? PerCpuPool, options) as T
  }

  /**
   * The pool of a handle, with its memory.
   *
   * @throws {TypeError | RangeError} for anything but a handle
   * @throws {RseqError} as `PerCpuCounter.from`
   */
  static from<T extends PerCpuPool = PerCpuPool>(this: ClassOf<T, PoolOptions>, handle: PerCpuPoolHandle): T {
    return objectOf(openPoolHandle(handle), this ?? PerCpuPool) as T
  }

  /**
   * Takes a free slot for the calling thread.
   *
   * @returns its number, or −1: each slot was held when it was looked at
   * @throws {RseqError} `ERR_RSEQ_CLOSED`, `ERR_RSEQ_READ_ONLY`
   */
  acquire(): number {
    let id: number
    // Compiled, this is no more than `this.#id` alone.
    try {
      id = this.#id
    } catch {
      throw wrongThis(this, 'pool', 'acquire')
    }
    const slot = acquireSlot(id, thread)
    if (slot < empty) throw refusal(openedBy(this, 'pool', 'acquire'))
    return slot
  }

  /**
   * Gives a slot back that the calling thread holds.
   *
   * @param slot 0 to `slots` − 1
   * @throws {TypeError | RangeError} for any other number
   * @throws {RseqError} `ERR_RSEQ_SLOT` where it is free, as one that was released before, was handed over, or is
   * another thread's; `ERR_RSEQ_CLOSED`, `ERR_RSEQ_READ_ONLY`
   */
  release(slot: number): void {
    let id: number
    try {
      id = this.#id
    } catch {
      throw wrongThis(this, 'pool', 'release')
    }
    if (typeof slot !== 'number' || slot >>> 0 !== slot) throw badSlot('release', slot, this.slots)
    const refused = releaseSlot(id, slot, thread)
    if (refused !== 0) throw this.#refused('release', refused, slot)
  }

  /**
   * Takes as many slots as there are free ones, at most as many as the array has elements.
   *
   * @param out gets their numbers, from its beginning; may be shared memory
   * @returns how many
   * @throws {TypeError} for anything but an Int32Array or a Uint32Array
   * @throws {RseqError} as {@link acquire}
   */
  acquireMany(out: Int32Array | Uint32Array): number {
    const opening = openedBy(this, 'pool', 'acquireMany')
    const length = lengthOf('acquireMany', out)
    const count = backend.acquireSlots(this.#id, out, length)
    if (count < 0) throw refusal(opening)
    return count
  }

  /**
   * Gives back all of those slots, which the calling thread holds, or none.
   *
   * @param slots may be shared memory
   * @param count how many of them, from the beginning; all by default
   * @throws {TypeError | RangeError} for anything but an Int32Array or a Uint32Array, and for a count beyond it
   * @throws {RseqError} as {@link release}, and `ERR_RSEQ_SLOT` for one that is there twice; `ERR_RSEQ_NO_MEMORY`
   */
  releaseMany(slots: Int32Array | Uint32Array, count?: number): void {
    openedBy(this, 'pool', 'releaseMany')
    const length = lengthOf('releaseMany', slots)
    const wanted = count === undefined ? length : integerOf('PerCpuPool.releaseMany count', count, 0, length)
    const refused = backend.releaseSlots(this.#id, slots, wanted)
    if (refused !== 0) throw this.#refused('releaseMany', refused % 8, slots[Math.floor(refused / 8)] ?? 0)
  }

  /**
   * A free slot as an object, for `using`: it is released at the end of the block.
   *
   * @returns null where {@link acquire} would give −1
   * @throws {RseqError} as {@link acquire}
   */
  hold(): PoolSlot | null {
    const slot = this.acquire()
    return slot < 0 ? null : new PoolSlot(this, slot)
  }

  /**
   * Hands over a slot that the calling thread holds. From then on it is on its way: no thread's, until one adopts it. The
   * thread may end; {@link reclaim} leaves the slot alone as long as its process lives.
   *
   * What nobody received stays on its way: the ticket is worth keeping until the receiver is known to have it. Whoever has
   * it may adopt it, the thread that handed it over too.
   *
   * @returns a ticket to send: a safe integer of at least 65,536, another one each time, in all processes together (they
   * come round after 2³² hand-overs of a pool, 2³¹ without the addon)
   * @throws as {@link release}
   */
  handOver(slot: number): number {
    openedBy(this, 'pool', 'handOver')
    if (!isSlot(slot, this.slots)) throw badSlot('handOver', slot, this.slots)
    const ticket = backend.handOverSlot(this.#id, slot)
    if (ticket < 0) throw this.#refused('handOver', -ticket, slot)
    return ticket
  }

  /**
   * Makes the calling thread the owner of a slot that was handed over, in any thread of any process that has the pool.
   * Once: who comes second is refused.
   *
   * @param ticket what {@link handOver} returned. A slot's number is none: it may be another thread's by now.
   * @returns the slot
   * @throws {TypeError | RangeError} for what no hand-over can have returned
   * @throws {RseqError} `ERR_RSEQ_SLOT` where it was adopted before, or its process has died and it was reclaimed, or it
   * is a slot's number; `ERR_RSEQ_CLOSED`, `ERR_RSEQ_READ_ONLY`. No slot is changed then.
   */
  adopt(ticket: number): number {
    openedBy(this, 'pool', 'adopt')
    checkTicket(ticket, this.slots)
    const refused = backend.adoptSlot(this.#id, ticket)
    if (refused === REFUSAL.free) throw refusedTicket(ticket)
    const slot = ticket % TICKET
    if (refused !== 0) throw this.#refused('adopt', refused, slot)
    return slot
  }

  /**
   * Who holds a slot, or null where it is free.
   *
   * @throws {TypeError | RangeError} for anything but a slot's number
   */
  owner(slot: number): SlotOwner | null {
    const opening = usable(openedBy(this, 'pool', 'owner'))
    if (!isSlot(slot, this.slots)) throw badSlot('owner', slot, this.slots)
    const bits = present(backend.slotOwner(opening.number, opening.entry, slot), opening)
    return bits === 0 ? null : ownerOf(bits)
  }

  /**
   * Frees the slots of threads that have ended and of processes that have died, with what these had on its way. What a
   * living process has on its way stays so, whichever of its threads handed it over.
   *
   * Without the addon nobody knows that a thread has ended: nothing is freed.
   *
   * @returns how many
   * @throws {RseqError} `ERR_RSEQ_CLOSED`, `ERR_RSEQ_READ_ONLY`
   */
  reclaim(): number {
    const opening = writable(openedBy(this, 'pool', 'reclaim'))
    return present(backend.reclaimSlots(opening.number, opening.entry), opening)
  }

  /** How many slots are held; each looked at once, one after the other. */
  get held(): number {
    return readOf(this, 'pool', 'held', backend.slotsHeld)
  }

  /** How many are free. */
  get free(): number {
    return this.slots - this.held
  }

  /** How many slots there are. */
  get slots(): number {
    return this.#slots
  }

  /** Of one slot's memory. */
  get slotBytes(): number {
    return this.#memory.slotBytes
  }

  /** The memory of all slots; null where they have none. A slot's begins at its view's `byteOffset`. */
  get memory(): SharedArrayBuffer | null {
    return this.#memory.buffer
  }

  /**
   * A slot's memory, the same view each time: for who holds the slot.
   *
   * @throws {TypeError | RangeError} for anything but a slot's number
   * @throws {RseqError} `ERR_RSEQ_FEATURE` where slots have no memory
   */
  bytes(slot: number): SharedBytes {
    if (!isSlot(slot, this.slots)) throw badSlot('bytes', slot, this.slots)
    return this.#memory.bytes(slot)
  }

  /**
   * The same as another kind of array: of as many whole elements as there is room for.
   *
   * @param View its constructor
   * @throws as {@link bytes}
   */
  view<T extends SlotView>(slot: number, View: T): InstanceType<T> {
    if (!isSlot(slot, this.slots)) throw badSlot('view', slot, this.slots)
    return this.#memory.view(slot, View)
  }

  /** With the slots' memory: see `PerCpuCounter.handle`. Another process gets the numbers alone. */
  override get handle(): PerCpuPoolHandle {
    const handle = handleOf('pool', usable(openedBy(this, 'pool', 'handle')))
    return { ...handle, slotBytes: this.slotBytes, memory: this.memory }
  }

  /** As `PerCpuCounter.close`. Slots that are held stay so while anybody has the pool. */
  close(): void {
    const opening = openedBy(this, 'pool', 'close')
    this.#id = REFUSED
    opening.release()
  }

  /** @internal */
  protected override shown(): object {
    return { slots: this.slots, held: this.held }
  }

  /** Why a slot was refused. */
  #refused(what: string, refused: number, slot: number): Error {
    const opening = openedBy(this, 'pool', what)
    return opening.id < 0 || opening.closed ? refusal(opening) : refusedSlot(what, refused, slot, this.slots)
  }
}
