// npm run test:stress -- signals [--write]: signals that come all the time while all threads count, a profiler, and threads that come to a bad
// end in the middle of an operation: what the others count stays exact, and nothing is lost of what was done.
import { join } from 'node:path'
import { built, everything, Findings, helpers, OWN, root, run, scratch } from './findings.mjs'

const MILLISECONDS = 1000
const findings = new Findings('test:stress -- signals')

const OWNERS = [
  ['', {}],
  [', in areas of our own', OWN],
  [', without rseq', { ...OWN, DENIED: '1' }],
]

/** @param period in µs; below ten or so a thread gets nowhere, with or without us: the next signal is there already */
function signalled(period, ofProcess) {
  for (const [owner, { DENIED: denied, ...env }] of OWNERS) {
    const options = {
      milliseconds: MILLISECONDS,
      before: [helpers, 'startTimer', period, ofProcess ? 1 : 0],
      after: [helpers, 'signalsSeen'],
    }
    const prefix = denied === undefined ? [] : [join(built, 'deny'), 'EPERM']
    const result = everything(options, { env, prefix, seconds: 60 })
    const seen = result.after ?? 0
    // What a busy machine leaves of them: still thousands.
    const wrong = seen > 1000 ? [] : [`${seen} signals came`]
    const says = `${seen.toLocaleString('en')} signals, ${result.aborts} aborts, ${result.overflow} by the other path`
    findings.add(
      `a signal every ${period} µs to ${ofProcess ? 'the process' : 'each thread'}${owner}`,
      result,
      wrong,
      says,
    )
  }
}

for (const period of [10, 30, 100]) signalled(period, false)
for (const period of [20, 100]) signalled(period, true)

function profiled(what, ...node) {
  const result = everything(
    { milliseconds: MILLISECONDS },
    { node: [process.execPath, ...node], seconds: 60 },
  )
  findings.add(what, result, [], `${result.aborts} aborts`)
}

const profiles = ['--cpu-prof-dir', scratch]
profiled('--cpu-prof, every 100 µs', '--cpu-prof', '--cpu-prof-interval', '100', ...profiles)
profiled('--heap-prof', '--heap-prof', '--heap-prof-dir', scratch)

const ENDING = join(root, 'test', 'fixtures', 'ending.cjs')
for (const [owner, env] of OWNERS.slice(0, 2)) {
  const stack = run(process.execPath, [ENDING, 'stack', '3'], { env, seconds: 60 })
  const between = `${stack.attempted - stack.done} rounds cut off`
  findings.add(
    `6 threads that run out of stack, 20 times each${owner}`,
    stack,
    stack.attempted > stack.done ? [] : ['none did'],
    between,
  )
  const heap = run(process.execPath, [ENDING, 'heap', '5'], { env, seconds: 60 })
  const wrong = heap.ended === 10 ? [] : [`${heap.ended} ended so, 10 expected: ${heap.errors}`]
  findings.add(
    `10 threads that are ended at their heap's limit${owner}`,
    heap,
    wrong,
    `${heap.attempted - heap.done} rounds cut off`,
  )
}
findings.finish()
