import type { Loop } from '../src/ts/cli/bench/plan'
import { optional } from './optional'

/** A labelled child, looked up once: prom-client's fastest way. */
export function promClientLoop(): Loop {
  const { Counter, Registry } = optional<typeof import('prom-client')>('prom-client')
  const child = new Counter({
    name: 'requests_total',
    help: 'Requests',
    labelNames: ['route'],
    registers: [new Registry()],
  }).labels('/')
  return (n) => {
    for (let i = 0; i < n; i++) child.inc()
  }
}

/** With attributes made once, and a reader: without one nothing is counted. */
export function openTelemetryLoop(): Loop {
  const { MeterProvider, MetricReader } = optional<typeof import('@opentelemetry/sdk-metrics')>(
    '@opentelemetry/sdk-metrics',
  )
  class Reader extends MetricReader {
    protected override async onShutdown(): Promise<void> {}
    protected override async onForceFlush(): Promise<void> {}
  }
  const counter = new MeterProvider({ readers: [new Reader()] }).getMeter('bench').createCounter('requests')
  const attributes = { route: '/' }
  return (n) => {
    for (let i = 0; i < n; i++) counter.add(1, attributes)
  }
}
