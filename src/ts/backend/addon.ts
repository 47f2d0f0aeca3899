import { fs, nodeModule } from '../base/builtins'
import { attempted } from '../base/errors'
import type { Backend, HotCalls } from '../contract/backend'
import { ownBuild, prebuilds } from '../places'

const { accessSync, existsSync } = fs
const { createRequire } = nodeModule
/** Not from builtins: Turbopack knows it in the file that loads it alone. */
const { dirname, join, normalize }: typeof import('node:path') =
  process.getBuiltinModule?.('node:path') ?? require('node:path')

/** The addon's status() of one thread; the numbers index the tables in status.ts. */
export interface ThreadStatus {
  readonly registration: number
  readonly reason: number
  readonly errno: number
  readonly offset?: number
  readonly glibc?: string
  readonly size: number
  readonly flags: number
  readonly registeredSize: number
  readonly featureSize: number
  readonly align: number
  readonly fallback: number
  readonly possible: number
  readonly online: number
  readonly allowed: number
  readonly sections: boolean
  readonly awaited: boolean
  readonly nodeId: boolean
  readonly membarrier: boolean
  readonly sliceExtension: boolean
}

/** The twins of the hot operations, which read the mailbox. */
type Mailed = {
  [Name in keyof HotCalls as `mailed${Capitalize<Name>}`]: () => ReturnType<HotCalls[Name]>
}

/** What src/native/addon/*.cc export; documented there. */
export interface Addon extends Omit<Backend, 'key' | 'regionOf'>, Mailed {
  mailbox(): ArrayBuffer | undefined
  targets(): ArrayBuffer
  findRegion(nonce: bigint, inode: bigint): number
  cpuId(): number
  mmCid(): number
  schedGetcpu(): number
  getcpu(): number
  areaView(): ArrayBuffer | undefined
  settle(): number
  preemptionRecord(): ArrayBuffer | undefined
  armable(): boolean
  countSwitches(): boolean
  readClock(): void
  stayOn(cpu: number): number
  standBack(): number
  watch(
    cpu: number,
    origin: number,
    deadline: number,
    threshold: number,
    control: Int32Array,
    into: Float64Array,
  ): number
  registerThread(): void
  unregisterThread(): void
  status(): ThreadStatus
  statistics(): { aborts: number; abortsBySection: number[]; areasAllocated: number; areasInUse: number }
}

/** The addon, or why there is none. */
export type Loaded =
  | { readonly addon: Addon; readonly path: string }
  | {
      readonly addon: null
      readonly path: null
      readonly reason: 'NO_ADDON' | 'UNSUPPORTED_PLATFORM'
      readonly message: string
    }

const architectures = ['x64', 'arm64']

/** The operations that have a faster way in than a call with arguments. */
export const HOT = 'inc addInt32 add addFloat record recordInt32 acquireSlot releaseSlot ringWrite'

/** The names of all functions, by which an addon of another version is told. */
const FUNCTIONS = [
  HOT,
  'mailedInc mailedAddInt32 mailedAdd mailedAddFloat mailedRecord mailedRecordInt32 mailedAcquireSlot',
  'mailedReleaseSlot mailedRingWrite mailbox threadWord acquireSlots releaseSlots handOverSlot',
  'adoptSlot slotsHeld reclaimSlots slotOwner ringWriteBytes ringBegin ringRead ringAdvance ringEnd',
  'ringCounts addMany recordMany recordTimes setGauge addGauge survey writeRows lead stepDown targets',
  'value floatValue bigValue drainFloat cells histogramCells mergeHistogram open make adopt release',
  'removeDeadGauges setPatience generation describe list createFile createMemfd attach sweep findRegion',
  'closeRegion checkRegion regionInfo processes cpuId mmCid schedGetcpu getcpu areaView settle',
  'preemptionRecord armable countSwitches readClock stayOn standBack watch registerThread',
  'unregisterThread status statistics',
] as const
type Words<Text, Found = never> = Text extends `${infer Word} ${infer Rest}`
  ? Words<Rest, Found | Word>
  : Found | Text
type Missing = Exclude<keyof Addon, Words<(typeof FUNCTIONS)[number]>>
/** The compiler sees to it that none is missing. */
const names: [Missing] extends [never] ? string[] : Missing = FUNCTIONS.join(' ').split(' ')

/** Loads a `.node` file. No bundler takes this for a require() of its own. */
export function requireAddon(path: string): unknown {
  return createRequire(path)(path)
}

const addonIn = (folder: string): string => `${folder}/linux-${process.arch}/rseq.node`

/** What Turbopack calls the project's folder in what it bundles. */
const TURBOPACK = '/ROOT/'

/** The same in the project's folder, or in its copy: in one at or above the program's. */
function besideProgram(): string[] {
  const [, program] = process.argv
  const folder = prebuilds()
  if (!folder.startsWith(TURBOPACK) || program === undefined) return []
  return above(program).map((project) => addonIn(join(project, folder.slice(TURBOPACK.length))))
}

/** The folder of a file, and all above it. */
function above(file: string): string[] {
  const folder = dirname(file)
  return folder === file ? [] : [folder, ...above(folder)]
}

/** The paths of what may be the addon: a checkout's own build first. Each place throws where there is no `__dirname`. */
function* candidates(): Generator<string> {
  const places = [() => [ownBuild()], () => [addonIn(prebuilds())], besideProgram]
  for (const place of places) yield* attempted(() => place().map(normalize), [])
}

/** @throws where the file is no addon, or one of another version of this package */
function open(path: string): Addon {
  const addon = requireAddon(path) as Addon
  const missing = names.find((name) => typeof addon[name as keyof Addon] !== 'function')
  if (missing !== undefined) throw new Error(`built from another version (it has no ${missing})`)
  return addon
}

function load(): Loaded {
  const none = (reason: 'NO_ADDON' | 'UNSUPPORTED_PLATFORM', message: string): Loaded => ({
    addon: null,
    path: null,
    reason,
    message,
  })
  if (process.platform !== 'linux' || !architectures.includes(process.arch)) {
    return none(
      'UNSUPPORTED_PLATFORM',
      `Restartable sequences are a feature of Linux on x64 and arm64; this is ${process.platform} on ${process.arch}. Counters work, with atomic instructions.`,
    )
  }
  const tried: string[] = []
  let refused = false
  for (const path of candidates()) {
    try {
      // Throws: it says why.
      if (!existsSync(path)) accessSync(path)
      return { addon: open(path), path }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      const missing = code === 'ENOENT' || code === 'ENOTDIR'
      if (!missing) refused = true
      tried.push(`${path}: ${missing ? 'no such file' : message}`)
    }
  }
  if (tried.length === 0) tried.push('nothing: an ES module that a bundler made knows no folder')
  const advice = refused
    ? 'It is there, but was refused: see to what is said of it (permissions, a noexec mount, a sandbox, another C library), or install the package anew where the file is damaged.'
    : 'Reinstall the package; in a bundle, mark "rseq" as external and install it beside; in a checkout, run "npm run build".'
  return none(
    'NO_ADDON',
    `The native addon could not be loaded. Counters work, with atomic instructions. ${advice} Tried: ${tried.join('; ')}`,
  )
}

/** Loaded once per thread, on import; never throws. */
export const loaded: Loaded = load()
