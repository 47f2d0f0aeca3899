import { type Backend, RESULT, type RegionKey } from '../contract/backend'
import { type Addon, loaded } from './addon'
import { hotCalls } from './hot-calls'

/** Regions are of the process: all its threads have the same ones. */
function nativeBackend(addon: Addon): Backend {
  return {
    ...addon,
    ...hotCalls(addon),
    key(region) {
      const info = addon.regionInfo(region)
      return info === undefined ? '' : `${info.nonce.toString(16)}.${info.inode.toString(16)}`
    },
    regionOf(key: RegionKey) {
      const [, nonce, inode] =
        (typeof key === 'string' && /^([0-9a-f]{1,16})\.([0-9a-f]{1,16})$/.exec(key)) || []
      if (nonce === undefined || inode === undefined) return RESULT.absent
      return addon.findRegion(BigInt(`0x${nonce}`), BigInt(`0x${inode}`))
    },
  }
}

/** Loaded where it is needed: that is a third of the import's work. */
function portable(): Backend {
  const { portableBackend } = require('./portable/backend') as typeof import('./portable/backend')
  return portableBackend()
}

/** The cells of this process: the addon's, or the portable ones where there is no addon. */
export const backend: Backend = loaded.addon ? nativeBackend(loaded.addon) : portable()
