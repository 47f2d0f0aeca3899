// What a benchmark's page carries: its script with the chart library and all licences, and its styles. As texts
// for esbuild's `define`, so that the command's bundle contains them:
//   build({ …, define: await pageTexts() })
import { join } from 'node:path'
import { build } from 'esbuild'
import { licencesIn } from './licences.mjs'

const root = join(import.meta.dirname, '..')

const options = { absWorkingDir: root, bundle: true, minify: true, write: false, logLevel: 'warning' }

/** Text for the inside of an element, which must not end it. */
function inside(element, text) {
  if (new RegExp(`</${element}|<!--`, 'i').test(text))
    throw new Error(`the page's ${element} would end early`)
  return text.trim()
}

/** What src/ts/cli/bench/page.ts declares. */
export async function pageTexts() {
  const script = await build({
    ...options,
    entryPoints: ['src/page/main.ts'],
    format: 'iife',
    target: 'es2022',
    legalComments: 'none',
    metafile: true,
  })
  const style = await build({ ...options, entryPoints: ['src/page/style.css'] })
  const licences = licencesIn([script.metafile]).join('\n\n')
  return {
    PAGE_SCRIPT: JSON.stringify(inside('script', `/*\n${licences}\n*/\n${script.outputFiles[0].text}`)),
    PAGE_STYLE: JSON.stringify(inside('style', style.outputFiles[0].text)),
  }
}
