import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PATIENCE } from '../../support/patience'
import { fixtures } from '../../support/world'

const MUTATIONS = Number(process.env.RSEQ_TEST_MUTATIONS ?? 10_000) / 5

interface Result {
  outcomes: Record<string, Record<string, number>>
  wrong: string[]
}

test(`${MUTATIONS} rings whose cells somebody has written over: every drain ends, with records or an error`, () => {
  const seed = Math.trunc(Math.random() * 2 ** 30)
  const args = [join(fixtures, 'ring-mutate.mjs'), String(MUTATIONS), String(seed)]
  const output = execFileSync(process.execPath, args, { encoding: 'utf8', timeout: PATIENCE })
  const { outcomes, wrong } = JSON.parse(output) as Result
  console.log(`seed ${seed}: ${JSON.stringify(outcomes)}`)
  expect({ seed, wrong }).toEqual({ seed, wrong: [] })
  // Otherwise nothing much was written over.
  expect(outcomes.drain?.done).toBeGreaterThan(MUTATIONS)
  expect(outcomes.drain?.ERR_RSEQ_REGION_DAMAGED).toBeGreaterThan(0)
})
