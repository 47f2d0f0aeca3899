import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Project } from './project'
import { bun, checkout, pnpm, yarn1, yarn4 } from './tools'

interface Manager {
  name: string
  install: () => string[]
  /** Runs the command that the package brings. */
  command: () => string[]
  /** Starts Node. */
  node?: () => string[]
  files?: Record<string, string>
}

/** Packages stay in their archives, which no addon can be loaded from; Yarn unpacks those that have one. */
const pnp = 'nodeLinker: pnp\npnpEnableEsmLoader: true\nenableGlobalCache: false\n'

const managers: Manager[] = [
  // Without being told, npm would ask the registry which versions of the optional peers there are.
  {
    name: 'npm',
    install: () => ['npm', 'install', '--offline', './rseq.tgz'],
    command: () => ['npx', 'rseq'],
  },
  {
    name: 'npm --ignore-scripts',
    install: () => ['npm', 'install', '--offline', '--ignore-scripts', './rseq.tgz'],
    command: () => ['npx', 'rseq'],
  },
  {
    name: 'pnpm',
    install: () => [pnpm(), 'add', './rseq.tgz'],
    command: () => [pnpm(), 'exec', 'rseq'],
  },
  {
    name: 'Yarn 1',
    install: () => ['node', yarn1(), 'add', './rseq.tgz'],
    command: () => ['node', yarn1(), '--silent', 'rseq'],
  },
  {
    name: 'Yarn 4, node-modules',
    install: () => ['node', yarn4(), 'add', 'rseq@./rseq.tgz'],
    command: () => ['node', yarn4(), 'rseq'],
    files: { '.yarnrc.yml': 'nodeLinker: node-modules\nenableGlobalCache: false\n', 'yarn.lock': '' },
  },
  {
    name: 'Yarn 4, PnP',
    install: () => ['node', yarn4(), 'add', 'rseq@./rseq.tgz'],
    command: () => ['node', yarn4(), 'rseq'],
    node: () => ['node', yarn4(), 'node'],
    files: { '.yarnrc.yml': pnp, 'yarn.lock': '' },
  },
  { name: 'Bun', install: () => [bun(), 'add', './rseq.tgz'], command: () => [bun(), 'x', 'rseq'] },
]

let project: Project

beforeEach(() => {
  project = new Project()
})

afterEach(() => project.remove())

describe('installs from the tarball without a network and without a compiler', () => {
  test.each(managers)('$name', ({ install, command, node = () => ['node'], files = {} }) => {
    for (const [name, text] of Object.entries(files)) project.write(name, text)
    const installed = project.try(install())
    expect(installed.status, installed.stderr).toBe(0)
    // Nobody complains of peers that are not there.
    expect(installed.stdout + installed.stderr).not.toMatch(/prom-client|opentelemetry/)

    for (const program of ['count.mjs', 'count.cjs']) {
      const result = JSON.parse(project.run([...node(), program]))
      expect(result).toMatchObject({ exact: true, reason: checkout.reason, fastCalls: checkout.fastCalls })
      expect(result.backends).toEqual(Array(3).fill(checkout.backend))
      expect(result.addon).toContain(`${project.folder}/`)
      expect(result.addon).toMatch(
        new RegExp(`/node_modules/rseq/prebuilds/linux-${process.arch}/rseq\\.node$`),
      )
      // What an install script, or a compiler, would have left.
      expect(existsSync(join(result.addon, '../../../build'))).toBe(false)
    }

    const { status, stdout } = project.try([...command(), '--json'])
    expect(status).toBe(checkout.backend === 'rseq' ? 0 : 3)
    const { backend, reason } = checkout
    expect(JSON.parse(stdout)).toMatchObject({ backend, reason })
  })
})
