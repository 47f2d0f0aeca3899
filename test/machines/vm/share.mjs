// Folders of this machine inside a guest, by virtiofs.
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { start } from './children.mjs'
import { tools } from './tools.mjs'

const PATIENCE = 10_000

/**
 * Serves a folder to one guest; the server ends with it.
 * @param {string} folder
 * @param {string} socket where QEMU finds it
 * @param {'always' | 'auto'} caching always: of what nobody changes while the guest runs
 * @returns the process, which listens by now
 */
export async function serve(folder, socket, caching) {
  // Only root may change root into the folder; others serve no more than they may read themselves.
  const sandbox = process.getuid() === 0 ? 'chroot' : 'none'
  const server = start(
    [
      ...tools().command('usr/libexec/virtiofsd'),
      `--socket-path=${socket}`,
      `--shared-dir=${folder}`,
      `--sandbox=${sandbox}`,
      `--cache=${caching}`,
    ],
    ['ignore', 'ignore', 'pipe'],
  )
  let said = ''
  server.child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text
  })
  let over = false
  const end = server.ended.finally(() => {
    over = true
  })
  for (const until = Date.now() + PATIENCE; !existsSync(socket); await sleep(5)) {
    if (over) await end
    if (over || Date.now() > until) throw new Error(`virtiofsd does not serve ${folder}: ${said.trim()}`)
  }
  return server
}
