import { type AsyncLoop, type Loop, Unavailable } from '../src/ts/cli/bench/plan'
import { clock } from './clock'
import { timed, warmUp, watching } from './measure'
import { pinThread } from './native'
import type { Duty, News, Span } from './team'

/** Sending runs much code, here and where it is received: all of that has to be compiled, in so long. */
const SENDING_WARM_NS = 1_000_000_000

/** How a member hears of its next round, which it may have to wait for. */
type Next = (round: number) => Span | Promise<Span>

/** Runs `loop` from one time to the other, and at least once. */
async function count(loop: Loop | AsyncLoop, n: number, { begin, end }: Span): Promise<News> {
  while (clock() < begin) {
    // Everybody begins at once; a sleeping thread would be late.
  }
  const started = clock()
  let done = 0
  let ended: number
  do {
    const running = loop(n)
    if (running instanceof Promise) await running
    done += n
    ended = clock()
  } while (ended < end)
  return { started, ended, done }
}

/** The life of one that counts among others: it warms its code up, and then counts whenever it is told to. */
export async function serve(
  { worker, workers }: Pick<Duty, 'worker' | 'workers'>,
  prepare: () => Loop | AsyncLoop | Promise<Loop>,
  tell: (news: News) => void,
  next: Next,
): Promise<void> {
  if (workers > 1) pinThread(worker)
  let loop: Loop | AsyncLoop
  try {
    loop = await prepare()
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    tell({ unavailable: error.message })
    return
  }
  const isSending = loop(1) instanceof Promise
  if (isSending) await count(loop, 16, { begin: 0, end: clock() + SENDING_WARM_NS })
  const n = await warmUp(loop)
  // Several disturb each other, as they should, and so do one that sends and the one that receives.
  const measure = workers === 1 && !isSending ? watching(timed(loop), n) : null
  tell({ warm: true })
  for (let round = 0; ; round++) {
    const span = await next(round)
    tell(await (measure === null ? count(loop, n, span) : measure((span.end - span.begin) / 1e6)))
  }
}
