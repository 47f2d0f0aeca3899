import { defineConfig } from 'vitest/config'
import { TEST_PATIENCE } from '../../support/patience.ts'

// Not part of `npm test`: it needs a browser.
export default defineConfig({
  test: {
    include: ['test/package/browser/*.spec.ts'],
    maxConcurrency: 2,
    testTimeout: TEST_PATIENCE,
    hookTimeout: TEST_PATIENCE,
  },
})
