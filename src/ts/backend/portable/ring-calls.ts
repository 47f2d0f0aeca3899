import { lengthAs } from '../../base/arrays'
import { type HotCalls, RESULT } from '../../contract/backend'
import { COUNTS, type RingCalls, VERDICT } from '../../contract/ring-calls'
import { count, Drain } from './drain'
import type { Regions } from './region'
import { Ring } from './ring'

/** What the backend does with rings. */
export function ringCalls(regions: Regions): RingCalls & Pick<HotCalls, 'ringWrite'> {
  const drains = new WeakMap<Ring, Drain>()

  const ringIn = (region: number, entry: number): Ring | undefined => {
    const run = regions.held(region, entry)?.run
    return run instanceof Ring ? run : undefined
  }

  const drainIn = (region: number, entry: number): Drain | undefined => {
    const ring = ringIn(region, entry)
    if (ring === undefined) return undefined
    const known = drains.get(ring)
    const drain = known ?? new Drain(ring)
    if (known === undefined) drains.set(ring, drain)
    return drain
  }

  return {
    ringWrite: (id, a, b, c, d) => regions.ring(id)?.write([a, b, c, d]) ?? VERDICT.unfit,
    ringWriteBytes(id, bytes) {
      const ring = regions.ring(id)
      const length = lengthAs(bytes, 'Uint8Array')
      if (ring === undefined || length < 0 || length > ring.shape.recordBytes) return VERDICT.unfit
      const copied = new Uint8Array(length)
      for (let i = 0; i < length; i++) copied[i] = bytes[i] as number
      return ring.writeBytes(copied)
    },
    ringBegin: (region, entry) => drainIn(region, entry)?.begin() ?? RESULT.absent,
    ringRead(region, entry, _state, out, most) {
      if (lengthAs(out, 'Float64Array') < 0) return RESULT.damaged
      return drainIn(region, entry)?.read(out, most) ?? RESULT.absent
    },
    ringAdvance: (region, entry, _state, _out, consumed) =>
      drainIn(region, entry)?.advance(consumed) ?? RESULT.absent,
    ringEnd: (region, entry) => drainIn(region, entry)?.end(),
    ringCounts(region, entry, out) {
      const ring = ringIn(region, entry)
      if (ring === undefined || lengthAs(out, 'Float64Array') !== COUNTS.length) return false
      count(ring, out)
      return true
    },
  }
}
