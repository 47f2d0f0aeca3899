import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import * as rseq from 'rseq'
import { describe, expect, test } from 'vitest'
import {
  blocksOf,
  importedBy,
  installedBy,
  packageOf,
  pages as printedPages,
} from '../package/printed/blocks'
import { root } from '../support/world'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`),
].filter((path) => path.endsWith('.md'))
const reference = read('docs/reference/api.md')
/** What stands between backticks. */
const code = [...reference.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text as string)
const words = new Set(code.flatMap((text) => text.match(/[A-Za-z_]\w*/g) ?? []))

type Class = { readonly prototype: object; readonly name: string }
const isClass = (value: unknown): value is Class => typeof value === 'function' && /^class\b/.test(`${value}`)

/** Those that the declarations have: the others are the package's own. */
function members(one: object, declarations: string): string[] {
  return Object.getOwnPropertyNames(one).filter(
    (name) =>
      !['constructor', 'prototype', 'length', 'name'].includes(name) &&
      new RegExp(`^ {4}(?!protected )(static |get |set )*${name}\\b`, 'm').test(declarations),
  )
}

const FILES: Record<string, string> = {
  PerCpuCounter: 'counter/counter',
  PerCpuSum: 'counter/sum',
  PerCpuBatch: 'counter/batch',
  PerCpuHistogram: 'histogram/histogram',
  HistogramReading: 'histogram/reading',
  HistogramSnapshot: 'histogram/reading',
  PerCpuRing: 'ring/ring',
  PreemptionProbe: 'preemption/probe',
  Region: 'region/region',
}

describe('docs/reference/api.md', () => {
  test.each(Object.keys(rseq).filter((name) => name !== 'default'))('has %s', (name) => {
    expect(words).toContain(name)
  })

  test.each(Object.entries(FILES))('has what %s can do', (name, file) => {
    const one = (rseq as unknown as Record<string, unknown>)[name]
    if (!isClass(one)) throw new Error(`${name} is no class`)
    const declarations = read(`lib/${file}.d.ts`)
    const all = [...members(one, declarations), ...members(one.prototype, declarations)]
    const bigint = /BigInt$/
    const missing = all.filter(
      (member) => !words.has(member) && !(bigint.test(member) && words.has(member.replace(bigint, ''))),
    )
    expect(missing).toEqual([])
  })

  test('has every error code, and no other', () => {
    const declared = new Set(read('lib/base/errors.d.ts').match(/ERR_RSEQ_\w+/g))
    const shortened = code
      .filter((text) => text.startsWith('…_'))
      .map((text) => `ERR_RSEQ_REGION${text.slice(1)}`)
    const named = new Set([...(reference.match(/ERR_RSEQ_\w+/g) ?? []), ...shortened])
    expect([...named].sort()).toEqual([...declared].sort())
  })

  test.each([
    ['counter', 'PerCpuCounter'],
    ['batch', 'PerCpuBatch'],
    ['histogram', 'PerCpuHistogram'],
    ['pool', 'PerCpuPool'],
    ['ring', 'PerCpuRing'],
    ['probe', 'PreemptionProbe'],
    ['region', 'Region'],
  ])('says nothing of %s that is not there', (variable, name) => {
    const { prototype } = (rseq as unknown as Record<string, Class>)[name] as Class
    const said = code.flatMap((text) => [...text.matchAll(new RegExp(`\\b${variable}\\.(\\w+)`, 'g'))])
    expect(said.length).toBeGreaterThan(0)
    for (const [text, member] of said) expect((member as string) in prototype, text).toBe(true)
  })
})

/** Declaration files of what users see, and the names in them that are the package's own. */
const DECLARED: readonly (readonly [file: string, internal: readonly string[]])[] = [
  ...[
    'thread/cpu',
    'thread/status',
    'base/errors',
    'counter/counter',
    'counter/sum',
    'counter/batch',
    'region/object',
    'region/region',
    'region/info',
    'histogram/histogram',
    'histogram/opening',
    'histogram/reading',
    'preemption/measure',
    'preemption/probe',
    'preemption/monitor',
    'preemption/metrics',
    'pool/owner',
    'pool/pool',
    'pool/opening',
    'pool/slot',
    'ring/ring',
    'ring/iterator',
    'ring/opening',
    'ring/record',
    'contract/ring-shape',
    'prom-client/index',
    'prom-client/handler',
    'prom-client/preemption',
    'opentelemetry/index',
    'opentelemetry/preemption',
  ].map((file) => [file, []] as const),
  [
    'contract/backend',
    'KIND RESULT HISTOGRAM SURVEY WAY WRITE STATE EntryInfo RegionInfo HotCalls Backend'.split(' '),
  ],
  ['pool/memory', ['PoolMemory', 'NO_MEMORY']],
  ['region/entries', ['textsOf']],
  ['region/opening', ['CLASS_NAMES', 'Opening']],
]

/** Exported names, and members of exported classes and interfaces, that have no comment before them. */
function uncommented(text: string, internal: readonly string[]): string[] {
  const lines = text.split('\n')
  const found: string[] = []
  let owner = ''
  lines.forEach((line, i) => {
    const [, , name = ''] =
      /^export (declare )?(?:abstract )?(?:class|interface|function|const) (\w+)/.exec(line) ?? []
    if (name !== '') owner = name
    if (/^[}]/.test(line)) owner = ''
    const isMember = owner !== '' && /^ {4}(?!private|protected|#|constructor|declare|type )[\w[]/.test(line)
    const isDocumented = /\*\/\s*$/.test(lines[i - 1] ?? '')
    if ((name !== '' || isMember) && !isDocumented && !internal.includes(name || owner))
      found.push(line.trim())
  })
  return found
}

describe('hover documentation', () => {
  test.each(DECLARED)('of %s is complete', (file, internal) => {
    expect(uncommented(read(`lib/${file}.d.ts`), internal)).toEqual([])
  })
})

describe('every page', () => {
  test.each(pages)('%s: its links lead somewhere', (page) => {
    const links = [
      ...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)|(?:src|srcset)="(?!https?:)([^"]+)"/g),
    ]
    const missing = links
      .map(([, link, image]) => link ?? image ?? '')
      .filter((link) => !existsSync(resolve(root, dirname(page), link)))
    expect(missing).toEqual([])
  })

  const { files } = JSON.parse(read('package.json')) as { files: string[] }
  const shipped = ['README.md', 'LICENSE', ...files]
  // test/package/links.spec.ts looks into the package itself, anchors too.
  test.each(pages.filter((page) => shipped.some((one) => page.startsWith(one))))(
    '%s is in the package, and what it links to',
    (page) => {
      const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, link = '']) =>
        relative(root, resolve(root, dirname(page), link)),
      )
      expect(links.filter((link) => !shipped.some((one) => link.startsWith(one)))).toEqual([])
    },
  )
})

/** What rseq's entry points need. */
const PEERS: Record<string, readonly string[]> = {
  'rseq/prom-client': ['prom-client'],
  'rseq/opentelemetry': ['@opentelemetry/api', '@opentelemetry/sdk-metrics'],
}

describe('programs', () => {
  // test/package/printed.spec.ts runs them, with what all pages together install.
  test.each(printedPages)('%s says how to install what its programs import', (page) => {
    const programs = blocksOf(page).filter(({ language }) => language === 'js')
    const imported = programs.flatMap(({ text }) => importedBy(text))
    const needed = imported.flatMap((name) => [packageOf(name), ...(PEERS[name] ?? [])])
    const installed = ['rseq', ...installedBy(page).map(packageOf)]
    expect(needed.filter((name) => !installed.includes(name))).toEqual([])
  })
})

describe('SECURITY.md', () => {
  const rows = read('SECURITY.md').match(/^\| \d+ \|.*$/gm) ?? []

  test('numbers its claims', () => {
    expect(rows.map((row) => Number(row.split('|')[1]))).toEqual(rows.map((_, i) => i + 1))
    expect(rows.length).toBeGreaterThan(20)
  })

  test.each(rows.map((row) => [row.split('|')[1]?.trim(), row] as const))(
    'has a test for claim %s',
    (_, row) => {
      const tests = [...(row.split('|')[3] ?? '').matchAll(/`(test\/[^`]+)`/g)].map(
        ([, path]) => path as string,
      )
      expect(tests).not.toEqual([])
      expect(tests.filter((path) => !existsSync(join(root, path)))).toEqual([])
    },
  )
})
