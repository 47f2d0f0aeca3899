// One of the processes that count together, whose leader is team.ts, or of a row's cluster workers.
import process from 'node:process'
import type { ProcessDuty } from './crews'
import { serve } from './member'
import { rowOf } from './questions'
import type { News, Span } from './team'

const { question, key, scope, worker, workers, shared } = JSON.parse(process.argv[2] ?? '') as ProcessDuty
const { case: own } = rowOf(question, key, scope)

function tell(news: News): void {
  process.send?.(news)
}

// Its parent is gone: nobody will ask.
process.on('disconnect', () => process.exit())
if (own.kind === 'cluster') {
  own.work()
  tell({ warm: true })
} else {
  void serve(
    { worker, workers },
    () => {
      if (own.kind !== 'processes') throw new Error(`${key} of ${question} is not for processes`)
      return own.prepare({ worker, workers, shared })
    },
    tell,
    () => new Promise<Span>((resolve) => process.once('message', resolve)),
  )
}
