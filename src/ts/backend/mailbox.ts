import type { HotCalls } from '../contract/backend'
import type { Addon } from './addon'

/** struct Mailbox of src/native/addon.h: of its 32-bit words … */
const ID = 0
const N = 1
/** … and of its doubles. */
const AMOUNT = 1
const FIELDS = 2
/** @internal For test/layout.test.ts, which holds them against the native numbers. */
export const MAILBOX = { id: ID, n: N, amount: AMOUNT, fields: FIELDS } as const

/**
 * The hot operations as N-API calls whose arguments go through this thread's mailbox (src/native/addon_hot.cc),
 * or null where the JavaScript engine cannot look into it: then they go as arguments, at twice the price.
 */
export function mailedCalls(addon: Addon): HotCalls | null {
  const mailbox = addon.mailbox()
  if (mailbox === undefined) return null
  const {
    mailedInc,
    mailedAddInt32,
    mailedAdd,
    mailedAddFloat,
    mailedRecord,
    mailedRecordInt32,
    mailedAcquireSlot,
    mailedReleaseSlot,
    mailedRingWrite,
  } = addon
  const words = new Int32Array(mailbox)
  const doubles = new Float64Array(mailbox)
  return {
    inc(id) {
      words[ID] = id
      mailedInc()
    },
    addInt32(id, n) {
      words[ID] = id
      words[N] = n
      mailedAddInt32()
    },
    add(id, n) {
      words[ID] = id
      doubles[AMOUNT] = n
      mailedAdd()
    },
    addFloat(id, x) {
      words[ID] = id
      doubles[AMOUNT] = x
      mailedAddFloat()
    },
    record(id, x) {
      words[ID] = id
      doubles[AMOUNT] = x
      mailedRecord()
    },
    recordInt32(id, n) {
      words[ID] = id
      words[N] = n
      mailedRecordInt32()
    },
    acquireSlot(id, thread) {
      words[ID] = id
      words[N] = thread
      return mailedAcquireSlot()
    },
    // The thread is known there.
    releaseSlot(id, slot) {
      words[ID] = id
      words[N] = slot
      return mailedReleaseSlot()
    },
    ringWrite(id, a, b, c, d) {
      words[ID] = id
      doubles[FIELDS] = a
      doubles[FIELDS + 1] = b
      doubles[FIELDS + 2] = c
      doubles[FIELDS + 3] = d
      return mailedRingWrite()
    },
  }
}
