// What a benchmark's page carries: its script with the chart library and all licences, and its styles. As texts
// for esbuild's `define`, so that the command's bundle contains them:
//   build({ …, define: await pageTexts() })
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')

const options = { absWorkingDir: root, bundle: true, minify: true, write: false, logLevel: 'warning' }

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry))
  if (file === undefined) throw new Error(`${name} is part of the page and has no licence file`)
  return `${name} ${version} (${license})\n\n${readFileSync(join(root, folder, file), 'utf8').trim()}`
}

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
  const folders = Object.keys(script.metafile.inputs)
    .map((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0])
    .filter((folder) => folder !== undefined)
  const licences = [...new Set(folders)].sort().map(licenceOf).join('\n\n')
  return {
    PAGE_SCRIPT: JSON.stringify(inside('script', `/*\n${licences}\n*/\n${script.outputFiles[0].text}`)),
    PAGE_STYLE: JSON.stringify(inside('style', style.outputFiles[0].text)),
  }
}
