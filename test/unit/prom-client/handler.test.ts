// The handler that gives a page to whoever asks for it by HTTP.
import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Region } from 'rseq'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { chosen } from '../../../lib/prom-client/accept'
import { leaveRegion, original, ownRegion, shared } from '../../support/prom-clients'

const { AggregatorRegistry, Counter, Gauge, metricsHandler, Registry, register } = shared
const text = Registry.PROMETHEUS_CONTENT_TYPE
const open = Registry.OPENMETRICS_CONTENT_TYPE

let region: Region
let server: Server
let handler: ReturnType<typeof metricsHandler>

beforeEach(async () => {
  region = ownRegion()
  server = createServer((asked, answer) => handler(asked, answer)).listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(() => {
  server.close()
  vi.restoreAllMocks()
  register.setContentType(text)
  AggregatorRegistry.setRegistries(register)
  leaveRegion(region)
})

interface Answer {
  status: number | undefined
  type: string | undefined
  length: string | undefined
  allow: string | undefined
  body: string
}

async function ask(accept?: string, method = 'GET'): Promise<Answer> {
  const { port } = server.address() as AddressInfo
  const asked = request({ port, host: '127.0.0.1', method, ...(accept && { headers: { accept } }) }).end()
  const [answer] = await once(asked, 'response')
  let body = ''
  for await (const part of answer.setEncoding('utf8')) body += part
  const { 'content-type': type, 'content-length': length, allow } = answer.headers
  return { status: answer.statusCode, type, length, allow, body }
}

/** What Prometheus 2.42, 2.53 and 3.5 send, and with its features, and others. */
const PROMETHEUS_3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2'
const TEXT_FIRST =
  'text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,*/*;q=0.1'
const PROTOBUF_ONLY =
  'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,*/*;q=0.5'
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

/** The format for a registry of text, and for one of OpenMetrics. */
const NEGOTIATED: [accept: string | undefined, ofText: string, ofOpen: string][] = [
  [undefined, text, open],
  ['', text, open],
  ['*/*', text, open],
  [PROMETHEUS_3, open, open],
  [
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    open,
    open,
  ],
  [TEXT_FIRST, text, text],
  [PROTOBUF_ONLY, text, open],
  [BROWSER, text, open],
  ['text/plain', text, text],
  ['text/*', text, text],
  ['text/plain;version=0.0.4', text, text],
  ['text/plain; Version="0.0.4" ; q=1.0', text, text],
  ['TEXT/PLAIN', text, text],
  ['application/openmetrics-text', open, open],
  ['application/*;q=0.1', open, open],
  ['application/openmetrics-text;version=1.0.0;charset=utf-8', open, open],
  // What there is none of.
  ['application/openmetrics-text;version=0.0.1,text/plain;q=0.1', text, text],
  ['text/plain;version=1.0.0,application/openmetrics-text;version=1.0.0;q=0.1', open, open],
  ['application/json', text, open],
  // The more exact range counts, wherever it stands.
  ['*/*,application/openmetrics-text;q=0', text, text],
  ['text/plain;q=0.1,text/*;q=0.9,application/openmetrics-text;q=0.5', open, open],
  ['text/plain;q=0,*/*', open, open],
  ['application/openmetrics-text;q=0.5,text/plain;q=0.5', text, open],
  // What is no header.
  ['text/plain;q=x,application/openmetrics-text;q=0.01', open, open],
  ['text/plain;q=-1,application/openmetrics-text;q=2,*/*', text, open],
  [';;,,=,;q', text, open],
]

describe('the format', () => {
  test.each(NEGOTIATED)('by %j', (accept, ofText, ofOpen) => {
    expect(chosen(accept, [text, open])).toBe(ofText)
    expect(chosen(accept, [open, text])).toBe(ofOpen)
  })

  test('is chosen in time that is linear in the header', () => {
    for (const one of [',', ';', '=', ' ', '"', ';q=', 'text/plain,'])
      expect(chosen(one.repeat(16384 / one.length), [open, text])).toMatch(/version/)
  })
})

test('gives the page that was asked for, and says what it is', async () => {
  handler = metricsHandler(register)
  new Counter({ name: 'failures', help: 'ü' }).inc(3)
  const inText = '# HELP failures ü\n# TYPE failures counter\nfailures 3\n'
  const inOpen = '# HELP failures ü\n# TYPE failures counter\nfailures_total 3\n# EOF\n'
  const length = String(Buffer.byteLength(inText))
  expect(await ask()).toEqual({ status: 200, type: text, length, allow: undefined, body: inText })
  expect(await ask(PROMETHEUS_3)).toMatchObject({ status: 200, type: open, body: inOpen })
  expect(await ask(TEXT_FIRST)).toMatchObject({ status: 200, type: text, body: inText })
  // The registry is what it was.
  expect(register.contentType).toBe(text)
  expect(await register.metrics()).toBe(inText)

  register.setContentType(open as never)
  expect(await ask()).toMatchObject({ type: open, body: inOpen })
  expect(await ask('text/plain')).toMatchObject({ type: text, body: inText })
})

test('does not negotiate where it is told so', async () => {
  handler = metricsHandler(register, { negotiate: false })
  expect((await ask(PROMETHEUS_3)).type).toBe(text)
  register.setContentType(open as never)
  expect((await ask('text/plain')).type).toBe(open)
})

test('answers HEAD without a body, and other methods not at all', async () => {
  handler = metricsHandler(register)
  new Counter({ name: 'a', help: 'h' })
  const page = await ask()
  expect(await ask(undefined, 'HEAD')).toEqual({ ...page, body: '' })
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])
    expect(await ask(undefined, method)).toMatchObject({
      status: 405,
      allow: 'GET, HEAD',
      body: 'Metrics are read by GET.\n',
    })
})

