// Child processes, and a folder for the regions that they share: for scripts that leave neither behind,
// however they end, and that end.
import { fork } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const children = new Set()
const folders = []

process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

/** Ends the script as failed where it takes longer, and than ten minutes or RSEQ_TEST_TIMEOUT in milliseconds: a machine can be busy. */
export function deadline(seconds) {
  const most = Math.max(seconds, Number(process.env.RSEQ_TEST_TIMEOUT ?? 600_000) / 1000)
  const late = () => {
    console.error(`not done after ${most} s`)
    process.exit(1)
  }
  setTimeout(late, most * 1000).unref()
}

/** A new folder, in memory where there is such a file system; within RSEQ_TEST_SCRATCH, where that is set. */
export function scratch() {
  let parent = process.env.RSEQ_TEST_SCRATCH ?? '/dev/shm'
  try {
    accessSync(parent, constants.W_OK | constants.X_OK)
  } catch {
    parent = tmpdir()
  }
  const folder = mkdtempSync(join(parent, 'rseq-stress-'))
  folders.push(folder)
  return folder
}

/** Starts test/fixtures/NAME, which hears messages and should end when it is disconnected. */
export function start(name, ...args) {
  return startIn(process.env, name, ...args)
}

/** The same, with that environment. */
export function startIn(env, name, ...args) {
  const child = fork(join(import.meta.dirname, '..', 'fixtures', name), args.map(String), {
    env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

/** The child's message whose `did` is that. A child that ends before has failed, and so has the script. */
export function heard(child, did) {
  return new Promise((resolve, reject) => {
    const onMessage = (message) => {
      if (message.did !== did) return
      child.off('message', onMessage)
      child.off('exit', onExit)
      resolve(message)
    }
    const onExit = (code, signal) => reject(new Error(`a child ended before "${did}": ${signal ?? code}`))
    child.on('message', onMessage)
    child.once('exit', onExit)
  })
}

/** Its end, as killing or disconnecting brings it about. */
export function ended(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => child.once('exit', resolve))
}

/** Prints what came of it as one line of JSON, and ends the script; as failed where something was violated. */
export function finish(result, violations) {
  console.log(JSON.stringify({ ...result, violations: violations.slice(0, 20) }))
  process.exit(violations.length > 0 ? 1 : 0)
}
