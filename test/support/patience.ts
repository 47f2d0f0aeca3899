/**
 * Milliseconds after which a program that a test runs hangs. A busy machine takes ten times as long as one with nothing else to
 * do, and an emulated one longer.
 */
export const PATIENCE = Number(process.env.RSEQ_TEST_TIMEOUT ?? 600_000)

/** … and a test: later, so that the test can say what the program did. */
export const TEST_PATIENCE = PATIENCE * 1.1