/** Requests for both formats at once, to metrics that wait, and that each wrote another way. */
test('keeps requests for different formats apart', async () => {
  handler = metricsHandler(register)
  const waiting: (() => void)[] = []
  let waits = true
  // A new metric is collected once by itself, too: perhaps before the last request.
  const collect = () => new Promise<void>((done) => (waits ? waiting.push(done) : done()))
  new Counter({ name: 'ours', help: '"h"', collect }).inc()
  // Those that prom-client counts: a page has their text from elsewhere.
  const { Counter: Foreign, Summary } = await import('prom-client')
  new Foreign({ name: 'theirs', help: '"h"', registers: [register] }).inc()
  new Summary({ name: 'summary', help: '"h"', registers: [register] }).observe(1)
  const accepts = Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? 'text/plain' : PROMETHEUS_3))
  const all = accepts.map((accept) => ask(accept))
  await vi.waitFor(() => expect(waiting.length).toBeGreaterThanOrEqual(8))
  waits = false
  for (const done of waiting.toReversed()) done()
  for (const [i, { type, body }] of (await Promise.all(all)).entries()) {
    const isText = i % 2 === 0
    expect(type).toBe(isText ? text : open)
    const suffix = isText ? '' : '_total'
    const help = isText ? '"h"' : '\\"h\\"'
    for (const name of ['ours', 'theirs'])
      expect(body).toContain(`# HELP ${name} ${help}\n# TYPE ${name} counter\n${name}${suffix} 1\n`)
    expect(body).toContain(`# HELP summary ${help}\n`)
    expect(body.endsWith('# EOF\n')).toBe(!isText)
  }
})

describe('where a page cannot be made', () => {
  const said = /^The page could not be made\. The service's log says why\.\n$/

  function failing(): { reason: Error | null } {
    const state = { reason: new Error('the secret of /etc/shadow') as Error | null }
    new Gauge({
      name: 'fails',
      help: 'h',
      collect() {
        if (state.reason !== null) throw state.reason
      },
    })
    return state
  }

  test('the answer is 500 without the reason, and the process is warned once for each', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
    handler = metricsHandler(register)
    const state = failing()
    for (let i = 0; i < 3; i++) {
      const answer = await ask(PROMETHEUS_3)
      expect(answer).toMatchObject({ status: 500, type: 'text/plain; charset=utf-8' })
      expect(answer.body).toMatch(said)
    }
    expect(warned.mock.calls).toEqual([
      [
        'a page of metrics could not be made: the secret of /etc/shadow',
        { code: 'RSEQ_PAGE_FAILED', detail: state.reason?.stack },
      ],
    ])
    state.reason = new Error('another')
    await ask()
    expect(warned).toHaveBeenCalledTimes(2)
    const { reason } = state
    state.reason = null
    expect((await ask()).status).toBe(200)
    state.reason = reason
    await ask()
    expect(warned).toHaveBeenCalledTimes(3)
  })

  test('onError is told each time instead', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
    const onError = vi.fn()
    handler = metricsHandler(register, { onError })
    const { reason } = failing()
    for (let i = 0; i < 2; i++) expect((await ask(undefined, 'HEAD')).status).toBe(500)
    expect(onError.mock.calls).toEqual([[reason], [reason]])
    expect(warned).not.toHaveBeenCalled()
  })

  test('what is thrown need not be an error', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
    handler = metricsHandler({ contentType: text, metrics: () => Promise.reject('no') })
    expect((await ask()).status).toBe(500)
    expect(warned.mock.calls[0]?.[0]).toBe('a page of metrics could not be made: no')
    handler = metricsHandler({ contentType: text, metrics: () => Promise.reject(Object.create(null)) })
    expect((await ask()).status).toBe(500)
    expect(warned).toHaveBeenCalledTimes(2)
  })
})

