import { expect, test } from 'vitest'
import { runScript } from '../support/script'

interface Result {
  rounds: number
  held: { before: number; after: number }
}

test('a service is swept while a child of it is about to join: one file, nothing is lost', () => {
  const { rounds, held } = runScript<Result>('sweep.mjs', 10)
  expect([rounds, held]).toEqual([10, { before: 5, after: 5 }])
})
