// npm run test:stress -- drain SECONDS: two processes add and two drain, with four and two threads each, in one
// region; each kind of object has its share of the time. Prints what came of it as one line of JSON, and
// fails where not exactly what was added was drained or is left.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Region } from 'rseq'
import { KINDS, total } from '../fixtures/drained.mjs'
import { deadline, ended, finish, heard, scratch, start } from '../support/children.mjs'

const SECONDS = Number(process.argv[2])
const ADDERS = 4
const DRAINERS = 2
deadline(SECONDS + 60)

const file = join(scratch(), 'region')
const region = Region.create({ file })
const violations = []
const result = {}

/** What the threads of the processes did: their lists of sums, added up. */
async function stop(processes) {
  const answers = processes.map((child) => heard(child, 'all'))
  for (const child of processes) child.send('stop')
  const threads = (await Promise.all(answers)).flatMap((answer) => answer.threads)
  await Promise.all(processes.map(ended))
  return {
    calls: threads.reduce((sum, { calls }) => sum + calls, 0),
    sums: total(threads.map(({ sums }) => sums)),
    violations: threads.flatMap((thread) => thread.violations),
  }
}

const names = Object.keys(KINDS)
for (const name of names) {
  const { open, take } = KINDS[name]
  const object = open(region)
  const role = (role, threads) => start('draining.mjs', file, name, role, threads)
  const adders = [role('add', ADDERS), role('add', ADDERS)]
  const drainers = [role('drain', DRAINERS), role('drain', DRAINERS)]
  const all = [...adders, ...drainers]
  await Promise.all(all.map((child) => heard(child, 'ready')))
  for (const child of all) child.send('go')
  await sleep((SECONDS * 1000) / names.length)
  // At the same time: the last adds may come after the last drains.
  const [drained, added] = await Promise.all([stop(drainers), stop(adders)])
  const left = take(object, false)
  const expected = added.sums.map(String)
  const found = total([drained.sums, left]).map(String)
  violations.push(...added.violations, ...drained.violations)
  if (expected.join() !== found.join())
    violations.push(`${name}: added ${expected}, drained and left ${found}`)
  result[name] = { adds: added.calls, drains: drained.calls, added: expected, left: left.map(String) }
  object.close()
}
finish(result, violations)
