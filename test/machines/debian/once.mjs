// What several processes may want to prepare at once: one does it, the others wait.
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { output } from './command.mjs'

/** Runs `body` while no other process is inside the lock. */
export function locked(file, body) {
  mkdirSync(dirname(file), { recursive: true })
  const lock = openSync(file, 'w')
  try {
    // The lock belongs to the open file, which flock shares with us: it outlives flock, and ends with us at
    // the latest. No other child inherits the file.
    output('flock', ['3'], { stdio: ['ignore', 'ignore', 'pipe', lock] })
    return body()
  } finally {
    closeSync(lock)
  }
}

/**
 * Makes a folder once: aside, and moved when it is whole.
 * @param {string} folder
 * @param {(scratch: string) => void} fill
 * @returns {string} the folder
 */
export function once(folder, fill) {
  if (existsSync(folder)) return folder
  return locked(`${folder}.lock`, () => {
    if (existsSync(folder)) return folder
    const scratch = `${folder}.part`
    rmSync(scratch, { recursive: true, force: true })
    mkdirSync(scratch)
    try {
      fill(scratch)
      renameSync(scratch, folder)
    } finally {
      rmSync(scratch, { recursive: true, force: true })
    }
    return folder
  })
}
