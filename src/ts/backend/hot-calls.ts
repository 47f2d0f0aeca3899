import { fs, path } from '../base/builtins'
import type { HotCalls } from '../contract/backend'
import { type Addon, loaded, requireAddon } from './addon'

const { existsSync } = fs
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

/** Why hot operations are V8 fast calls, or are not. Stable codes. */
export type FastCallsReason =
  | 'OK'
  | 'DISABLED'
  | 'UNTESTED_RUNTIME'
  | 'UNTESTED_V8'
  | 'NO_FILE'
  | 'REFUSED'
  | 'OTHER_VERSION'
  | 'NO_ADDON'

/** The hot operations as V8 fast calls; null where plain N-API is to be used. */
export interface FastCalls {
  readonly calls: HotCalls | null
  readonly reason: FastCallsReason
  /** For a person. Empty where there is nothing to say. */
  readonly message: string
}

function none(reason: FastCallsReason, message: string): FastCalls {
  return { calls: null, reason, message }
}

/** Why this runtime is not to have them, whatever there is for it. */
function forbidden(): FastCalls | null {
  const { v8, bun, electron, deno } = process.versions as NodeJS.ProcessVersions & {
    bun?: string
    electron?: string
    deno?: string
  }
  // Others may report a Node's V8 version without being that V8.
  if (bun !== undefined || electron !== undefined || deno !== undefined)
    return none('UNTESTED_RUNTIME', 'they are for Node alone')
  if (process.env.RSEQ_FAST_CALLS === '0') return none('DISABLED', 'RSEQ_FAST_CALLS=0')
  if (TESTED_V8.test(v8)) return null
  return none(
    'UNTESTED_V8',
    `V8 ${v8} is not one of those that they were tried with, of Node 20, 22, 24 and 26`,
  )
}

/** The hot operations of `addon`, by the second addon for this Node ABI. */
export function loadFastCalls(addon: Addon): FastCalls {
  if (loaded.path === null) return none('NO_ADDON', '')
  const refusal = forbidden()
  if (refusal !== null) return refusal
  // Beside the addon: in a checkout's build, or in what the package ships.
  const names = ['rseq_fast.node', `rseq_fast.abi${process.versions.modules}.node`]
  const folder = dirname(loaded.path)
  let failure = none('NO_FILE', `${folder} has no ${names[1]}; what copied the addon has left it there`)
  for (const name of names) {
    const path = join(folder, name)
    try {
      const fast = requireAddon(path) as FastAddon
      const bound = fast.bind?.(addon.targets())
      if (bound !== undefined && HOT.every((name) => bound[name] !== undefined))
        return { calls: bound as HotCalls, reason: 'OK', message: '' }
      failure = none('OTHER_VERSION', `${path} is of another version of this package, or for another V8`)
    } catch (error) {
      // N-API does the same, slower.
      if (existsSync(path)) failure = none('REFUSED', `${path}: ${(error as Error).message}`)
    }
  }
  return failure
}
