import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Project } from './project'
import { checkout, ncc, requireTool } from './tools'

type Webpack = (
  options: object,
  done: (error: Error | null, stats: { toString(options: object): string }) => void,
) => void

let project: Project
const inside = (path: string): string => join(project.folder, path)

beforeEach(() => {
  project = new Project()
  // Aside, so that what a bundle leaves out cannot be found above it.
  mkdirSync(inside('source'))
  for (const name of ['alone.mjs', 'alone.cjs']) cpSync(inside(name), inside(`source/${name}`))
  project.unpack('source')
})

afterEach(() => project.remove())

type Format = 'cjs' | 'esm'

async function esbuild(format: Format, external: string[]): Promise<string> {
  const outfile = inside(`out/bundle.${format === 'esm' ? 'mjs' : 'cjs'}`)
  const { warnings } = await build({
    entryPoints: [inside(`source/alone.${format === 'esm' ? 'mjs' : 'cjs'}`)],
    outfile,
    bundle: true,
    platform: 'node',
    format,
    external,
  })
  expect(warnings).toEqual([])
  return outfile
}

async function webpack(format: Format, external: string[]): Promise<string> {
  const esm = format === 'esm'
  const filename = `bundle.${esm ? 'mjs' : 'cjs'}`
  const output = await new Promise<string>((resolve, reject) => {
    ;(requireTool('webpack') as Webpack)(
      {
        mode: 'production',
        target: 'node',
        context: inside('source'),
        entry: `./alone.${esm ? 'mjs' : 'cjs'}`,
        experiments: { outputModule: esm },
        externals: Object.fromEntries(
          external.map((name) => [name, `${esm ? 'module' : 'commonjs'} ${name}`]),
        ),
        output: { path: inside('out'), filename, module: esm },
      },
      (error, stats) =>
        error ? reject(error) : resolve(stats.toString({ all: false, errors: true, warnings: true })),
    )
  })
  expect(output).toBe('')
  return inside(`out/${filename}`)
}

const bundlers = { esbuild, webpack }
const cases = (['esbuild', 'webpack'] as const).flatMap((bundler) =>
  (['cjs', 'esm'] as const).map((format) => ({ bundler, format })),
)

/** Runs a bundle, which must count whatever it found. */
function run(bundle: string): Record<string, unknown> {
  const result = JSON.parse(project.run(['node', bundle]))
  expect(result.value).toBe(1000)
  return result
}

describe.each(cases)('$bundler, $format', ({ bundler, format }) => {
  test('has no addon in the bundle, and says what to do', async () => {
    expect(run(await bundlers[bundler](format, []))).toMatchObject({
      backend: 'portable',
      reason: 'NO_ADDON',
      message: expect.stringContaining('mark "rseq" as external'),
    })
  })

  test('has everything with the package outside', async () => {
    const bundle = await bundlers[bundler](format, ['rseq'])
    project.unpack('out')
    const { backend, reason, fastCalls } = checkout
    const addon = inside(`out/node_modules/rseq/prebuilds/linux-${process.arch}/rseq.node`)
    expect(run(bundle)).toMatchObject({ backend, reason, fastCalls, addon })
  })
})

test('a bundle finds prebuilds beside its folder', async () => {
  const bundle = await esbuild('cjs', [])
  cpSync(inside('source/node_modules/rseq/prebuilds'), inside('prebuilds'), { recursive: true })
  const { backend, reason, fastCalls } = checkout
  const addon = inside(`prebuilds/linux-${process.arch}/rseq.node`)
  expect(run(bundle)).toMatchObject({ backend, reason, fastCalls, addon })
})

test.each(['mjs', 'cjs'])('ncc takes both addons along, from a .%s file', (kind) => {
  project.run(['node', ncc(), 'build', `source/alone.${kind}`, '--no-cache', '--out', 'out'])
  const { backend, reason, fastCalls } = checkout
  const addon = inside(`out/prebuilds/linux-${process.arch}/rseq.node`)
  expect(run(inside(`out/index.${kind}`))).toMatchObject({ backend, reason, addon, fastCalls })
})
