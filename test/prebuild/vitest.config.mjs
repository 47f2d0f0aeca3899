import { defineConfig } from 'vitest/config'

// Not part of `npm test`: it looks into prebuilds/, and runs them on other C libraries.
export default defineConfig({
  test: {
    include: ['test/prebuild/*.spec.{ts,mjs}'],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 600_000,
  },
})
