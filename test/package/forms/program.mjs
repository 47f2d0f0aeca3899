// The program that each tool is given: every form of importing every entry point. What comes of each is a line in the file
// that FORMS_OUT names.

/** A cluster's worker ends when nothing can reach it. */
const TAIL = 'main().then(() => process.disconnect?.())'

/** What is taken of an entry by name, and what is done with it. */
const ENTRIES = {
  rseq: { names: ['PerCpuCounter'], use: 'new m.PerCpuCounter().inc()' },
  'rseq/prom-client': {
    names: ['Counter', 'register'],
    use: `new m.Counter({ name: form, help: form }).inc()
    if (!(await m.register.metrics()).includes(form + ' 1')) throw new Error('not on the page')`,
  },
  'rseq/opentelemetry': {
    names: ['MeterProvider'],
    use: `new m.MeterProvider().getMeter('m').createCounter('c').add(1)`,
  },
}

/** One entry's imports, and a function that tries them. `any`: a type where the program is TypeScript. */
function partOf([entry, { names, use }], i, cjs, any) {
  const own = names.map((name) => ({ name, as: `${name}${i}` }))
  const forms = {
    default: `async () => default${i}`,
    namespace: `async () => namespace${i}`,
    named: `async () => ({ ${own.map(({ name, as }) => `${name}: ${as}`).join(', ')} })`,
    dynamic: `() => import('${entry}')`,
    ...(cjs && { require: `async () => require('${entry}')` }),
  }
  const calls = Object.entries(forms).map(
    ([form, load]) => `  await tell('${entry}', '${form}', ${load}, use)`,
  )
  return {
    imports: `import default${i} from '${entry}'
import * as namespace${i} from '${entry}'
import { ${own.map(({ name, as }) => `${name} as ${as}`).join(', ')} } from '${entry}'`,
    body: `  use = async (m${any}, form${any}) => {
    ${use}
  }
${calls.join('\n')}`,
  }
}

/**
 * @param {{ cjs?: boolean, typed?: boolean, tail?: string }} options
 *   cjs: with the form require(); typed: TypeScript; tail: what calls main()
 */
export function program({ cjs = false, typed = false, tail = TAIL } = {}) {
  const any = typed ? ': any' : ''
  const parts = Object.entries(ENTRIES).map((entry, i) => partOf(entry, i, cjs, any))
  return `${typed ? `declare const process: any\ndeclare const require: any\n` : ''}${parts.map(({ imports }) => imports).join('\n')}
import { status } from 'rseq'

async function tell(entry${any}, form${any}, load${any}, use${any}) {
  const line${any} = { entry, form }
  try {
    await use(await load(), form)
    const { backend, fastCalls, fastCallsReason }${any} = status()
    Object.assign(line, { backend, fastCalls, fastCallsReason })
  } catch (error${any}) {
    line.error = String(error?.message ?? error).split('\\n')[0]
  }
  process.getBuiltinModule('node:fs').appendFileSync(process.env.FORMS_OUT, JSON.stringify(line) + '\\n')
}

async function main() {
  let use${any}
${parts.map(({ body }) => body).join('\n')}
}

${tail}
`
}
