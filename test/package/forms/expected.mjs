// What must come of a form, and what did, in words.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..', '..')

/** What the checkout itself has on this machine: the package must have the same. */
const checkout = JSON.parse(
  spawnSync(process.execPath, [join(root, 'lib', 'cli', 'rseq.js'), '--json'], { encoding: 'utf8' }).stdout,
)

/** @param {{ addon?: boolean, warns?: boolean }} tool whether it has the addon, and where not, whether it says so */
export function expected({ addon = true, warns = false }) {
  return !addon
    ? `backend: portable, ${warns ? 'with' : 'without'} a warning`
    : `backend: ${checkout.backend}, fast calls ${checkout.fastCalls ? 'on' : 'off'}`
}

/** @param {object} form a line of the program */
export function seen({ backend, fastCalls, fastCallsReason, error }, stderr) {
  if (error !== undefined) return error
  const warned = /RSEQ_NOT_SHARED.*addon could not be loaded/.test(stderr) ? 'with a' : 'without a'
  if (backend === 'portable') return `backend: portable, ${warned} warning`
  return `backend: ${backend}, fast calls ${fastCalls ? 'on' : `off (${fastCallsReason})`}`
}

/** @returns {Map<string, object[]>} forms by entry and by what came of them: `entry → what` */
export function grouped(forms, stderr) {
  const groups = new Map()
  for (const form of forms) {
    const key = `${form.entry} → ${seen(form, stderr)}`
    groups.set(key, [...(groups.get(key) ?? []), form])
  }
  return groups
}
