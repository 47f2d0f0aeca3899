// Compilers that leave the package where it is, and esbuild, which can take it into the bundle.
import { CLUSTERED } from './form.mjs'
import { program } from './program.mjs'

const tsconfig = (options) =>
  JSON.stringify({
    compilerOptions: {
      target: 'es2022',
      lib: ['es2023', 'dom'],
      strict: true,
      types: [],
      outDir: 'out',
      ...options,
    },
    include: ['*.ts', '*.mts', '*.cts'],
  })

function typescript(module, resolution, extension, esModuleInterop) {
  const cjs = extension !== 'mts'
  return {
    name: `TypeScript ${module} .${extension} interop ${esModuleInterop ? 'on' : 'off'}`,
    files: {
      [`program.${extension}`]: program({ cjs, typed: true }),
      'tsconfig.json': tsconfig({ module, moduleResolution: resolution, esModuleInterop }),
    },
    build: [['tsc']],
    run: ['node', `out/program.${extension.replace('ts', 'js')}`],
  }
}

const MODULES = [
  ['commonjs', undefined, 'ts'],
  ['node16', 'node16', 'cts'],
  ['node16', 'node16', 'mts'],
  ['nodenext', 'nodenext', 'cts'],
  ['nodenext', 'nodenext', 'mts'],
  ['preserve', 'bundler', 'mts'],
]

const babel = {
  name: 'Babel commonjs',
  files: {
    'program.mjs': program({ cjs: true }),
    'build.cjs': `const { transformFileSync } = require('@babel/core')
const { code } = transformFileSync('program.mjs', { plugins: ['@babel/plugin-transform-modules-commonjs'] })
require('fs').writeFileSync('program.cjs', code)`,
  },
  build: [['node', 'build.cjs']],
  run: ['node', 'program.cjs'],
}

/** What a bundle leaves to be installed beside it. */
const PEERS = ['prom-client', '@opentelemetry/api', '@opentelemetry/sdk-metrics']

function esbuild(format, external) {
  const name = `bundle.${format === 'esm' ? 'mjs' : 'cjs'}`
  const names = external ? ['rseq', ...PEERS] : []
  return {
    name: `esbuild ${format} ${external ? 'external' : 'bundled'}`,
    files: { 'program.mjs': program({ cjs: format === 'cjs' }) },
    build: [
      [
        ...['esbuild', 'program.mjs', '--bundle', '--platform=node', '--log-level=warning'],
        ...[`--format=${format}`, `--outfile=out/${name}`, ...names.map((one) => `--external:${one}`)],
      ],
    ],
    output: 'out',
    external,
    // A bundle in one file has no addon.
    addon: external,
    warns: !external,
    run: [...(external ? ['node'] : CLUSTERED), name],
  }
}

export const compilers = [
  ...MODULES.flatMap((row) => [true, false].map((interop) => typescript(...row, interop))),
  babel,
  ...['cjs', 'esm'].flatMap((format) => [true, false].map((external) => esbuild(format, external))),
]
