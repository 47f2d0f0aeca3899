// How programs get at the entry points, as compilers write what they say. test/package tries it with the compilers.
import { execFileSync } from 'node:child_process'
import { transform } from 'esbuild'
import { expect, test } from 'vitest'
import { root } from '../support/world'

function run(script: string): unknown {
  const args = ['--input-type=module', '-e', script]
  return JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }))
}

test.each([
  ['rseq', 'cpuId'],
  ['rseq/prom-client', 'Counter'],
  ['rseq/opentelemetry', 'MeterProvider'],
])(
  '%s is the same by default import, namespace import and require, whatever compiles them',
  async (entry, name) => {
    const imports = `import whole, { ${name} as named } from '${entry}'; import * as star from '${entry}'`
    const { code } = await transform(`${imports}; exports.forms = [whole, star, whole.default, named]`, {
      format: 'cjs',
    })
    const script = `
    ${imports}
    import { createRequire } from 'node:module'
    const require = createRequire(import.meta.url)
    const required = require('${entry}')
    // TypeScript's and Babel's, of a module that says that it was one of ECMAScript; and neither.
    const interop = (one) => one.__esModule ? one : { default: one }
    const exports = {}
    new Function('require', 'exports', 'module', ${JSON.stringify(code)})(require, exports, { exports })
    const [esbuilds, esbuildsStar, its, itsNamed] = exports.forms
    console.log(JSON.stringify({
      defaults: [whole, interop(required).default, required.default, esbuilds, its, star.default.default].map((one) => one === required),
      stars: [star, esbuildsStar].map((one) => one.${name} === required.${name} && one.default === required),
      named: [named, itsNamed].map((one) => typeof one === 'function' && one === required.${name}),
    }))`
    expect(run(script)).toEqual({
      defaults: [true, true, true, true, true, true],
      stars: [true, true],
      named: [true, true],
    })
  },
)

test('the content type of the global registry can be set by any default', () => {
  const script = `
    import client, { openMetricsContentType, prometheusContentType, register } from 'rseq/prom-client'
    import { createRequire } from 'node:module'
    client.contentType = openMetricsContentType
    const before = register.contentType === openMetricsContentType
    createRequire(import.meta.url)('rseq/prom-client').contentType = prometheusContentType
    console.log(JSON.stringify([before, client.contentType === prometheusContentType]))`
  expect(run(script)).toEqual([true, true])
})
