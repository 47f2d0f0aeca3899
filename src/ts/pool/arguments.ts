import { lengthAs } from '../base/arrays'
import { RseqError } from '../base/errors'
import { badNumber, numberOf, typeError } from '../base/validate'
import { REFUSAL, TICKET } from '../contract/pool-calls'

/** Whether it is the number of one of so many slots. */
export function isSlot(slot: unknown, slots: number): slot is number {
  return typeof slot === 'number' && slot >>> 0 === slot && slot < slots
}

/** @throws where no hand-over of one of so many slots can have given it; a slot's number passes, which adopts nothing */
export function checkTicket(ticket: unknown, slots: number): void {
  const isRight = (x: number): boolean =>
    Number.isInteger(x) && x >= 0 && x < TICKET * 2 ** 32 && x % TICKET < slots
  numberOf('PerCpuPool.adopt', ticket, 'a ticket that handOver() returned', isRight)
}

/** For a ticket that adopts nothing. */
export function refusedTicket(ticket: number): RseqError {
  const why =
    ticket < TICKET
      ? 'a slot’s number says nothing of its owner: send what handOver() returns, and adopt that'
      : 'it was adopted before, or its process has died and it was reclaimed'
  return new RseqError('ERR_RSEQ_SLOT', `PerCpuPool.adopt: slot ${ticket % TICKET}: ${why}`)
}

/** For what is no slot's number. */
export function badSlot(what: string, slot: unknown, slots: number): Error {
  return badNumber(`PerCpuPool.${what}`, `a slot, 0 to ${slots - 1}`, slot)
}

/** The number of elements that an array of slots really has. @throws {TypeError} for another kind of array */
export function lengthOf(what: string, array: unknown): number {
  const length = lengthAs(array, 'Int32Array', 'Uint32Array')
  if (length < 0) throw typeError(`PerCpuPool.${what}`, 'an Int32Array or a Uint32Array', array)
  return length
}

const NOBODY = 'nobody holds it: it was never acquired, or released before, or is there twice'
const WHY: Readonly<Record<number, string>> = {
  [REFUSAL.foreign]: 'another process holds it; its slots can be reclaimed once it has died',
  [REFUSAL.other]: 'another thread of this process holds it; that one can hand it over, for adopt()',
  [REFUSAL.handedOver]: 'it was handed over: who adopts it can release it, this thread too',
}

/** @param refused one of {@link REFUSAL} */
export function refusedSlot(what: string, refused: number, slot: number, slots: number): Error {
  if (refused === REFUSAL.outside) return badSlot(what, slot, slots)
  if (refused === REFUSAL.noMemory)
    return new RseqError('ERR_RSEQ_NO_MEMORY', `PerCpuPool.${what}: no memory`)
  return new RseqError('ERR_RSEQ_SLOT', `PerCpuPool.${what}: slot ${slot}: ${WHY[refused] ?? NOBODY}`)
}
