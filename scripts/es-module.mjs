// node scripts/es-module.mjs: writes index.mjs and its types for each entry point in lib, as part of build:ts. An ES
// module gives the same instances as require() does, so that both see one state per thread. Names are listed one by one:
// `export *` of a CommonJS module would also give what Node itself adds to it.
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const require = createRequire(import.meta.url)

/** @param module the module's text, of the names that are exported beside the default */
function write(folder, module) {
  const path = join(import.meta.dirname, '..', 'lib', folder, 'index')
  const names = Object.keys(require(`${path}.js`)).filter((name) => name !== 'default')
  writeFileSync(`${path}.mjs`, module(names.join(', ')))
  writeFileSync(`${path}.d.mts`, "export * from './index.js';\nexport { default } from './index.js';\n")
}

write('.', (names) => `export { default, ${names} } from './index.js';\n`)
// Where a peer is missing, index.js throws: see attempt() in base/peer.ts.
for (const folder of ['prom-client', 'opentelemetry'])
  write(
    folder,
    (names) =>
      `import { entry, error } from './attempt.js';\nif (entry === null) throw error;\n` +
      `export const { ${names} } = entry;\nexport default entry;\n`,
  )
