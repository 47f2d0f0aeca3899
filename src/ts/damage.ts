let hasWarned = false

/** Entries of a damaged region were left out of what is shown: said once in a process. */
export function warnOfDamage(path: string | null, count: number): void {
  if (hasWarned || count === 0) return
  hasWarned = true
  const what = count === 1 ? 'an entry is' : `${count} entries are`
  process.emitWarning(
    `rseq: ${what} left out: damaged in ${path ?? 'memory'}, by what is no process of this package. All others are shown`,
    { code: 'ERR_RSEQ_REGION_DAMAGED' },
  )
}
