import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { rseq } from '../../support/command'
import { fixtures } from '../../support/world'

interface Metric {
  name: string
  kind: string
  labels: Record<string, string>
  value?: number
  /** Of a histogram. */
  count: number
  sum: number
  buckets: [number | '+Inf', number][]
}

const text = (labels: Record<string, unknown>): string => {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${String(value).replaceAll('"', '\\"')}"`,
  )
  return pairs.length === 0 ? '' : `{${pairs.sort().join(',')}}`
}

/** The lines of a page that say a metric. */
function lines({ name, labels, value, count, sum, buckets }: Metric): string[] {
  if (value !== undefined) return [`${name}${text(labels)} ${value}`]
  return [
    ...buckets.map(([le, below]) => `${name}_bucket${text({ ...labels, le })} ${below}`),
    `${name}_sum${text(labels)} ${sum}`,
    `${name}_count${text(labels)} ${count}`,
  ]
}

/** With labels in the order of their names, as the region has them. */
function sorted(line: string): string {
  const [, name = '', labels, value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
  const pairs = labels === undefined ? [] : (labels.match(/\w+="(?:[^"\\]|\\.)*"/g) ?? [])
  return `${name}${pairs.length === 0 ? '' : `{${pairs.sort().join(',')}}`} ${value}`
}

test('rseq top --once --json of a process says what its page of metrics says', async () => {
  const service = spawn(process.execPath, [join(fixtures, 'paged.cjs')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  try {
    const [line] = await once(createInterface({ input: service.stdout }), 'line')
    const page = (JSON.parse(line) as string).split('\n').filter((one) => one !== '' && !one.startsWith('#'))
    const { stdout, stderr, status } = rseq(['top', '--once', '--json', String(service.pid)])
    expect([stderr, status]).toEqual(['', 0])
    const { metrics } = JSON.parse(stdout) as { metrics: Metric[] }
    expect(metrics.flatMap(lines).map(sorted).sort()).toEqual(page.map(sorted).sort())
    expect(page).toContain('requests_total{route="/",code="200"} 6')
  } finally {
    service.stdin.end()
  }
})
