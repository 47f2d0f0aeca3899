import { type Backend, type HotCalls, RESULT, type RegionKey } from './cells'
import { loadFastCalls } from './fastcalls'
import { mailedCalls } from './mailbox'
import { type Addon, loaded } from './native'
import { portableBackend } from './portable/backend'

/** The hot operations as V8 fast calls, or null: then they are N-API calls. */
export const fastCalls: HotCalls | null = loaded.addon ? loadFastCalls(loaded.addon) : null

/** Regions are of the process: all its threads have the same ones. */
function nativeBackend(addon: Addon): Backend {
  const { inc, addInt32, add, addFloat, record, recordInt32 } = fastCalls ?? mailedCalls(addon) ?? addon
  return {
    ...addon,
    inc,
    addInt32,
    add,
    addFloat,
    record,
    recordInt32,
    key: (region) => addon.regionInfo(region)?.nonce.toString(16) ?? '',
    regionOf(key: RegionKey) {
      if (typeof key !== 'string' || !/^[0-9a-f]{1,16}$/.test(key)) return RESULT.absent
      return addon.findRegion(BigInt(`0x${key}`))
    },
  }
}

/** The cells of this process: the addon's, or the portable ones where there is no addon. */
export const backend: Backend = loaded.addon ? nativeBackend(loaded.addon) : portableBackend()
