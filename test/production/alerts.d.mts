/** A recipe's name, what is expected of it, and what makes it. */
export const rows: readonly (readonly [name: string, expected: unknown, make: () => unknown])[]
