import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer } from 'vitest/node'
import { TEST_PATIENCE } from './test/support/patience.ts'

const built = (path) => fileURLToPath(new URL(path, import.meta.url))

/** Minutes each: begun first, they end when the others do where two files run at a time. */
const LONG = /(sanitizers|lifecycle|region-files)\.test\.ts$/

class LongestFirst extends BaseSequencer {
  async sort(files) {
    const others = await super.sort(files)
    const isLong = ({ moduleId }) => LONG.test(moduleId)
    return [...others.filter(isLong), ...others.filter((file) => !isLong(file))]
  }
}

// The tests use the package as its users do: the built lib/ and addon, through its ES module entry.
export default defineConfig({
  resolve: {
    alias: [
      { find: /^rseq$/, replacement: built('lib/index.mjs') },
      { find: /^rseq\/prom-client$/, replacement: built('lib/prom-client/index.mjs') },
      { find: /^rseq\/opentelemetry$/, replacement: built('lib/opentelemetry/index.mjs') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    fileParallelism: false,
    maxConcurrency: availableParallelism(),
    testTimeout: TEST_PATIENCE,
    hookTimeout: TEST_PATIENCE,
    server: { deps: { external: [/\/lib\//, /\/fixtures\//, /\.node$/] } },
  },
})
