// Workers count in a machine whose CPUs go and come: guest/hotplug.mjs, and what must hold of it.
import { runInCell } from './boot.mjs'
import { nameOf } from './cells.mjs'

const SECONDS = 10

function faultsOf(report) {
  const faults = []
  const must = (holds, what) => holds || faults.push(`hotplug: ${what}`)
  const { wrong, beyond, expected, sum, offline, online, confined, pinned, reasons } = report
  must(sum === expected, `${sum} of ${expected} increments`)
  must(beyond === 0, `${beyond} CPU numbers were beyond the possible ones`)
  must(wrong.length === 0, `status().cpus was wrong: ${JSON.stringify(wrong.slice(0, 5))}`)
  must(offline > 0 && offline === online && confined > 0 && pinned > 0, 'nothing went, came or was moved')
  must(reasons.length === 1 && reasons[0] === 'OK', `ended with ${reasons}`)
  return faults
}

/** @returns {Promise<import('./cells.mjs').Result>} */
export async function hotplug(cell, { folder, echo = false }) {
  const command = `node test/machines/vm/guest/hotplug.mjs ${SECONDS}`
  // Some CPUs are possible and never there.
  const { status, stdout, stderr, kernel, seconds } = await runInCell(cell, folder, command, {
    maxcpus: cell.smp + 2,
  })
  const report = status === 0 ? JSON.parse(stdout) : null
  const faults = report ? faultsOf(report) : [`hotplug: ended with ${status}: ${stderr.trim().slice(-2000)}`]
  if (echo) {
    console.log(`\n${nameOf(cell)}, CPUs going and coming: ${kernel}, emulated, ${seconds.toFixed(0)} s`)
    if (report) {
      const { sum, expected, aborts, offline, confined, pinned, perCpu } = report
      console.log(
        `  ${sum} of ${expected} increments, ${aborts} aborts; CPUs were taken off ${offline} times, the process ` +
          `confined ${confined} times, threads pinned ${pinned} times; cells ${perCpu.join(' ')}`,
      )
    }
    for (const fault of faults) console.log(`  FAILED ${fault}`)
  }
  return { cell, release: kernel, seconds, passed: report && faults.length === 0 ? 1 : 0, faults }
}
