// Runs the programs of README and docs as they are printed, in a project that has what those pages say to install.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Block, blocksOf, installedBy, packageOf, pages } from './printed/blocks'
import { type Expected, expectedOf, leftOver } from './printed/expected'
import { Project } from './project'
import { bun, pnpm, yarn4 } from './tools'

/** npm run test:package -- printed: with each package manager, what its registry has newest, and the commands as well. */
const isWhole = process.env.RSEQ_PRINTED === 'all'

interface Manager {
  readonly name: string
  /** @param packages as npm takes them */
  readonly install: (packages: string[]) => string[]
  readonly start: (program: string) => string[]
  readonly files?: Record<string, string>
}

const ofNode = (program: string): string[] => [process.execPath, program]
const tarballNamed = (packages: string[]): string[] =>
  packages.map((name) => (name === 'rseq' ? 'rseq@./rseq.tgz' : name))
const tarballIn = (packages: string[]): string[] =>
  packages.map((name) => (name === 'rseq' ? './rseq.tgz' : name))

const managers: Manager[] = [
  { name: 'npm', install: (packages) => ['npm', 'install', ...tarballIn(packages)], start: ofNode },
  { name: 'pnpm', install: (packages) => [pnpm(), 'add', ...tarballIn(packages)], start: ofNode },
  {
    name: 'Yarn PnP',
    install: (packages) => [process.execPath, yarn4(), 'add', ...tarballNamed(packages)],
    start: (program) => [process.execPath, yarn4(), 'node', program],
    files: {
      '.yarnrc.yml': 'nodeLinker: pnp\npnpEnableEsmLoader: true\nenableTelemetry: false\n',
      'yarn.lock': '',
    },
  },
  {
    name: 'Bun',
    install: (packages) => [bun(), 'add', ...tarballIn(packages)],
    start: (program) => [bun(), program],
  },
]

async function run(folder: string, [command = '', ...args]: string[]): Promise<string> {
  const env = { ...process.env, npm_config_audit: 'false', npm_config_fund: 'false' }
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env })
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  if (status !== 0) throw new Error(`${command} ended with ${status}\n${stdout}${stderr}`)
  return stdout
}

/** What the pages tell their readers to install. A version that one of them names is meant by the others, too. */
function everythingInstalled(): string[] {
  const all = pages.flatMap(installedBy)
  const byName = new Map(all.map((name) => [packageOf(name), name]))
  for (const name of all) if (name !== packageOf(name)) byName.set(packageOf(name), name)
  return [...byName.values()]
}

const blocks: readonly Block[] = pages.flatMap(blocksOf)
const programs = blocks.filter(({ language }) => language === 'js')
/** But for what is installed, which every project here begins with, and what is of a checkout: the tests do that all the time. */
const commands = blocks.filter(({ language, text }) => language === 'sh' && !/^npm (install|ci)/.test(text))
const place = ({ page, line }: Block): string => `${page}:${line}`

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

describe('the blocks of README and docs', () => {
  test('are of these languages: what has no other name is what something prints', () => {
    const languages = new Set(blocks.map(({ language }) => language))
    expect([...languages].filter((language) => !['', 'js', 'sh', 'json', 'diff'].includes(language))).toEqual(
      [],
    )
    expect(programs.length).toBeGreaterThan(25)
    expect(leftOver(programs)).toEqual([])
  })

  test('of JSON are JSON', () => {
    for (const { language, text } of blocks) if (language === 'json') JSON.parse(text)
  })
})

let prometheus = ''
beforeAll(async () => {
  prometheus = await run(import.meta.dirname, [process.execPath, 'printed/prometheus.mjs'])
})

describe.each(managers.slice(0, isWhole ? managers.length : 1))('printed programs, $name', (manager) => {
  const project = new Project()
  afterAll(() => project.remove())

  beforeAll(async () => {
    for (const [name, content] of Object.entries(manager.files ?? {})) project.write(name, content)
    if (isWhole) {
      await run(project.folder, manager.install(everythingInstalled()))
      return
    }
    // Exact versions: a new release of these breaks nothing here.
    cpSync(join(import.meta.dirname, 'printed', 'package.json'), join(project.folder, 'package.json'))
    await run(project.folder, ['npm', 'install', '--prefer-offline', '--ignore-scripts'])
    await run(project.folder, ['npm', 'install', '--offline', '--no-save', './rseq.tgz'])
  })

  async function stage(block: Block, task: object): Promise<void> {
    const stageFile = join(import.meta.dirname, 'printed', 'stage.mjs')
    const seen = await run(project.folder, [process.execPath, stageFile, JSON.stringify(task)])
    console.log(`${manager.name}, ${place(block)}: ${seen.trim()}`)
  }

  function write(block: Block, expected: Expected | undefined): string {
    const name = `${place(block).replaceAll(/\W/g, '-')}.mjs`
    project.write(name, block.text)
    for (const [file, content] of Object.entries(expected?.files ?? {})) project.write(file, content)
    return name
  }

  // Most of their time they wait.
  test.concurrent.each(programs.map((block) => [place(block), block] as const))('%s', async (_, block) => {
    const expected = expectedOf(block)
    const isBuns = manager.name !== 'Bun' || expected?.notBun === undefined
    const program = write(block, expected)
    // It takes a second or two for each: of what differs in its framework alone, elsewhere the header will do.
    const scrapes = expected?.serves !== undefined && (isWhole || expected.serves.path !== undefined)
    const command = isBuns ? manager.start(program) : ofNode(program)
    await stage(block, { expected, command, ...(scrapes && { prometheus }) })
  })

  // Some take a minute. Of a project with PnP there is no folder of commands, and npx would ask the registry.
  if (isWhole && manager.name !== 'Yarn PnP')
    test.each(commands.map((block) => [place(block), block] as const))('%s: commands', async (_, block) => {
      const service = programs.find(({ page, text }) => page === 'README.md' && text.includes('listen(8080)'))
      if (service === undefined) throw new Error('README has no service')
      const lines = block.text.split('\n').filter((line) => line !== '')
      await stage(block, { lines, expected: expectedOf(service), command: ofNode(write(service, undefined)) })
    })
})
