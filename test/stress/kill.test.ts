import { expect, test } from 'vitest'
import { runScript } from '../support/script'

interface Result {
  kills: number
  acknowledged: number
  made: number
  givenUp: number
}

test('processes are killed while they count, make names and close them; nothing acknowledged is lost', () => {
  const result = runScript<Result>('kill.mjs', 6)
  expect(result.kills).toBeGreaterThan(4)
  expect(result.acknowledged).toBeGreaterThan(0)
  expect(result.givenUp).toBeGreaterThan(0)
})