describe.each(['GET', 'POST'])('a response to %s that somebody else has answered', (method) => {
  test.each([
    ['page', () => ''],
    ['failure', () => Promise.reject(new Error('no'))],
  ])('is left as it is, with a %s', async (what, metrics) => {
    const onError = vi.fn()
    const handle = metricsHandler({ contentType: text, metrics: async () => metrics() }, { onError })
    let handled: Promise<void> | undefined
    handler = async (asked, answer) => {
      // A bound of time, as middlewares have it.
      Object.assign(answer, { statusCode: 503 })
      answer.end('late')
      handled = handle(asked, answer)
    }
    expect(await ask(undefined, method)).toMatchObject({ status: 503, type: undefined, body: 'late' })
    await expect(handled).resolves.toBeUndefined()
    expect(onError).toHaveBeenCalledTimes(what === 'failure' && method === 'GET' ? 1 : 0)
  })
})

describe('whose page', () => {
  test('a registry of its own', async () => {
    const registry = new Registry()
    registry.setContentType(open as never)
    registry.setDefaultLabels({ app: 'shop' })
    new Counter({ name: 'a', help: 'h', registers: [registry] }).inc()
    handler = metricsHandler(registry)
    expect(await ask()).toMatchObject({
      type: open,
      body: expect.stringContaining('\na_total{app="shop"} 1\n'),
    })
    expect(await ask('text/plain')).toMatchObject({
      type: text,
      body: expect.stringContaining('\na{app="shop"} 1\n'),
    })
  })

  test('several, merged', async () => {
    const both = [new Registry(), new Registry()]
    for (const [i, registry] of both.entries())
      new Counter({ name: `a${i}`, help: 'h', registers: [registry] }).inc(i)
    handler = metricsHandler(Registry.merge(both))
    expect(await ask(PROMETHEUS_3)).toMatchObject({
      type: open,
      body: expect.stringMatching(/a0_total 0\n.*\n.*\na1_total 1\n/),
    })
  })

  test("an AggregatorRegistry's is that of the cluster", async () => {
    new Counter({ name: 'a', help: 'h' }).inc(2)
    const aggregator = new AggregatorRegistry()
    handler = metricsHandler(aggregator)
    if (!region.shared) {
      // Workers are asked, and there are none.
      expect(await ask(PROMETHEUS_3)).toMatchObject({ status: 200, type: text, body: '' })
      return
    }
    expect(await ask()).toMatchObject({ type: text, body: expect.stringContaining('\na 2\n') })
    expect(await ask(PROMETHEUS_3)).toMatchObject({
      type: open,
      body: expect.stringContaining('\na_total 2\n# EOF\n'),
    })

    const other = new Registry()
    new Counter({ name: 'b', help: 'h', registers: [other] }).inc(3)
    AggregatorRegistry.setRegistries([register, other])
    expect((await ask(PROMETHEUS_3)).body).toMatch(/a_total 2\n(.*\n)*b_total 3\n# EOF\n$/)
    expect((await ask('text/plain')).body).toMatch(/a 2\n(.*\n)*b 3\n$/)
    aggregator.setContentType(open as never)
    expect(await aggregator.clusterMetrics()).toMatch(/# EOF\n$/)
  })

  test("prom-client's own, and one that has changed metrics(), have one format", async () => {
    const theirs = new original.Registry()
    new original.Counter({ name: 'a', help: 'h', registers: [theirs] }).inc()
    handler = metricsHandler(theirs)
    expect(await ask(PROMETHEUS_3)).toMatchObject({ type: text, body: await theirs.metrics() })

    class Mine extends Registry {
      override async metrics(): Promise<string> {
        return `# mine\n${await super.metrics()}`
      }
    }
    handler = metricsHandler(new Mine())
    expect(await ask(PROMETHEUS_3)).toMatchObject({ type: text, body: '# mine\n\n' })
  })
})

test.each([
  [[undefined], 'metricsHandler: expected a Registry, received undefined'],
  [[{}], 'metricsHandler: expected a Registry, received an object'],
  [[register, null], 'metricsHandler options: expected an object, received null'],
  [[register, 1], 'metricsHandler options: expected an object, received 1'],
  [[register, { negotiate: 1 }], 'metricsHandler options.negotiate: expected a boolean, received 1'],
  [
    [register, { onError: 'log' }],
    'metricsHandler options.onError: expected a function, received the string "log"',
  ],
])('refuses %j', (args, message) => {
  expect(() => metricsHandler(...(args as [never]))).toThrow(new TypeError(message))
})
