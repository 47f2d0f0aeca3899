import { defineConfig } from 'vitest/config'

// Not part of `npm test`: it needs a browser.
export default defineConfig({
  test: {
    include: ['test/package/browser/*.spec.ts'],
    maxConcurrency: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
