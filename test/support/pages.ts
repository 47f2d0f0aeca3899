import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SAMPLES, type Sample, sample } from './samples'
import { root } from './world'

/** The built page's writer. */
export const page = createRequire(import.meta.url)(
  join(root, 'lib', 'cli', 'bench', 'page', 'index.js'),
) as typeof import('../../src/ts/cli/bench/page/index')

/** A folder for pages, with the samples in it as `rseq bench --json` writes them. */
export class Scratch {
  readonly folder = mkdtempSync(join(tmpdir(), 'rseq-page-'))

  constructor() {
    for (const name of SAMPLES) writeFileSync(this.path(name), JSON.stringify(sample(name)))
  }

  path(name: Sample): string {
    return join(this.folder, `sample-${name}.json`)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true })
  }
}
