import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// The tests use the package as its users do: the built lib/ and addon, through its ES module entry.
export default defineConfig({
  resolve: { alias: { rseq: fileURLToPath(new URL('lib/index.mjs', import.meta.url)) } },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    server: { deps: { external: [/\/lib\//, /\/fixtures\//, /\.node$/] } },
  },
})
