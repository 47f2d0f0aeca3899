/** What two runs that are compared are called: the files that they were read from, clean. */
export type Names = readonly [a: string, b: string]

/** Why two runs have no ratios, as sentences; none where they have. @param doubts of each: what it did */
export function noRatios(doubts: readonly (string | null)[]): string[] {
  return doubts.flatMap((doubt, i) => (doubt === null ? [] : `No ratios: ${'AB'.charAt(i)} ${doubt}.`))
}
