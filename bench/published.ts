import { availableParallelism } from 'node:os'
import { type Case, type QuestionPlan, type RowPlan, Unavailable } from '../src/ts/cli/bench/plan'
import { benchAddon, timed } from './native'

const c = (name: string): Case => ({ kind: 'timed', prepare: () => timed(name) })
const THREADS = Math.min(availableParallelism(), 64)

const ROWS: readonly RowPlan[] = [
  { id: 'c-empty', label: 'empty loop', kind: 'floor', case: c('empty') },
  {
    id: 'c-rseq-increment',
    label: 'rseq increment',
    kind: 'c',
    case: c('rseqIncrement'),
    published: { x86_64: 2.0, arm32: 31.4 },
  },
  {
    id: 'c-getcpu-atomic',
    label: 'sched_getcpu() + atomic add',
    kind: 'c',
    case: c('schedGetcpuAtomic'),
    published: { x86_64: 15.3, arm32: 344.0 },
  },
  { id: 'c-vdso-atomic', label: 'vDSO getcpu + atomic add', kind: 'c', case: c('vdsoGetcpuAtomic') },
  { id: 'c-rseq-atomic', label: 'rseq cpu_id + atomic add', kind: 'c', case: c('rseqAtomic') },
  { id: 'c-counter', label: 'this package’s add, in C', kind: 'c', case: c('counterAdd') },
  { id: 'c-atomic-private', label: 'atomic add, private line', kind: 'c', case: c('atomicPrivate') },
  {
    id: 'c-atomic-shared',
    label: `atomic add, one line, ${THREADS} threads`,
    kind: 'c',
    case: {
      kind: 'timed',
      // Long beside the start of a thread.
      callNs: 1_500_000,
      inCompany: true,
      prepare() {
        if (THREADS < 2) throw new Unavailable('this process may use one CPU only')
        const { atomicShared } = benchAddon()
        return (n) => {
          const each = Math.ceil(n / THREADS)
          const nanoseconds = atomicShared(each, THREADS)
          if (nanoseconds < 0) throw new Error('a thread could not be started')
          return nanoseconds / (each * THREADS)
        }
      },
    },
  },
]

/** The counter row of the kernel's own table, here. */
export const published: QuestionPlan = {
  name: 'published',
  title: 'Counting in C: getcpu and an atomic add, or rseq?',
  per: 'increment',
  reference: ['c-rseq-increment'],
  unit: 'rseq',
  notes: [
    {
      about: ROWS.map(({ id }) => id),
      text: 'x86-64, arm32: as published with the kernel’s rseq, on a Xeon E5-2630 v3 (7.7 times) and a Cubietruck (11 times). libc’s sched_getcpu() did not use rseq then: the vDSO row is closer to it.',
    },
  ],
  rows: () => ROWS,
}
