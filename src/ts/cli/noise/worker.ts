import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { loaded } from '../../backend/addon'
import { ERROR, MOVED, OUTCOME, type WatchWork } from './memory'

/** Somebody else moves it whatever it does. */
const MOST_MOVES = 100

const { memory, threshold, gate, times } = workerData as WatchWork
const { cpu, control, into } = memory
const { addon } = loaded

if (addon !== null) {
  // Touched before it is written to: a page that is not there yet would make a gap.
  into.fill(0)
  control[ERROR] = addon.stayOn(cpu) || addon.standBack()
  ;(parentPort as MessagePort).postMessage('ready')
  // Pairs with the store and notify in spinners.ts.
  Atomics.wait(gate, 0, 0)
  const [origin, deadline] = times as unknown as [number, number]
  while (control[ERROR] === 0) {
    const outcome = addon.watch(cpu, origin, deadline, threshold, control, into)
    if (outcome === OUTCOME.goesOn) continue
    if (outcome !== OUTCOME.movedAway || (control[MOVED] as number) >= MOST_MOVES) break
    ;(control[MOVED] as number)++
    control[ERROR] = addon.stayOn(cpu)
  }
}
