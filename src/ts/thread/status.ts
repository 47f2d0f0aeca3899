import { type Addon, loaded, type ThreadStatus } from '../backend/addon'
import { type FastCallsReason, fastCalls } from '../backend/hot-calls'
import { possibleCpus } from '../backend/portable/cpus'
import { fs, os } from '../base/builtins'
import { attempted } from '../base/errors'
import { setRegistered, settle } from './cpu'

const { readFileSync } = fs
const { availableParallelism, cpus, release } = os

export type { FastCallsReason }

/** By the native side's numbers. */
export const REGISTRATIONS = ['none', 'libc', 'self', 'foreign'] as const
/** By the native side's numbers. */
export const REASONS = [
  'OK',
  'ENOSYS',
  'EPERM',
  'REFUSED',
  'LIBC_HIDDEN',
  'FOREIGN_OWNER',
  'UNTRUSTED_KERNEL',
  'NO_MEMORY',
  'UNREGISTERED',
  'THREAD_ENDING',
] as const
/** By the native side's numbers. */
export const SOURCES = ['none', 'rseq', 'vdso', 'syscall'] as const

/** Whose registration the calling thread has. */
export type Registration = (typeof REGISTRATIONS)[number]

/** Why the calling thread has rseq, or has not. Stable codes. */
export type Reason = (typeof REASONS)[number] | 'NO_ADDON' | 'UNSUPPORTED_PLATFORM'

/** What `status()` tells. Everything is of the calling thread, at the time of the call. */
export interface Status {
  /** This thread runs critical sections in a registered rseq area. */
  readonly available: boolean
  /** Who registered this thread: libc, this package, somebody else, or nobody. */
  readonly registration: Registration
  /** `OK`, or why not. */
  readonly reason: Reason
  /** One or two sentences for a person: what is so, and what to do about it. */
  readonly message: string
  /** What `cpuId()` reads. */
  readonly cpuIdSource: 'rseq' | 'vdso' | 'syscall' | 'none'
  /** How this thread's counters add: critical sections, native atomics, or JavaScript's `Atomics`. */
  readonly backend: 'rseq' | 'atomic' | 'portable'
  /** Hot operations are direct V8 calls rather than N-API calls. */
  readonly fastCalls: boolean
  /**
   * `OK`, or why not: `DISABLED` by RSEQ_FAST_CALLS=0, `UNTESTED_RUNTIME` (not Node), `UNTESTED_V8`, `NO_FILE` for this Node
   * beside the addon, `REFUSED` by the system, `OTHER_VERSION` of this package or for another V8, `NO_ADDON`.
   */
  readonly fastCallsReason: FastCallsReason
  /** The thread's area, where there is a readable one. */
  readonly area: {
    /** From the thread pointer, in bytes. */
    readonly offset: number
    /** Live bytes. */
    readonly size: number
    /** libc's `__rseq_flags`; 0 for an area of our own. */
    readonly flags: number
    /** The length that the kernel was given. */
    readonly registeredSize: number
    /** How the kernel keeps the ids up to date; null where it knows only one way (before 7.0). */
    readonly mode: 'legacy' | 'optimized' | null
  } | null
  /** What the kernel says of itself. */
  readonly kernel: {
    readonly release: string
    /** AT_RSEQ_FEATURE_SIZE in bytes; 0 where the kernel does not say (before 6.3). */
    readonly featureSize: number
    /** AT_RSEQ_ALIGN in bytes; 0 where the kernel does not say. */
    readonly align: number
  }
  /** What this thread can use. */
  readonly features: {
    /** `cpuId()` is a load from the area. */
    readonly cpuId: boolean
    /** `nodeId()` is one. */
    readonly nodeId: boolean
    /** There are concurrency ids: Linux 6.3 and later. */
    readonly mmCid: boolean
    /** A thread can ask for a little more time: Linux 7.0 and later, where it was built so. */
    readonly sliceExtension: boolean
    /** The kernel can fence critical sections of other threads: Linux 5.10 and later. */
    readonly membarrier: boolean
  }
  /** The C library; its version is null where it does not say. */
  readonly libc: { readonly name: 'glibc' | 'musl' | 'other'; readonly version: string | null }
  /** How many CPUs there are, by the kernel. */
  readonly cpus: {
    /** Bound of every CPU number: the highest possible one + 1. */
    readonly possible: number
    /** CPUs that are running now. */
    readonly online: number
    /** CPUs that this thread may run on. */
    readonly allowed: number
  }
  /** `process.arch`. */
  readonly arch: string
  /** Path of the loaded addon. */
  readonly addon: string | null
}

/** Linux 7.0 made the registered length choose the mode; it has more than 32 bytes of features. */
const LEGACY_LENGTH = 32

const MESSAGES: Record<(typeof REASONS)[number], string> = {
  OK: '',
  ENOSYS:
    'The rseq system call is missing: a kernel before 4.18 or without CONFIG_RSEQ, or an emulator (qemu-user, valgrind, gVisor). Counters work, with atomic instructions.',
  EPERM:
    'The rseq system call is denied, most likely by a seccomp filter: allow "rseq" in the container or sandbox profile (the default profiles of Docker and Podman do). Counters work, with atomic instructions.',
  REFUSED:
    'The rseq system call failed with an errno that a kernel does not give here: look at seccomp filters and tracers. Counters work, with atomic instructions.',
  LIBC_HIDDEN:
    'This C library registers its threads for rseq but does not say where (glibc 2.34 of some distributions): update glibc to 2.35, or start Node with GLIBC_TUNABLES=glibc.pthread.rseq=0. Counters work, with atomic instructions.',
  FOREIGN_OWNER:
    'Another library has registered this thread for rseq and does not share its area: start without it, or let libc own the registration (glibc 2.35 and later). Counters work, with atomic instructions.',
  UNTRUSTED_KERNEL:
    'This kernel says it has rseq, but what it says does not hold (a wrong CPU number, or sections that were not seen to be aborted): update it. Counters work, with atomic instructions.',
  NO_MEMORY: 'No memory for the area of this thread. Counters work, with atomic instructions.',
  UNREGISTERED:
    'unregister() was called on this thread; register() undoes it. Counters work, with atomic instructions.',
  THREAD_ENDING: 'The thread is ending. Counters work, with atomic instructions.',
}

