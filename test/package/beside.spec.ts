import { spawnSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Project } from './project'
import { checkout } from './tools'

const counted = `new (require('rseq/prom-client').Counter)({ name: 'a_total', help: 'a' }).inc()
require('rseq/prom-client').register.metrics().then((page) => console.log(page.includes('a_total 1')))`
const exported = `const { MeterProvider } = require('rseq/opentelemetry')
const { MetricReader } = require('@opentelemetry/sdk-metrics')
class Reader extends MetricReader { async onShutdown() {} async onForceFlush() {} }
const reader = new Reader()
new MeterProvider({ readers: [reader] }).getMeter('m').createCounter('c').add(1)
reader.collect().then(({ resourceMetrics: { scopeMetrics } }) =>
  console.log(scopeMetrics[0].metrics[0].dataPoints[0].value === 1))`
const refusedOf = (entry: string) =>
  `try { require('${entry}') } catch (error) { console.log(error.code === 'ERR_RSEQ_PEER') }`
const refused = refusedOf('rseq/prom-client')

/** What a project may have already, and what it then does with this package. */
const projects = [
  { name: 'nothing', packages: [], program: refused },
  // Too old for our entry points, and no reason to refuse what does without them.
  { name: 'prom-client 14', packages: ['prom-client@14.2.0'], program: refused },
  {
    name: 'OpenTelemetry 1.30',
    packages: ['@opentelemetry/sdk-metrics@1.30.1', '@opentelemetry/api@1.8.0'],
    program: refusedOf('rseq/opentelemetry'),
  },
  { name: 'prom-client 15', packages: ['prom-client@15.1.3'], program: counted },
  { name: "prom-client's successor", packages: ['@prometheus-io/client@0.16.1'], program: refused },
  {
    name: 'OpenTelemetry 2.12 with API 1.9',
    packages: ['@opentelemetry/sdk-metrics@2.12.1', '@opentelemetry/api@1.9.1'],
    program: exported,
  },
  {
    name: 'OpenTelemetry 3.1 with API 1.10',
    packages: ['@opentelemetry/sdk-metrics@3.1.1', '@opentelemetry/api@1.10.0'],
    program: exported,
  },
]

let project: Project
beforeEach(() => {
  project = new Project()
})
afterEach(() => project.remove())

/** With the registry, or what of it is in npm's cache: npm looks at what else there is of a peer. */
function npm(...args: string[]): string {
  const options = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']
  const { status, stdout, stderr } = spawnSync('npm', [...args, ...options], {
    cwd: project.folder,
    encoding: 'utf8',
  })
  expect(status, stderr).toBe(0)
  return stdout + stderr
}

describe('npm install beside', () => {
  test.each(projects)('$name', ({ packages, program }) => {
    if (packages.length > 0) npm('install', ...packages)
    expect(npm('install', './rseq.tgz')).not.toMatch(/ERESOLVE|\bpeer\b/i)
    const core = `const { cpuId, status } = require('rseq'); console.log(cpuId() >= 0, status().backend)`
    expect(project.run(['node', '-e', core])).toBe(`true ${checkout.backend}\n`)
    expect(project.run(['node', '-e', program])).toBe('true\n')
  })
})
