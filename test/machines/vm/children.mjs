// Processes that must not outlive this one, however it ends.
import { spawn } from 'node:child_process'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']
const undoings = new Set()

function undoAll() {
  for (const undo of [...undoings]) undo()
}

function onSignal(signal) {
  undoAll()
  // Nobody else wants it: end as if it had not been caught.
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
}

function listen(method) {
  process[method]('exit', undoAll)
  for (const signal of SIGNALS) process[method](signal, onSignal)
}

/**
 * Has something undone when this process ends or is interrupted.
 * @param {() => void} action
 * @returns {() => void} does it now
 */
export function atEnd(action) {
  const undo = () => {
    if (!undoings.delete(undo)) return
    if (undoings.size === 0) listen('off')
    action()
  }
  if (undoings.size === 0) listen('on')
  undoings.add(undo)
  return undo
}

/**
 * Starts a process that ends with this one.
 * @param {string[]} command
 * @param {import('node:child_process').StdioOptions} stdio
 */
export function start(command, stdio) {
  // The kernel sees to it where this process is killed and can do nothing itself.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...command], { stdio })
  const kill = atEnd(() => child.kill('SIGKILL'))
  const ended = new Promise((resolve, reject) => {
    child.on('error', (error) => {
      kill()
      reject(new Error(`setpriv cannot be started, install util-linux: ${error.message}`))
    })
    child.on('close', (status, signal) => {
      kill()
      resolve(status ?? signal)
    })
  })
  // Whoever looks at it later still sees the error.
  ended.catch(() => {})
  return { child, kill, ended }
}
