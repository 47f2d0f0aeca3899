import { expect, test } from 'vitest'
import { runScript } from '../support/script'

type Result = Record<'inc' | 'positive' | 'signed' | 'sum' | 'histogram', { adds: number; drains: number }>

test('processes add and drain at the same time; each add is drained once, or left', () => {
  const { inc, positive, signed, sum, histogram } = runScript<Result>('drain.mjs', 3)
  for (const { adds, drains } of [inc, positive, signed, sum, histogram]) {
    expect(adds).toBeGreaterThan(0)
    expect(drains).toBeGreaterThan(0)
  }
})
