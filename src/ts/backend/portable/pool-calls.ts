import { lengthAs } from '../../base/arrays'
import type { HotCalls } from '../../contract/backend'
import { NO_SLOT, type PoolCalls, REFUSAL } from '../../contract/pool-calls'
import { Pool } from './pool'
import type { Regions } from './region'

/** How many an array of slots' numbers has; −1 for anything else. */
const lengthOf = (array: unknown): number => lengthAs(array, 'Int32Array', 'Uint32Array')

/** What the backend does with pools. */
export function poolCalls(regions: Regions): PoolCalls & Pick<HotCalls, 'acquireSlot' | 'releaseSlot'> {
  return {
    acquireSlot: (id) => regions.pool(id)?.acquire() ?? NO_SLOT.nobody,
    releaseSlot: (id, slot) => regions.pool(id)?.release(slot) ?? REFUSAL.noPool,
    handOverSlot: (id, slot) => regions.pool(id)?.handOver(slot) ?? -REFUSAL.noPool,
    adoptSlot: (id, ticket) => regions.pool(id)?.adopt(ticket) ?? REFUSAL.noPool,
    threadWord: () => 0,
    acquireSlots(id, out, count) {
      const pool = regions.pool(id)
      if (pool === undefined) return NO_SLOT.nobody
      const most = Math.min(lengthOf(out), count)
      let taken = 0
      for (; taken < most; taken++) {
        const slot = pool.acquire()
        if (slot < 0) break
        out[taken] = slot
      }
      return taken
    },
    releaseSlots(id, slots, count) {
      const length = Math.max(0, Math.min(lengthOf(slots), count))
      const copied = Array.from({ length }, (_, i) => slots[i] as number)
      return regions.pool(id)?.releaseAll(copied) ?? REFUSAL.noPool
    },
    slotsHeld: (region, entry) => regions.run(Pool, region, entry)?.held(),
    reclaimSlots: (region, entry) => (regions.run(Pool, region, entry) === undefined ? undefined : 0),
    slotOwner: (region, entry, slot) => regions.run(Pool, region, entry)?.owner(slot),
  }
}
