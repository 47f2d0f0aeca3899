// Bundles the benchmark's questions, and the processes and threads that measure, into lib/bench; the command
// itself is one of bundle-cli.mjs. What is compared with (koffi, prom-client and others) stays outside.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')

/** @returns esbuild's metafile, for the licences */
export async function bundleBench(lib = join(root, 'lib')) {
  const outdir = join(lib, 'bench')
  rmSync(outdir, { recursive: true, force: true })
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['questions', 'child', 'thread', 'process', 'receiver'].map((name) => `bench/${name}.ts`),
    outdir,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    plugins: [ownLibrary],
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
  return metafile
}

/** The package itself is measured as programs load it. */
const ownLibrary = {
  name: 'own library',
  setup({ onResolve }) {
    onResolve({ filter: /^rseq$/ }, () => ({ path: '../index.js', external: true }))
  },
}

if (process.argv[1] === import.meta.filename) await bundleBench(process.argv[2])
