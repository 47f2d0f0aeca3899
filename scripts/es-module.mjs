// node scripts/es-module.mjs: writes lib/index.mjs and its types, as part of build:ts. An ES module gives the same
// instances as require('rseq'), so that both see one state per thread. Names are listed one by one: `export *` of a
// CommonJS module would also give what Node itself adds to it.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const lib = join(import.meta.dirname, '..', 'lib')
const values = ['default']
const types = []
for (const [, type, list] of readFileSync(join(lib, 'index.d.ts'), 'utf8').matchAll(
  /^export (type )?\{(.*)\} from/gm,
)) {
  for (const name of list.split(',').map((text) => text.trim()))
    if (type !== undefined || name.startsWith('type ')) types.push(name.replace('type ', ''))
    else if (name !== '') values.push(name)
}
const named = (names) => `{ ${names.filter(Boolean).join(', ')} } from './index.js';\n`
writeFileSync(join(lib, 'index.mjs'), `export ${named(values)}`)
writeFileSync(join(lib, 'index.d.mts'), `export type ${named(types)}export ${named(values)}`)
