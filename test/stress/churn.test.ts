import { test } from 'vitest'
import { runScript } from '../support/script'

test('200,000 names come and go, 1000 at a time; nothing leaks, and no count goes to the next owner', () => {
  runScript('churn.mjs', 200_000, 1000)
})
