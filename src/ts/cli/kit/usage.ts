/** Values of the options that were given, by name. */
export type Values = Readonly<Record<string, unknown>>

/**
 * What is wrong with a command line, for the person who typed it. Known by its name: each command's file
 * has a class of its own.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
