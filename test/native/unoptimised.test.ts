import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { built } from '../support/world'

interface Addon {
  make(...args: unknown[]): number
  inc(id: number): void
  addFloat(id: number, x: number): void
  value(region: number, entry: number): number
}

// test/native/binding.gyp builds it without optimisation: that it links at all is half of the test.
test('an addon that was not optimised links, loads and counts', () => {
  const addon = createRequire(import.meta.url)(join(built, 'rseq_unoptimised.node')) as Addon
  const made = addon.make(0, 1, false, 0, new Uint8Array(0), new Uint32Array(5))
  expect(made).toBeGreaterThanOrEqual(0)
  for (let i = 0; i < 100_000; i++) addon.inc(made % 2 ** 32)
  expect(addon.value(0, Math.floor(made / 2 ** 32))).toBe(100_000)
})