const AWAITED =
  'This version of the kernel is known for sections that are not aborted; whether this one aborts them is being tried: within 50 ms of the start, and where the machine was too busy then, again later, ever more rarely, for a quarter of an hour. Until there is an answer, counters work with atomic instructions.'

function messageOf(
  thread: ThreadStatus,
  registration: Registration,
  reason: (typeof REASONS)[number],
): string {
  if (thread.awaited) return AWAITED
  if (reason !== 'OK') {
    return reason === 'REFUSED' ? `${MESSAGES.REFUSED} (errno ${thread.errno})` : MESSAGES[reason]
  }
  switch (registration) {
    case 'self':
      return 'Restartable sequences are active; libc registers no threads, so this thread was registered here.'
    case 'foreign':
      return 'Restartable sequences are active, in the area that another library registered and shares as __rseq_abi.'
    default:
      return 'Restartable sequences are active, in the area that libc registered.'
  }
}

function fastCallsClause(): string {
  const { message } = fastCalls
  return message === '' ? '' : ` Fast calls are off, and calls slower: ${message}.`
}

/** Empty where a runtime's permissions forbid to ask. */
const kernelRelease = (): string => attempted(release, '')

/** @param glibc its version, where the addon found it; other C libraries have none to ask for */
function libcOf(glibc: string | undefined): Status['libc'] {
  if (glibc !== undefined) return { name: 'glibc', version: glibc }
  // Empty where this is not Linux, or there is no /proc.
  const maps = attempted(() => readFileSync('/proc/self/maps', 'latin1'), '')
  // Its loader is the library itself, under either name.
  if (/\/(ld-musl-[^/]*|[^/]*-linux-musl\/libc\.so)$/m.test(maps)) return { name: 'musl', version: null }
  const isGlibc = /\/(libc\.so\.6|libc-2\.\d+\.so)$/m.test(maps)
  return { name: isGlibc ? 'glibc' : 'other', version: null }
}

function withAddon(addon: Addon, path: string): Status {
  const thread = addon.status()
  const registration = REGISTRATIONS[thread.registration] as Registration
  const reason = REASONS[thread.reason] as (typeof REASONS)[number]
  const { offset, size, flags, registeredSize, featureSize } = thread
  const live = offset !== undefined
  const mode = registeredSize > LEGACY_LENGTH ? 'optimized' : featureSize > LEGACY_LENGTH ? 'legacy' : null
  return {
    available: thread.sections,
    registration,
    reason,
    message: messageOf(thread, registration, reason) + fastCallsClause(),
    cpuIdSource: live ? 'rseq' : (SOURCES[thread.fallback] as Status['cpuIdSource']),
    backend: thread.sections ? 'rseq' : 'atomic',
    fastCalls: fastCalls.calls !== null,
    fastCallsReason: fastCalls.reason,
    area: live ? { offset, size, flags, registeredSize, mode } : null,
    kernel: { release: kernelRelease(), featureSize, align: thread.align },
    features: {
      cpuId: live,
      nodeId: thread.nodeId,
      mmCid: live && size >= 28,
      sliceExtension: live && thread.sliceExtension,
      membarrier: live && thread.membarrier,
    },
    libc: libcOf(thread.glibc),
    cpus: { possible: thread.possible, online: thread.online, allowed: thread.allowed },
    arch: process.arch,
    addon: path,
  }
}

function withoutAddon(reason: Reason, message: string): Status {
  return {
    available: false,
    registration: 'none',
    reason,
    message,
    cpuIdSource: 'none',
    backend: 'portable',
    fastCalls: false,
    fastCallsReason: 'NO_ADDON',
    area: null,
    kernel: { release: kernelRelease(), featureSize: 0, align: 0 },
    features: { cpuId: false, nodeId: false, mmCid: false, sliceExtension: false, membarrier: false },
    libc: libcOf(undefined),
    cpus: {
      possible: possibleCpus(),
      online: attempted(() => cpus().length, 0),
      allowed: attempted(availableParallelism, 0),
    },
    arch: process.arch,
    addon: null,
  }
}

function freeze(status: Status): Status {
  for (const part of Object.values(status)) Object.freeze(part)
  return Object.freeze(status)
}

/**
 * What the calling thread has, and why: a frozen object, made anew at each call. The first call settles
 * the thread, as the first `cpuId()` or counter does: it is registered where libc has not done so. Never throws.
 */
export function status(): Status {
  settle()
  return freeze(
    loaded.addon ? withAddon(loaded.addon, loaded.path) : withoutAddon(loaded.reason, loaded.message),
  )
}

/**
 * Registers the calling thread with the kernel where nobody has: after {@link unregister}, or when an
 * earlier attempt failed for a reason that is gone. Idempotent; never throws: look at `reason`.
 * Counters and `cpuId()` do this by themselves on first use.
 */
export function register(): Status {
  setRegistered(true)
  return status()
}

/**
 * Takes back this package's own registration of the calling thread; one of libc or of somebody else stays.
 * Until {@link register} the thread's operations take the overflow path, exact as ever. Idempotent.
 */
export function unregister(): Status {
  setRegistered(false)
  return status()
}
