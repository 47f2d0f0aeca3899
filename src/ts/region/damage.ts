import { warnOnce } from '../base/warning'

/** Entries of a damaged region were left out of what is shown. */
export function warnOfDamage(path: string | null, count: number): void {
  if (count === 0) return
  const what = count === 1 ? 'an entry is' : `${count} entries are`
  warnOnce(
    'damage',
    () =>
      `rseq: ${what} left out: damaged in ${path ?? 'memory'}, by what is no process of this package. All others are shown`,
    'ERR_RSEQ_REGION_DAMAGED',
  )
}
