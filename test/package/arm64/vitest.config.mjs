import { defineConfig } from 'vitest/config'

// Not part of `npm test`: what it looks into needs a cross compiler.
export default defineConfig({ test: { include: ['test/package/arm64/*.spec.ts'], testTimeout: 120_000 } })
