import { rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Project } from './project'

const project = new Project()
const installed = join(project.folder, 'node_modules')
beforeAll(() => project.unpack())
afterAll(() => project.remove())

const ours = (name: string): string => join(import.meta.dirname, 'node_modules', name)

describe('another package as prom-client, by an alias', () => {
  test.each(['@prometheus-io/client', '@platformatic/prom-client'])('%s ends in ERR_RSEQ_PEER', (name) => {
    // By a link: what it needs itself is beside where that leads.
    const link = join(installed, 'prom-client')
    symlinkSync(ours(name), link)
    project.write(
      'peer.mjs',
      `import('rseq/prom-client').catch(({ code, message }) => console.log(JSON.stringify([code, message])))`,
    )
    const { stdout } = project.try(['node', 'peer.mjs'])
    rmSync(link)
    expect(JSON.parse(stdout)).toEqual(['ERR_RSEQ_PEER', expect.stringContaining('needs prom-client 15')])
  })
})

test('peers are optional, and of any version: their entry points say what they need', () => {
  const script = `const { peerDependencies, peerDependenciesMeta } = require('rseq/package.json')
    console.log(JSON.stringify([peerDependencies, Object.keys(peerDependencies).map((name) => peerDependenciesMeta[name].optional)]))`
  expect(JSON.parse(project.run(['node', '-e', script]))).toEqual([
    {
      '@opentelemetry/api': '*',
      '@opentelemetry/sdk-metrics': '*',
      'prom-client': '*',
    },
    [true, true, true],
  ])
})
