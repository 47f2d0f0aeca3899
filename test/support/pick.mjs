// npm run test:stress, test:sanitize, test:package or test:machines -- NAME [arguments]: runs one of that kind's programs.
// With a NAME that there is not it lists them, and without one too, but for those of USUAL. The first line of a program says
// its kind and its NAME.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun, root } from './runner.mjs'

/** What a kind does if no name is given. */
const USUAL = { package: 'packed', machines: 'vm' }
/** Programs that take lib/ as it is, and run for minutes. */
const BUILT = ['forged', 'memory', 'production']
const FIRST = /^\/\/ npm run test:(\w+) -- ([\w|-]+)([^:]*)/

const [kind, ...rest] = process.argv.slice(2)
const [name = USUAL[kind], ...args] = rest[0]?.startsWith('-') ? [USUAL[kind], ...rest] : rest

const folders = ['stress', 'native', 'models', 'package', 'prebuild', 'production', 'machines'].flatMap(
  (folder) => {
    const path = join(root, 'test', folder)
    return [
      path,
      ...readdirSync(path).map((below) => join(path, below, 'run.mjs')),
      join(path, 'vm', 'matrix.mjs'),
    ]
  },
)
const files = folders.flatMap((path) =>
  path.endsWith('.mjs')
    ? [path]
    : readdirSync(path)
        .filter((file) => file.endsWith('.mjs'))
        .map((file) => join(path, file)),
)
const programs = new Map()
for (const file of new Set(files.filter((path) => existsSync(path)))) {
  const [, its, names = '', usage] = FIRST.exec(readFileSync(file, 'utf8')) ?? []
  // A program with several names is told by which it was called.
  for (const one of names.split('|')) if (its === kind) programs.set(one, { file, usage, names })
}

const program = programs.get(name)
if (program === undefined) {
  const lines = [...programs].map(([one, { usage }]) => `  ${one}${usage}`).sort()
  console.error(`test:${kind}: expected one of these, received ${name ?? 'none'}\n${lines.join('\n')}`)
  process.exit(2)
}
if (BUILT.includes(name)) mustRun('npm', ['run', '--silent', 'build'])
const told = program.names.includes('|') ? [name, ...args] : args
const { status } = spawnSync(process.execPath, [program.file, ...told], { stdio: 'inherit', cwd: root })
process.exitCode = status ?? 1
