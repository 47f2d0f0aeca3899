// Bundles the command line into lib/cli, third-party libraries included, the package's own lib/ not: the
// command reports on, and counts with, the very module that programs require.
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, transform } from 'esbuild'
import { bundleBench } from './bundle-bench.mjs'
import { licencesIn } from './licences.mjs'

const root = join(import.meta.dirname, '..')
const out = join(root, 'lib', 'cli')

/** One file per command, so that each loads only what it needs; the workers; the page. */
const entries = [
  ...['rseq', 'status/index', 'demo/index', 'demo/worker', 'compare/index'],
  ...['bench/index', 'bench/page/index', 'top/index', 'top/running'],
  ...['noise/index', 'noise/page', 'noise/worker'],
]

/** Styles are texts in the page. */
const stylesAsText = {
  name: 'styles as text',
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, 'utf8'), { loader: 'css', minify: true })
      if (/<\/style|<!--/i.test(code)) throw new Error(`${path} would end the page's style element early`)
      return { contents: code.trim(), loader: 'text' }
    })
  },
}

const options = {
  absWorkingDir: root,
  outdir: out,
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // import() of a command becomes require(), which starts faster.
  supported: { 'dynamic-import': false },
  external: [
    // From rseq.ts, from a command's folder, and from within its own folder.
    ...entries.flatMap((name) => [`./${name}.js`, `../${name}.js`]),
    './page.js',
    './page/index.js',
    // What a look at a service, or at a CPU, needs of the package beside its face.
    ...[
      'index',
      'backend/addon',
      'backend/backend',
      'region/region',
      'region/service/application',
      'region/service/file',
      'region/service/process',
      'metrics/survey',
      'metrics/merged',
      'histogram/reading',
    ].map((name) => `../../${name}`),
  ],
  plugins: [stylesAsText],
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
}

// What tsc left here has imports that an installed package cannot resolve.
rmSync(out, { recursive: true, force: true })
const { metafile } = await build({ ...options, entryPoints: entries.map((name) => `src/ts/cli/${name}.ts`) })
const bench = await bundleBench()

chmodSync(join(out, 'rseq.js'), 0o755)

const licences = licencesIn([metafile, bench]).map((text) => `${text}\n`)
writeFileSync(
  join(out, 'THIRD-PARTY-LICENSES.txt'),
  ['The files in this folder and in ../bench contain these packages.\n', ...licences].join(
    `\n${'-'.repeat(72)}\n\n`,
  ),
)
