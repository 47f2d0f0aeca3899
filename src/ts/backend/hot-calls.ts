import { fs, path } from '../base/builtins'
import type { HotCalls } from '../contract/backend'
import { type Addon, HOT, loaded, requireAddon } from './addon'

const { existsSync } = fs
const { dirname, join } = path

interface FastAddon {
  /** Missing where the addon was built for a V8 that src/native/addon/fastcall.cc does not know. */
  bind?(targets: ArrayBuffer): Partial<HotCalls> | undefined
}

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

/** By the second addon, for this Node ABI. */
function loadFastCalls(): FastCalls {
  if (loaded.addon === null) return none('NO_ADDON', '')
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
      const bound = fast.bind?.(loaded.addon.targets())
      if (bound !== undefined && HOT.split(' ').every((name) => name in bound))
        return { calls: bound as HotCalls, reason: 'OK', message: '' }
      failure = none('OTHER_VERSION', `${path} is of another version of this package, or for another V8`)
    } catch (error) {
      // N-API does the same, slower.
      if (existsSync(path)) failure = none('REFUSED', `${path}: ${(error as Error).message}`)
    }
  }
  return failure
}

export const fastCalls: FastCalls = loadFastCalls()

/** struct Mailbox of src/native/addon/addon.h: of its 32-bit words … */
const ID = 0
const N = 1
/** … and of its doubles. */
const AMOUNT = 1
const FIELDS = 2
/** @internal For test/unit/backend/layout.test.ts, which holds them against the native numbers. */
export const MAILBOX = { id: ID, n: N, amount: AMOUNT, fields: FIELDS } as const

/** As N-API calls with arguments in this thread's mailbox; null where the engine cannot see it: that is twice the price. */
function mailedCalls(addon: Addon): HotCalls | null {
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

/** The hot operations, the fastest way that there is. */
export function hotCalls(addon: Addon): HotCalls {
  return fastCalls.calls ?? mailedCalls(addon) ?? addon
}
