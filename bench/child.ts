// The process of one row: child.js QUESTION KEY SCOPE. Measures when it is told to.
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { status } from 'rseq'
import { together } from '../src/ts/cli/bench/interruptions'
import { type Answer, type AsyncLoop, type Order, type Samples, Unavailable } from '../src/ts/cli/bench/plan'
import { Processes, startCluster, Threads } from './crews'
import { calibrate, sample, timed, timedAsync, warmUp, watching } from './measure'
import { rowOf } from './questions'
import { Quiet } from './quiet'
import { Team } from './team'
import type { Call } from './watched'

/** A disturbed round lasts so many times as long as a quiet one. */
const ATTEMPTS = 4

/** Takes samples for so many milliseconds. */
type Measure = (milliseconds: number) => Promise<Samples>

const [question = '', key = '', scope = ''] = process.argv.slice(2)

async function prepare(): Promise<Measure> {
  const row = rowOf(question, key, scope)
  switch (row.case.kind) {
    case 'loop': {
      const loop = await row.case.prepare()
      return watching(timed(loop), await warmUp(loop))
    }
    case 'async':
      return asynchronous(row.case.prepare())
    case 'cluster': {
      const loop = row.case.prepare()
      await startCluster({ question, key, scope }, row.case.workers)
      return asynchronous(loop)
    }
    case 'timed': {
      const loop = row.case.prepare()
      const n = calibrate(loop, row.case.callNs)
      return row.case.inCompany ? unwatched(loop, n) : watching(loop, n)
    }
    case 'threads':
    case 'processes': {
      const { workers = 1 } = row
      const own = { question, key, scope }
      const crew =
        row.case.kind === 'threads'
          ? new Threads(own, workers, row.case.bytes)
          : new Processes(own, workers, row.case.share?.() ?? '')
      const team = new Team(crew, workers)
      await team.ready()
      return (milliseconds) => team.count(milliseconds)
    }
  }
}

async function asynchronous(loop: AsyncLoop): Promise<Measure> {
  return unwatched(timedAsync(loop), await warmUp(loop))
}

function unwatched(loop: (n: number) => number | Promise<number>, n: number): Measure {
  const quiet = new Quiet()
  const call = async (): Promise<Call> => ({ ns: await loop(n), interrupted: false })
  return (milliseconds) => sample(call, milliseconds, quiet)
}

/** Measures again where nothing but disturbed samples came, for some time. */
async function patiently(measure: Measure, milliseconds: number): Promise<Samples> {
  const rounds: Samples[] = []
  do rounds.push(await measure(milliseconds))
  while (rounds.length < ATTEMPTS && rounds.every(({ good }) => good.length === 0))
  return {
    good: rounds.flatMap(({ good }) => good),
    disturbed: rounds.flatMap(({ disturbed }) => disturbed),
    interrupted: rounds.flatMap(({ interrupted }) => interrupted),
    interruptions: together(rounds.map(({ interruptions }) => interruptions)),
  }
}

function answer(message: Answer): void {
  process.send?.(message)
}

async function main(): Promise<void> {
  let measure: Measure
  // Where the kernel is suspect there are no sections before the abort check has answered, which takes 50 ms at most.
  const end = performance.now() + 100
  while (status().reason === 'UNTRUSTED_KERNEL' && performance.now() < end) await sleep(5)
  try {
    measure = await prepare()
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    answer({ unavailable: error.message })
    return
  }
  process.on('message', async ({ milliseconds }: Order) => answer(await patiently(measure, milliseconds)))
  // Its parent is gone: nobody will ask.
  process.on('disconnect', () => process.exit())
  answer({ ready: true })
}

void main()
