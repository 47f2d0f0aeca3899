import { path } from './builtins'
import type { HotCalls } from './cells'
import { type Addon, loaded, requireAddon } from './native'

const { dirname, join } = path

interface FastAddon {
  /** Missing where the addon was built for a V8 that src/native/fastcall.cc does not know. */
  bind?(targets: ArrayBuffer): Partial<HotCalls> | undefined
}

const HOT = [
  'inc',
  'addInt32',
  'add',
  'addFloat',
  'record',
  'recordInt32',
  'acquireSlot',
  'releaseSlot',
  'ringWrite',
] as const

/** V8 versions that the test suite has run with fast calls: those of Node 20, 22, 24 and 26. */
const TESTED_V8 = /^(11\.3|12\.4|13\.6|14\.6)\./

/**
 * The hot operations of `addon` as V8 fast calls, or null where plain N-API is to be used: switched off by
 * `RSEQ_FAST_CALLS=0`, a V8 that was never tested, or no second addon for this Node ABI.
 */
export function loadFastCalls(addon: Addon): HotCalls | null {
  const { v8, modules, bun, electron, deno } = process.versions as NodeJS.ProcessVersions & {
    bun?: string
    electron?: string
    deno?: string
  }
  // Others may report a Node's V8 version without being that V8.
  if (bun !== undefined || electron !== undefined || deno !== undefined) return null
  if (loaded.path === null || process.env.RSEQ_FAST_CALLS === '0' || !TESTED_V8.test(v8)) return null
  // Beside the addon: in a checkout's build, or in what the package ships.
  const names = ['rseq_fast.node', `rseq_fast.abi${modules}.node`]
  for (const name of names) {
    try {
      const fast = requireAddon(join(dirname(loaded.path), name)) as FastAddon
      const bound = fast.bind?.(addon.targets())
      if (bound !== undefined && HOT.every((name) => bound[name] !== undefined)) return bound as HotCalls
    } catch {
      // not there, or built for another Node: N-API does the same, slower
    }
  }
  return null
}
