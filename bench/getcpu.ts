import { readFileSync } from 'node:fs'
import { cpuId, getcpu as getcpuSyscall, schedGetcpu, status } from 'rseq'
import { type Case, type QuestionPlan, type RowPlan, Unavailable } from '../src/ts/cli/bench/plan'
import { FLOORS, packageAddon, timed } from './native'
import { optional } from './optional'

/** Sums what `read` gives. Each process has one reader: the call is inlined or direct, never megamorphic. */
function summing(read: () => number): (n: number) => number {
  return (n) => {
    let sum = 0
    for (let i = 0; i < n; i++) sum = (sum + read()) | 0
    return sum
  }
}

function js(id: string, label: string, kind: 'ours' | 'other', prepare: () => () => number): RowPlan {
  return { id, label, kind, case: { kind: 'loop', prepare: () => summing(prepare()) } }
}

const c = (name: string): Case => ({ kind: 'timed', prepare: () => timed(name) })

/** Field 39 of /proc/thread-self/stat, processor; the command's name before it may hold anything. */
function processorFromProc(): number {
  const text = readFileSync('/proc/thread-self/stat', 'latin1')
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[36])
}

const ROWS: readonly RowPlan[] = [
  ...FLOORS,
  {
    id: 'c-empty',
    label: 'C: empty loop',
    kind: 'floor',
    case: c('empty'),
    published: { x86_64: 0.8, arm32: 8.4 },
  },
  {
    id: 'c-rseq',
    label: 'C: inline rseq read',
    kind: 'c',
    case: c('rseqRead'),
    published: { x86_64: 0.8, arm32: 16.7 },
  },
  {
    id: 'c-sched-getcpu',
    label: 'C: libc sched_getcpu()',
    kind: 'c',
    case: c('schedGetcpu'),
    published: { x86_64: 16.6, arm32: 301.8 },
  },
  { id: 'c-vdso', label: 'C: vDSO getcpu', kind: 'c', case: c('vdsoGetcpu') },
  {
    id: 'c-syscall',
    label: 'C: getcpu system call',
    kind: 'c',
    case: c('getcpuSyscall'),
    published: { x86_64: 53.9, arm32: 234.9 },
  },
  ...(process.arch === 'x64'
    ? ([
        { id: 'c-rdtscp', label: 'C: rdtscp', kind: 'c', case: c('rdtscp') },
        { id: 'c-rdpid', label: 'C: rdpid', kind: 'c', case: c('rdpid') },
      ] as const)
    : []),

  js('js-cpu-id', 'JS: cpuId(), the view', 'ours', () => {
    if (status().cpuIdSource !== 'rseq') throw new Unavailable(status().message)
    return cpuId
  }),
  js('js-napi-cpu-id', 'JS: cpu_id by N-API', 'ours', () => packageAddon().cpuId),
  js('js-sched-getcpu', 'JS: schedGetcpu(), N-API', 'ours', () => {
    packageAddon()
    return schedGetcpu
  }),
  js('js-getcpu', 'JS: getcpu(), system call', 'ours', () => {
    packageAddon()
    return () => getcpuSyscall().cpu
  }),
  js('js-koffi', 'JS: koffi sched_getcpu()', 'other', () => {
    const koffi = optional<typeof import('koffi')>('koffi')
    return koffi.load(null).func('int sched_getcpu()') as () => number
  }),
  js('js-proc', 'JS: /proc/thread-self/stat', 'other', () => {
    if (process.platform !== 'linux') throw new Unavailable('there is no /proc')
    return processorFromProc
  }),
]

/** Every way to read the CPU number. */
export const getcpu: QuestionPlan = {
  name: 'getcpu',
  title: 'Which CPU am I on?',
  per: 'read',
  reference: ['js-cpu-id'],
  unit: 'cpuId()',
  notes: [
    {
      about: ['c-empty', 'c-rseq', 'c-sched-getcpu', 'c-syscall'],
      text: 'x86-64, arm32: as published with the kernel’s rseq, on a Xeon E5-2630 v3 and a Cubietruck; libc’s sched_getcpu() did not use rseq then.',
    },
  ],
  rows: () => ROWS,
}
