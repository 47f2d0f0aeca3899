import { fs, os } from '../../base/builtins'
import { attempted } from '../../base/errors'

const { readFileSync } = fs
const { availableParallelism } = os

/** The bound of CPU numbers where no addon can tell. */
export function possibleCpus(): number {
  // Empty where this is not Linux, or there is no /sys.
  const list = attempted(() => readFileSync('/sys/devices/system/cpu/possible', 'latin1'), '')
  const last = /(\d+)\s*$/.exec(list)
  return last ? Number(last[1]) + 1 : availableParallelism()
}
