// Where the package runs, globals of Node's may be missing or others: a page of jsdom, a context, a test with fakes.
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { root } from '../support/world'

const GLOBALS = [
  ...['setImmediate', 'clearImmediate', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
  ...['queueMicrotask', 'performance', 'structuredClone', 'Buffer', 'TextEncoder', 'TextDecoder'],
  ...['AbortController', 'AbortSignal', 'Event', 'EventTarget', 'MessageChannel', 'BroadcastChannel', 'URL'],
  ...['fetch', 'crypto', 'navigator', 'WebAssembly', 'global', 'window'],
]

const program = `
  const timers = require('node:timers')
  // prom-client and the SDK are loaded with what they need: this is about the package alone.
  require('prom-client/index.js')
  const sdk = require('@opentelemetry/sdk-metrics')
  const { exit } = process
  for (const name of ${JSON.stringify(GLOBALS)}) {
    const get = () => { console.error('used: ' + name); exit(1) }
    Object.defineProperty(globalThis, name, { configurable: true, get, set: get })
  }
  const rseq = require('rseq')
  const { Counter, Gauge, Histogram, collectPreemptionMetrics, register } = require('rseq/prom-client')
  const { MeterProvider } = require('rseq/opentelemetry')
  class Reader extends sdk.MetricReader {
    async onForceFlush() {}
    async onShutdown() {}
  }
  const main = async () => {
    new Counter({ name: 'a', help: 'h', labelNames: ['x'], collect() {} }).inc({ x: 'ü' }, 0.5)
    new Gauge({ name: 'b', help: 'h' }).set(1)
    new Histogram({ name: 'c', help: 'h', buckets: [1] }).observe(2)
    const stop = rseq.status().backend === 'portable' ? null : collectPreemptionMetrics()
    await new Promise((resolve) => timers.setImmediate(resolve))
    const page = await register.metrics()
    stop?.stop()
    const reader = new Reader()
    const provider = new MeterProvider({ readers: [reader] })
    const meter = provider.getMeter('m')
    meter.createCounter('d').add(1)
    meter.createObservableGauge('e').addCallback((result) => result.observe(1))
    const { resourceMetrics, errors } = await reader.collect({ timeoutMillis: 1000 })
    if (errors.length > 0) throw errors[0]
    await provider.shutdown()
    const ring = new rseq.PerCpuRing({ fields: 1 })
    ring.write(1)
    const records = ring.records({ interval: 1 })
    await records.next()
    timers.setTimeout(() => ring.write(2), 20)
    await records.next()
    await records.return()
    const { metrics } = resourceMetrics.scopeMetrics[0]
    const told = page.split('\\n').filter((line) => /^[abc]/.test(line))
    process.stdout.write(JSON.stringify([told, metrics.length]))
  }
  main().catch((error) => { console.error(error); exit(2) })
`

const expected = [
  ['a{x="ü"} 0.5', 'b 1', 'c_bucket{le="1"} 0', 'c_bucket{le="+Inf"} 1', 'c_sum 2', 'c_count 1'],
  2,
]

test.each([[[]], [['--no-addons']]])(
  'none but the language’s own and process is used, with %j',
  (options) => {
    const output = execFileSync(process.execPath, [...options, '-e', program], {
      cwd: root,
      encoding: 'utf8',
    })
    expect(JSON.parse(output)).toEqual(expected)
  },
)
