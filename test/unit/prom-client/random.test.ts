// Any program of calls gives prom-client's page.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Client, clients } from '../../support/prom-clients'

/** Exact in any order of additions. */
const dyadic = fc.integer({ min: -(2 ** 30), max: 2 ** 30 }).map((n) => n / 64)
const amount = fc.oneof(fc.integer({ min: 0, max: 2 ** 40 }), dyadic.map(Math.abs), fc.constant(undefined))
const value = fc.constantFrom('1', '2', 1, '', '__proto__', 'a"\n')
const labels = fc.record({ x: value, y: value }, { requiredKeys: [] })

const METRICS = ['counter', 'gauge', 'histogram', 'bare counter', 'bare histogram'] as const
const call = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant('inc' as const), labels, amount) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('set' as const), labels, dyadic) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('observe' as const), labels, dyadic) },
  fc.tuple(fc.constant('child' as const), fc.nat({ max: 3 }), amount),
  fc.tuple(fc.constant('bare' as const), fc.constant(null), amount),
  fc.tuple(fc.constant('remove' as const), fc.constantFrom(...METRICS.slice(0, 3)), labels),
  fc.tuple(fc.constant('reset' as const), fc.constantFrom(...METRICS), fc.constant(null)),
  fc.tuple(fc.constant('zero' as const), labels, fc.constant(null)),
)
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never

async function pageAfter({ Counter, Gauge, Histogram, Registry }: Client, program: Call[]): Promise<string> {
  const registry = new Registry()
  const config = { help: 'h', labelNames: ['x', 'y'], registers: [registry] }
  const counter = new Counter({ ...config, name: 'a' })
  const gauge = new Gauge({ ...config, name: 'b' })
  const histogram = new Histogram({ ...config, name: 'c', buckets: [-100, 0, 0.25, 2 ** 20] })
  const bare = { help: 'h', registers: [registry] }
  const bareCounter = new Counter({ ...bare, name: 'd' })
  const bareHistogram = new Histogram({ ...bare, name: 'e', buckets: [1] })
  const children = ['1', '2', '', 'z'].map((x) => counter.labels(x, '1'))
  const metrics = { counter, gauge, histogram, 'bare counter': bareCounter, 'bare histogram': bareHistogram }
  for (const [what, one, two] of program) {
    if (what === 'inc') counter.inc(one, two as number)
    else if (what === 'set') gauge.set(one, two)
    else if (what === 'observe') histogram.observe(one, two)
    else if (what === 'child') children[one]?.inc(two as number)
    else if (what === 'remove') metrics[one].remove(two as never)
    else if (what === 'reset') metrics[one].reset()
    else if (what === 'zero') histogram.zero(one)
    else {
      bareCounter.inc(two as number)
      bareHistogram.observe(two ?? 0)
    }
  }
  return registry.metrics()
}

test('random programs give the same page', async () => {
  const [[, original], [, shared]] = clients as [[string, Client], [string, Client]]
  await fc.assert(
    fc.asyncProperty(fc.array(call, { maxLength: 60 }), async (program) => {
      const expected = await pageAfter(original, program)
      expect(await pageAfter(shared, program)).toBe(expected)
    }),
    { numRuns: 300 },
  )
})
