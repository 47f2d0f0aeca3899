import type { HotCalls } from './cells'
import type { Addon } from './native'

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
  // struct Mailbox: id, n, amount, fields
  const words = new Int32Array(mailbox)
  const doubles = new Float64Array(mailbox)
  return {
    inc(id) {
      words[0] = id
      mailedInc()
    },
    addInt32(id, n) {
      words[0] = id
      words[1] = n
      mailedAddInt32()
    },
    add(id, n) {
      words[0] = id
      doubles[1] = n
      mailedAdd()
    },
    addFloat(id, x) {
      words[0] = id
      doubles[1] = x
      mailedAddFloat()
    },
    record(id, x) {
      words[0] = id
      doubles[1] = x
      mailedRecord()
    },
    recordInt32(id, n) {
      words[0] = id
      words[1] = n
      mailedRecordInt32()
    },
    acquireSlot(id, thread) {
      words[0] = id
      words[1] = thread
      return mailedAcquireSlot()
    },
    // The thread is known there.
    releaseSlot(id, slot) {
      words[0] = id
      words[1] = slot
      return mailedReleaseSlot()
    },
    ringWrite(id, a, b, c, d) {
      words[0] = id
      doubles[2] = a
      doubles[3] = b
      doubles[4] = c
      doubles[5] = d
      return mailedRingWrite()
    },
  }
}
