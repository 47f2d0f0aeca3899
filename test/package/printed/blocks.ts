// What README and docs print between fences.
import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..', '..')

/** Pages whose blocks are run by something of their own. */
const ELSEWHERE = ['docs/integrations/production.md']

export const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
    .sort(),
].filter((page) => !ELSEWHERE.includes(page))

export interface Block {
  readonly page: string
  /** Of its first line. */
  readonly line: number
  /** What stands behind the fence: '' where it is no program, but what one prints. */
  readonly language: string
  readonly text: string
}

export function blocksOf(page: string): Block[] {
  const blocks: Block[] = []
  let open: { page: string; line: number; language: string; lines: string[] } | null = null
  const lines = readFileSync(join(root, page), 'utf8').split('\n')
  for (const [i, text] of lines.entries()) {
    const [, language] = /^\s*```(.*)$/.exec(text) ?? []
    if (language === undefined) open?.lines.push(text)
    else if (open === null) open = { page, line: i + 2, language: language.trim(), lines: [] }
    else {
      const { lines, ...block } = open
      blocks.push({ ...block, text: `${lines.join('\n')}\n` })
      open = null
    }
  }
  if (open !== null) throw new Error(`${page}: the block at line ${open.line} has no end`)
  return blocks
}

/** What a page tells its reader to install, as npm takes it: `prom-client@15`. */
export function installedBy(page: string): string[] {
  const shell = blocksOf(page).filter(({ language }) => language === 'sh')
  const lines = shell.flatMap(({ text }) => [...text.matchAll(/^npm install ([^#\n]+)/gm)])
  return lines.flatMap(([, names = '']) => names.trim().split(/\s+/))
}

/** `prom-client@15` and `prom-client/index.js` are both prom-client's. */
export const packageOf = (text: string): string => /^(@[^/]+\/)?[^/@]+/.exec(text)?.[0] ?? text

/** The packages that a program imports. */
export function importedBy(text: string): string[] {
  const from = [...text.matchAll(/^(?:import|export)\b[^'"]*['"]([^'"]+)['"]/gm)].map(([, name = '']) => name)
  return [...new Set(from)].filter((name) => !name.startsWith('node:') && !builtinModules.includes(name))
}
