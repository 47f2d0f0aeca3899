/** Nanoseconds of a clock that all threads share. */
export function clock(): number {
  return Number(process.hrtime.bigint())
}
