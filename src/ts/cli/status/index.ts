import { version } from 'node:process'
import type { Status } from '../../index'
import { jsonText } from '../kit/json'
import { print } from '../kit/output'
import { colors, hanging, wrapped } from '../kit/terminal'
import type { Values } from '../kit/usage'
import { running } from '../top/running.js'
import { settled } from './settled'

/** Exit code where rseq is not active: different from a failure of the command. */
const INACTIVE = 3
/** Where values start. */
const COLUMN = 16

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
const MODES = { optimized: 'optimized', legacy: 'legacy' }

/** `rseq status`: what this machine has, for people or as JSON. */
export async function run(_: string[], values: Values): Promise<void> {
  const report = await settled()
  // Before writing: it is the exit code even if nobody reads all of it.
  process.exitCode = report.available ? 0 : INACTIVE
  print(values.json ? [jsonText(report)] : text(report))
}

function text(report: Status): string[] {
  const { available, area, kernel, features, libc, cpus } = report
  const colour = available ? colors.green : colors.yellow
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
            mode: area.mode === null ? 'the only one (Linux before 7.0)' : MODES[area.mode],
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
    ...servicesOf(running()),
  ]
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no'
}

function group(title: string, facts: Record<string, string>): string[] {
  const rows = Object.entries(facts).flatMap(([label, value]) => row(label, value))
  return ['', colors.bold(title), ...rows]
}

/** Nothing where none is running. */
function servicesOf(all: ReturnType<typeof running>): string[] {
  const rows = all.flatMap(({ leader, text }) => row(leader, text))
  return rows.length === 0 ? [] : ['', colors.bold('Services'), ...rows]
}

function row(label: string, value: string): string[] {
  const [first = '', ...rest] = hanging(label, value, 2, COLUMN)
  return [colors.dim(first.slice(0, COLUMN)) + first.slice(COLUMN), ...rest]
}
