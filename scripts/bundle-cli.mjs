// Bundles the command line into lib/cli, third-party libraries included, the package's own lib/ not: the
// command reports on, and counts with, the very module that programs require.
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { bundleBench } from './bundle-bench.mjs'
import { pageTexts } from './bundle-page.mjs'
import { licencesIn } from './licences.mjs'

const root = join(import.meta.dirname, '..')
const out = join(root, 'lib', 'cli')

/** One file per command, so that each loads only what it needs; the demo's workers; the page and its charts. */
const entries = ['rseq', 'status', 'demo', 'demo-worker', 'bench', 'compare', 'bench/page']

const options = {
  absWorkingDir: root,
  outdir: out,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // import() of a command becomes require(), which starts faster.
  supported: { 'dynamic-import': false },
  external: ['../index', './status.js', './demo.js', './bench.js', './compare.js', './bench/page.js'],
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
}

// What tsc left here has imports that an installed package cannot resolve.
rmSync(out, { recursive: true, force: true })
const { metafile } = await build({
  ...options,
  entryPoints: entries.map((name) => `src/ts/cli/${name}.ts`),
  define: await pageTexts(),
})
const bench = await bundleBench()

chmodSync(join(out, 'rseq.js'), 0o755)

const licences = licencesIn([metafile, bench]).map((text) => `${text}\n`)
writeFileSync(
  join(out, 'THIRD-PARTY-LICENSES.txt'),
  ['The files in this folder and in ../bench contain these packages.\n', ...licences].join(
    `\n${'-'.repeat(72)}\n\n`,
  ),
)
