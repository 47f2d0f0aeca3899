// One of the threads that count together; team.ts is their leader.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { type Loop, Unavailable } from '../src/ts/cli/bench/plan'
import { clock } from './clock'
import { sample, warmUp } from './measure'
import { pinThread } from './native'
import { rowOf } from './questions'
import { Quiet } from './quiet'
import type { Duty, News } from './team'

const { question, key, scope, worker, workers, memory, gate, times } = workerData as Duty
const port = parentPort as MessagePort

function tell(news: News): void {
  port.postMessage(news)
}

/** Runs `loop` from one time to the other, and at least once. */
function count(loop: Loop, n: number, begin: number, end: number): News {
  while (clock() < begin) {
    // Everybody begins at once; a sleeping thread would be late.
  }
  const started = clock()
  let done = 0
  let ended: number
  do {
    loop(n)
    done += n
    ended = clock()
  } while (ended < end)
  return { started, ended, done }
}

async function prepare(): Promise<Loop> {
  const row = rowOf(question, key, scope)
  if (row.case.kind !== 'threads') throw new Error(`${key} of ${question} is not for threads`)
  return row.case.prepare({ worker, workers, memory })
}

async function main(): Promise<void> {
  if (workers > 1) pinThread(worker)
  let loop: Loop
  try {
    loop = await prepare()
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    tell({ unavailable: error.message })
    return
  }
  const n = await warmUp(loop)
  // Among several threads there is no quiet to be found: they disturb each other, as they should.
  const quiet = workers === 1 ? new Quiet() : null
  tell({ warm: true })
  for (let round = 0; ; round++) {
    Atomics.wait(gate, 0, round)
    const [begin, end] = [Number(times[0]), Number(times[1])]
    tell(quiet === null ? count(loop, n, begin, end) : sample(loop, n, (end - begin) / 1e6, quiet))
  }
}

void main()
