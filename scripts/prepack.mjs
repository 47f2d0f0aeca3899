// npm run prepack, which `npm pack` does by itself: refuses where something was not built. A package
// without its addons would install anywhere, and count in the portable backend everywhere.
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
/** NODE_MODULE_VERSION of Node 20, 22, 24 and 26. */
const ABIS = [115, 127, 137, 147]
const addons = ['rseq.node', ...ABIS.map((abi) => `rseq_fast.abi${abi}.node`)]

/** What a command builds that is easily forgotten; test/package/contents.spec.ts knows every file. */
const needed = {
  'npm run build': ['lib/index.js', 'lib/index.mjs', 'lib/cli/rseq.js'],
  'npm run build:prebuilds': ['x64', 'arm64'].flatMap((arch) =>
    addons.map((name) => `prebuilds/linux-${arch}/${name}`),
  ),
}

for (const [command, files] of Object.entries(needed)) {
  const missing = files.filter((file) => !existsSync(join(root, file)))
  if (missing.length === 0) continue
  console.error(`The package is not whole: run "${command}". Missing: ${missing.join(', ')}`)
  process.exitCode = 1
}
