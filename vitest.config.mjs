import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// Milliseconds for one test; emulated machines need more.
const patience = Number(process.env.RSEQ_TEST_TIMEOUT ?? 120_000)

// The tests use the package as its users do: the built lib/ and addon, through its ES module entry.
export default defineConfig({
  resolve: {
    alias: {
      'rseq/opentelemetry': fileURLToPath(new URL('lib/opentelemetry/index.mjs', import.meta.url)),
      rseq: fileURLToPath(new URL('lib/index.mjs', import.meta.url)),
    },
  },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: patience,
    hookTimeout: patience,
    server: { deps: { external: [/\/lib\//, /\/fixtures\//, /\.node$/] } },
  },
})
