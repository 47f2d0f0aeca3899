/*
 * Strict parsers of pages of metrics: the text format 0.0.4 of Prometheus, and OpenMetrics 1.0. What a reader could take
 * in two ways, or not at all, throws.
 */

export type Format = 'prometheus' | 'openmetrics'

export interface ParsedSample {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
}

export interface ParsedFamily {
  readonly name: string
  type: string
  help: string
  readonly samples: ParsedSample[]
}

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y
const LABEL = /[a-zA-Z_][a-zA-Z0-9_]*/y
const NUMBER = /[+-]?(Inf|\d+(\.\d+)?(e[+-]?\d+)?)|Nan/y
const TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped', 'unknown']

const SUFFIXES: Record<Format, Record<string, readonly string[]>> = {
  prometheus: { histogram: ['_bucket', '_sum', '_count'], summary: ['', '_sum', '_count'] },
  openmetrics: {
    counter: ['_total', '_created'],
    histogram: ['_bucket', '_sum', '_count', '_created'],
    summary: ['', '_sum', '_count', '_created'],
  },
}

class Line {
  #at = 0

  constructor(
    readonly text: string,
    readonly format: Format,
  ) {}

  fail(why: string): never {
    throw new Error(`${why} at ${this.#at} of ${JSON.stringify(this.text)}`)
  }

  get isAtEnd(): boolean {
    return this.#at === this.text.length
  }

  is(text: string): boolean {
    const found = this.text.startsWith(text, this.#at)
    if (found) this.#at += text.length
    return found
  }

  must(text: string): void {
    if (!this.is(text)) this.fail(`expected ${JSON.stringify(text)}`)
  }

  match(pattern: RegExp, what: string): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.text)?.[0]
    if (found === undefined) this.fail(`expected ${what}`)
    this.#at += found.length
    return found
  }

  /** @param end what it ends before: a quote, or the line's end */
  escaped(end: '"' | ''): string {
    let text = ''
    const escapes: Record<string, string> = { '\\': '\\', n: '\n' }
    if (end === '"' || this.format === 'openmetrics') escapes['"'] = '"'
    for (;;) {
      const c = this.text[this.#at]
      if (c === undefined && end === '') return text
      if (c === '"' && end === '"') return text
      if (c === undefined) this.fail('expected a quote')
      if (c === '"' && this.format === 'openmetrics') this.fail('expected no quote')
      this.#at++
      if (c !== '\\') text += c
      else {
        const found = escapes[this.text[this.#at] ?? '']
        if (found === undefined) this.fail('expected an escape')
        text += found
        this.#at++
      }
    }
  }
}

function labelsIn(line: Line): Map<string, string> {
  const labels = new Map<string, string>()
  if (!line.is('{')) return labels
  do {
    const name = line.match(LABEL, 'a label name')
    if (labels.has(name)) line.fail(`two labels ${name}`)
    if (name === '__name__') line.fail('a reserved label')
    line.must('="')
    labels.set(name, line.escaped('"'))
    line.must('"')
  } while (line.is(','))
  line.must('}')
  return labels
}

function numberOf(text: string): number {
  return text === 'Nan' ? Number.NaN : Number(text.replace('Inf', 'Infinity'))
}

/** Buckets must say what they are, and nothing else may. */
function checkOwnLabel(line: Line, { type }: ParsedFamily, suffix: string, { labels }: ParsedSample): void {
  const own = { histogram: 'le', summary: 'quantile' }[type]
  if (own === undefined) return
  const bound = labels.get(own)
  const needs = (type === 'histogram' && suffix === '_bucket') || (type === 'summary' && suffix === '')
  if (needs !== (bound !== undefined)) line.fail(`label ${own} of ${type}${suffix}`)
  if (bound !== undefined && Number.isNaN(numberOf(bound === '' ? 'x' : bound))) line.fail(`bound ${bound}`)
}

/**
 * Everything on a page, by the names of its families.
 *
 * @throws {Error} for a page that a strict reader would refuse
 */
export function parsed(page: string, format: Format): Map<string, ParsedFamily> {
  if (!page.isWellFormed()) throw new Error('lone surrogates')
  if (!page.endsWith('\n')) throw new Error('the last line has no end')
  const lines = page.slice(0, -1).split('\n')
  if (format === 'openmetrics' && lines.pop() !== '# EOF') throw new Error('expected # EOF')
  const families = new Map<string, ParsedFamily>()
  const seen = new Set<string>()
  const lineNames = new Map<string, string>()
  let family: ParsedFamily | null = null
  for (const text of lines) {
    const line: Line = new Line(text, format)
    if (text === '' && format === 'prometheus') continue
    if (line.is('# HELP ')) {
      const name = line.match(NAME, 'a name')
      line.must(' ')
      if (families.has(name)) line.fail('a family twice')
      family = { name, type: '', help: line.escaped(''), samples: [] }
      families.set(name, family)
    } else if (line.is('# TYPE ')) {
      const name = line.match(NAME, 'a name')
      line.must(' ')
      if (family?.name !== name || family.type !== '') line.fail('a type of another family')
      const type = text.slice(`# TYPE ${name} `.length)
      if (!TYPES.includes(type)) line.fail('expected a type')
      family.type = type
    } else {
      const name = line.match(NAME, 'a name')
      if (family === null || family.type === '') line.fail('a sample before its type')
      const { name: familyName, type } = family
      const suffix = (SUFFIXES[format][type] ?? ['']).find((one) => familyName + one === name)
      if (suffix === undefined) line.fail(`no sample of ${type} ${familyName}`)
      const owner = lineNames.get(name) ?? familyName
      if (owner !== familyName) line.fail(`a sample of ${owner}, too`)
      lineNames.set(name, familyName)
      const labels = labelsIn(line)
      line.must(' ')
      const value = numberOf(line.match(NUMBER, 'a number'))
      if (format === 'openmetrics' && line.is(' # ')) {
        labelsIn(line)
        line.must(' ')
        line.match(NUMBER, 'a number')
        if (line.is(' ')) line.match(NUMBER, 'a time')
      }
      if (!line.isAtEnd) line.fail('expected the end')
      const sample = { name, labels, value }
      checkOwnLabel(line, family, suffix, sample)
      const key = JSON.stringify([name, [...labels].sort()])
      if (seen.has(key)) line.fail('a sample twice')
      seen.add(key)
      family.samples.push(sample)
    }
  }
  return families
}
