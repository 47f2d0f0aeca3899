import { defineConfig } from 'vitest/config'
import { TEST_PATIENCE } from '../support/patience.ts'

// Not part of `npm test`: what it tries the package with comes from npm, and run.mjs packs the tarball.
export default defineConfig({
  test: {
    include: ['test/package/*.spec.{ts,mjs}'],
    pool: 'forks',
    fileParallelism: false,
    maxConcurrency: 4,
    testTimeout: TEST_PATIENCE,
    hookTimeout: TEST_PATIENCE,
  },
})
