// Test runners, which have loaders of their own.
import { program } from './program.mjs'

const test = `test('forms', main, 60_000)`
const babel = `{ plugins: ['@babel/plugin-transform-dynamic-import', '@babel/plugin-transform-modules-commonjs'] }`

function jest(environment, transformer) {
  const typed = transformer === 'ts-jest'
  const file = `program.test.${typed ? 'ts' : 'js'}`
  const transform = typed
    ? `['ts-jest', { tsconfig: { module: 'commonjs', moduleResolution: 'node', ignoreDeprecations: '5.0', esModuleInterop: true, skipLibCheck: true, types: [] } }]`
    : `['babel-jest', ${babel}]`
  return {
    name: `Jest ${environment} ${transformer}`,
    files: {
      [file]: `${typed ? 'declare const test: any\n' : ''}${program({ cjs: true, typed, tail: test })}`,
      'jest.config.js': `module.exports = { testEnvironment: '${environment}', rootDir: __dirname, transform: { '\\\\.[jt]s$': ${transform} } }`,
    },
    run: ['jest', '--no-cache'],
  }
}

function vitest(pool) {
  return {
    name: `Vitest ${pool}`,
    files: {
      'program.test.mjs': `import { test } from 'vitest'\n${program({ tail: test })}`,
      'vitest.config.mjs': `export default { test: { pool: '${pool}', include: ['*.test.mjs'] } }`,
    },
    run: ['vitest', 'run'],
  }
}

export const runners = [
  jest('node', 'babel-jest'),
  jest('jsdom', 'babel-jest'),
  jest('node', 'ts-jest'),
  vitest('threads'),
  vitest('forks'),
]
