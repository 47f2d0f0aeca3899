// One of the threads that count together; team.ts is their leader.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { ThreadDuty } from './crews'
import { serve } from './member'
import { rowOf } from './questions'

const { question, key, scope, worker, workers, memory, gate, times } = workerData as ThreadDuty
const port = parentPort as MessagePort

void serve(
  { worker, workers },
  () => {
    const row = rowOf(question, key, scope)
    if (row.case.kind !== 'threads') throw new Error(`${key} of ${question} is not for threads`)
    return row.case.prepare({ worker, workers, memory })
  },
  (news) => port.postMessage(news),
  (round) => {
    Atomics.wait(gate, 0, round)
    return { begin: Number(times[0]), end: Number(times[1]) }
  },
)
