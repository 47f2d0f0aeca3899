import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Project } from './project'

const project = new Project()
project.unpack()
afterAll(() => project.remove())

const folder = join(project.folder, 'node_modules', 'rseq')
const read = (path: string): string => readFileSync(path, 'utf8')
const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('.md'),
)

const LINK = /\]\((?!https?:)([^)\s]+)[^)]*\)|(?:src|srcset|href)="(?!https?:)([^"]+)"/g
/** Where nothing is a link. */
const CODE = /^(```|~~~)[\s\S]*?^\1|`[^`\n]*`/gm

/** What can stand behind `#` in a link to a page, as npm and code hosts make it of its headings. */
function anchors(page: string): Set<string> {
  const seen = new Map<string, number>()
  const headings =
    read(page)
      .replace(/^(```|~~~)[\s\S]*?^\1/gm, '')
      .match(/^#{1,6} .*$/gm) ?? []
  return new Set(
    headings.map((heading) => {
      const words = heading
        .replace(/^#+ /, '')
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .trim()
        .toLowerCase()
      const slug = words.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-')
      const before = seen.get(slug) ?? 0
      seen.set(slug, before + 1)
      return before === 0 ? slug : `${slug}-${before}`
    }),
  )
}

function isDead(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : resolve(dirname(page), path)
  if (relative(folder, target).startsWith('..') || !existsSync(target)) return true
  return anchor !== undefined && !anchors(target).has(anchor)
}

test.each(pages)('the installed %s has no dead link', (path) => {
  const page = join(folder, path)
  const links = [...read(page).replace(CODE, '').matchAll(LINK)].map(([, link, image]) => link ?? image ?? '')
  expect(links.filter((link) => isDead(page, link))).toEqual([])
})

test('the guides are there', () => {
  expect(pages).toContain('README.md')
  expect(pages.length).toBeGreaterThan(10)
})

test.each(['repo', 'docs', 'bugs'])('npm %s names something', (command) => {
  project.run(['npm', 'config', 'set', 'browser=false', '--location=user'])
  const output = project.run(['npm', command, './node_modules/rseq'])
  expect(output).toMatch(/https:\/\/\S+/)
})
