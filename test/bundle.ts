import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
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

/** Bundles them into a folder of their own: what they write can be looked at without a build of anything else. */
export async function bundle(): Promise<Bundle> {
  const folder = mkdtempSync(join(tmpdir(), 'rseq-page-'))
  const script = pathToFileURL(join(root, 'scripts', 'bundle-page.mjs')).href
  const { pageTexts } = (await import(script)) as { pageTexts(): Promise<Record<string, string>> }
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

/** Sample results: their figures are made up. */
export type Sample = 'x86_64' | 'arm64' | 'arm64-emulated' | 'noisy'
export const SAMPLES: readonly Sample[] = ['x86_64', 'arm64', 'arm64-emulated', 'noisy']

export function samplePath(name: Sample): string {
  return join(root, 'test', 'fixtures', `bench-sample-${name}.json`)
}

export function sample(name: Sample): BenchResult {
  return JSON.parse(readFileSync(samplePath(name), 'utf8')) as BenchResult
}
