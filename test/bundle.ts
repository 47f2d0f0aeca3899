import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { pageTexts } from '../scripts/bundle-page.mjs'
import type { compare } from '../src/ts/cli/compare'
import type { BenchResult } from '../src/ts/cli/bench/result'

const root = join(import.meta.dirname, '..')

/** A command and the page's writer, bundled as the package has them. */
export interface Bundle {
  readonly folder: string
  /** The command's file: it exports `compare`. */
  readonly compare: string
  readonly page: typeof import('../src/ts/cli/bench/page')
  remove(): void
}

/** Bundles them into a folder of their own, so that tests of what is written need no build of anything else. */
export async function bundle(): Promise<Bundle> {
  const folder = mkdtempSync(join(tmpdir(), 'rseq-page-'))
  await build({
    absWorkingDir: root,
    entryPoints: ['src/ts/cli/compare.ts', 'src/ts/cli/bench/page.ts'],
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    supported: { 'dynamic-import': false },
    external: ['./bench/page.js'],
    define: await pageTexts(),
    logLevel: 'warning',
  })
  return {
    folder,
    compare: join(folder, 'compare.js'),
    page: createRequire(import.meta.url)(join(folder, 'bench', 'page.js')),
    remove: () => rmSync(folder, { recursive: true }),
  }
}

export type Compare = typeof compare
export type { BenchResult }
