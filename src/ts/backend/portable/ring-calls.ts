import { lengthAs } from '../../base/arrays'
import { type HotCalls, RESULT } from '../../contract/backend'
import { COUNTS, type RingCalls, VERDICT } from '../../contract/ring-calls'
import { Ring } from './drain'
import type { Regions } from './region'

/** What the backend does with rings. */
export function ringCalls(regions: Regions): RingCalls & Pick<HotCalls, 'ringWrite'> {
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
    ringBegin: (region, entry) => regions.run(Ring, region, entry)?.begin() ?? RESULT.absent,
    ringRead(region, entry, _state, out, most) {
      if (lengthAs(out, 'Float64Array') < 0) return RESULT.damaged
      return regions.run(Ring, region, entry)?.read(out, most) ?? RESULT.absent
    },
    ringAdvance: (region, entry, _state, _out, consumed) =>
      regions.run(Ring, region, entry)?.advance(consumed) ?? RESULT.absent,
    ringEnd: (region, entry) => regions.run(Ring, region, entry)?.end(),
    ringCounts(region, entry, out) {
      const ring = regions.run(Ring, region, entry)
      if (ring === undefined || lengthAs(out, 'Float64Array') !== COUNTS.length) return false
      ring.count(out)
      return true
    },
  }
}
