// What is expected of the programs on the pages. A program that is not here must end well, and write nothing to its standard
// error. Of several entries for a page, each is for the program that has its text.

import type { Block } from './blocks'

export interface Expected {
  readonly page: string
  /** A text that no other program of the page has. */
  readonly has: string
  /** A regular expression that its output must match. */
  readonly prints?: string
  /** It does not end: it is ended once it has printed that. */
  readonly goesOn?: true
  /**
   * It answers at port 8080: 20 requests are made for the path, if there is one, and Prometheus must then have these values of
   * these queries.
   */
  readonly serves?: { readonly path?: string; readonly values: Readonly<Record<string, number>> }
  /** It sends measurements to a collector, which must get this sum. */
  readonly exports?: number
  /** What else stands in its folder. */
  readonly files?: Readonly<Record<string, string>>
  /** Why Bun does not run it; then Node does. */
  readonly notBun?: string
}

const prints = "console.log('the thread counts for', process.env.RSEQ_SERVICE)\n"
const NOT_BUN = 'it has node:test within `bun test` alone'
const PAGE = { serves: { values: {} } }

const expected: readonly Expected[] = [
  {
    page: 'README.md',
    has: 'cluster.fork()',
    serves: {
      path: '/',
      values: { 'http_requests_total{route="/"}': 20, 'http_request_seconds_count{route="/"}': 20 },
    },
  },
  {
    page: 'docs/guide/counting.md',
    has: 'isMainThread',
    prints: '^4000000 BigInt64Array\\(\\d+\\) \\[.*\\] main thread on CPU \\d+\n$',
  },
  {
    page: 'README.md',
    has: 'PerCpuRing',
    prints: '^\\d+ -?\\d+ Float64Array\\(3\\) \\[ \\d+, 7, 0.5 \\]\n$',
  },
  {
    page: 'docs/integrations/prom-client.md',
    has: 'cluster.fork()',
    serves: { path: '/', values: { 'requests_total{code="200"}': 20 } },
  },
  { page: 'docs/integrations/prom-client.md', has: "from 'express'", ...PAGE },
  { page: 'docs/integrations/prom-client.md', has: "from 'fastify'", ...PAGE },
  { page: 'docs/integrations/prom-client.md', has: "from 'koa'", ...PAGE },
  { page: 'docs/integrations/prom-client.md', has: "from 'hono'", ...PAGE },
  {
    page: 'docs/integrations/prom-client.md',
    has: 'node:test',
    notBun: NOT_BUN,
    prints: '# pass 1\n# fail 0\n',
  },
  { page: 'docs/integrations/opentelemetry.md', has: 'OTLPMetricExporter', exports: 5 },
  {
    page: 'docs/integrations/labels-and-testing.md',
    has: 'node:test',
    notBun: NOT_BUN,
    prints: '# pass 1\n# fail 0\n',
  },
  {
    page: 'docs/guide/my-code-or-the-machine.md',
    has: 'handler_seconds',
    prints: '^p99 [\\d.e-]+ both [\\d.e-]+\n$',
  },
  { page: 'docs/guide/my-code-or-the-machine.md', has: 'measureUninterrupted', prints: '^\\d+ \\d+ {' },
  {
    page: 'docs/guide/preemption.md',
    has: 'probe.check()',
    prints: "^[\\d.]+ ms(; the CPU was away|, all of them the code's own)",
  },
  {
    page: 'docs/guide/preemption.md',
    has: 'measureUninterrupted',
    prints: '^{\\s+moved: \\d+,\\s+preempted: \\d+,\\s+blocked: \\d+,\\s+other: \\d+,?\\s+}\n$',
  },
  {
    page: 'docs/guide/preemption.md',
    has: 'setInterval',
    goesOn: true,
    prints: '^{\n  count: \\d+,\n  interruptions: \\d+,',
  },
  {
    page: 'docs/integrations/services.md',
    has: 'shop.js',
    files: { 'shop.js': prints, 'billing.js': prints },
    prints: '^(?=[^]*for shop)(?=[^]*for billing)',
  },
  {
    page: 'docs/integrations/services.md',
    has: 'job.js',
    files: { 'job.js': "require('fs').writeFileSync('job.txt', require('rseq').Region.service.path)\n" },
  },
  { page: 'docs/guide/pools-and-rings.md', has: 'parentPort', prints: '^7\n$' },
  {
    page: 'docs/guide/pools-and-rings.md',
    has: 'ring.records',
    goesOn: true,
    prints: '^\\d+ -?\\d+ Float64Array\\(3\\) \\[ 7, [\\d.]+, 0.5 \\]\n$',
  },
]

/** What is expected of a program; undefined where it is nothing but a good end. */
export function expectedOf({ page, text }: Block): Expected | undefined {
  const found = expected.filter((one) => one.page === page && text.includes(one.has))
  if (found.length > 1) throw new Error(`${page}: several entries are for ${text}`)
  return found[0]
}

/** Rows that no program has. */
export function leftOver(programs: readonly Block[]): readonly Expected[] {
  return expected.filter((one) => !programs.some((block) => expectedOf(block) === one))
}
