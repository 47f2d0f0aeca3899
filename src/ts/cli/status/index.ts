import { version } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { loaded } from '../../backend/addon'
import { type Status, status } from '../../index'
import { jsonText } from '../kit/json'
import { print } from '../kit/output'
import { colors, hanging, wrapped } from '../kit/terminal'
import type { Values } from '../kit/usage'
import { running } from '../top/running.js'

/** Exit code where rseq is not active: different from a failure of the command. */
const INACTIVE = 3
/** Where values start. */
const COLUMN = 16
/** Milliseconds that `run` waits for the abort check of a suspect kernel: it takes 50 at most, but on a busy machine. */
const PATIENCE = 2000

const REGISTRATIONS: Record<Status['registration'], string> = {
  libc: 'libc',
  self: 'self (this package)',
  foreign: 'foreign (another library)',
  none: 'none',
}
const SOURCES: Record<Status['cpuIdSource'], string> = {
  rseq: 'rseq (a memory load)',
  vdso: 'vdso (sched_getcpu)',
  syscall: 'syscall (getcpu)',
  none: 'none',
}
const BACKENDS: Record<Status['backend'], string> = {
  rseq: 'rseq (critical sections)',
  atomic: 'atomic (native atomic adds)',
  portable: 'portable (JavaScript Atomics)',
}

/** `rseq status`: what this machine has, for people or as JSON. */
export async function run(_: string[], values: Values): Promise<void> {
  const end = performance.now() + PATIENCE
  while (loaded.addon?.status().awaited && performance.now() < end) await sleep(5)
  const report = status()
  // Before writing: it is the exit code even if nobody reads all of it.
  process.exitCode = report.available ? 0 : INACTIVE
  print(values.json ? [jsonText(report)] : text(report))
}

function text(report: Status): string[] {
  const { available, area, kernel, features, libc, cpus } = report
  const colour = available ? colors.green : colors.yellow
  const services = running()
  return [
    ...wrapped(`rseq is ${available ? 'active' : 'not active'} (backend: ${report.backend})`).map((line) =>
      colors.bold(colour(line)),
    ),
    ...wrapped(report.message),
    ...group('Thread', {
      registration: REGISTRATIONS[report.registration],
      reason: report.reason,
      'cpuId() reads': SOURCES[report.cpuIdSource],
      'counters add': BACKENDS[report.backend],
      'fast calls': report.fastCalls ? 'yes' : `no (${report.fastCallsReason})`,
    }),
    ...group(
      'Area',
      area === null
        ? { area: 'none' }
        : {
            offset: `${area.offset} from the thread pointer`,
            size: `${area.size} bytes live`,
            registered: `${area.registeredSize} bytes`,
            flags: `0x${area.flags.toString(16)}`,
            mode: area.mode === null ? 'the only one (Linux before 7.0)' : area.mode,
          },
    ),
    ...group('Kernel', {
      release: kernel.release,
      'rseq fields': kernel.featureSize === 0 ? 'not told' : `${kernel.featureSize} bytes`,
      alignment: kernel.align === 0 ? 'not told' : `${kernel.align} bytes`,
    }),
    ...group('Features', {
      cpu_id: yesNo(features.cpuId),
      node_id: yesNo(features.nodeId),
      mm_cid: yesNo(features.mmCid),
      'time slices': yesNo(features.sliceExtension),
      membarrier: yesNo(features.membarrier),
    }),
    ...group('CPUs', {
      possible: String(cpus.possible),
      online: String(cpus.online),
      allowed: String(cpus.allowed),
    }),
    ...group('Software', {
      libc: libc.version === null ? libc.name : `${libc.name} ${libc.version}`,
      node: `${version} ${report.arch}`,
      addon: report.addon ?? 'none',
    }),
    ...(services.length === 0 ? [] : group('Services', services)),
  ]
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no'
}

function group(title: string, facts: Record<string, string> | ReturnType<typeof running>): string[] {
  const rows = (Array.isArray(facts) ? facts : Object.entries(facts)).flatMap(([label, value]) => {
    const [first = '', ...rest] = hanging(label, value, 2, COLUMN)
    return [colors.dim(first.slice(0, COLUMN)) + first.slice(COLUMN), ...rest]
  })
  return ['', colors.bold(title), ...rows]
}
