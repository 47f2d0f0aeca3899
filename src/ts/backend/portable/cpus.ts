import { fs, os } from '../../base/builtins'

const { readFileSync } = fs
const { availableParallelism } = os

/** The bound of CPU numbers where no addon can tell. */
export function possibleCpus(): number {
  try {
    const last = /(\d+)\s*$/.exec(readFileSync('/sys/devices/system/cpu/possible', 'latin1'))
    if (last) return Number(last[1]) + 1
  } catch {
    // not Linux, or no /sys
  }
  return availableParallelism()
}
