// node scripts/lint-native.mjs         checks the native code's format, then the code itself by clang-tidy
// node scripts/lint-native.mjs --fix   formats it
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'

const root = join(import.meta.dirname, '..')
const require = createRequire(import.meta.url)
const { clangFormatPath } = require('clang-format-node')
const { values } = parseArgs({ options: { fix: { type: 'boolean' } } })

function fail(message) {
  console.error(`lint-native: ${message}`)
  process.exit(1)
}

/** Files of a folder with one of these extensions, relative to the root. */
function files(folder, ...extensions) {
  return readdirSync(join(root, folder))
    .filter((name) => extensions.some((extension) => name.endsWith(extension)))
    .map((name) => join(folder, name))
}

/** The folder of node_api.h: as node-gyp was told, beside Node, or where node-gyp put it. */
function nodeHeaders() {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
  const folders = [
    process.env.npm_config_nodedir,
    dirname(dirname(process.execPath)),
    join(cache, 'node-gyp', process.versions.node),
  ]
  const found = folders
    .filter((folder) => folder)
    .map((folder) => join(folder, 'include', 'node'))
    .find((folder) => existsSync(join(folder, 'node_api.h')))
  return found ?? fail("Node's headers are missing: build the addon first, or set npm_config_nodedir")
}

const own = ['kernel', 'sections', 'thread', 'region', 'objects', 'metrics', 'addon'].map(
  (name) => `src/native/${name}`,
)
const others = ['test/native', 'test/native/structures', 'test/native/structures/parts', 'bench/native']
const native = [...own, ...others].flatMap((folder) => files(folder, '.c', '.cc', '.h'))
const mode = values.fix ? ['-i'] : ['--dry-run', '-Werror']
const formatted = spawnSync(clangFormatPath, [...mode, ...native], { stdio: 'inherit', cwd: root })
if (formatted.status !== 0) fail('not formatted; npm run format does it')
if (values.fix) process.exit(0)

if (spawnSync('clang-tidy', ['--version']).status !== 0) {
  fail("clang-tidy is missing: install Debian's clang-tidy")
}

// As src/native/link.gypi has it. Headers of others are system headers: not ours to warn about.
const compiler = [
  '-std=gnu++20',
  '-fno-exceptions',
  '-fno-rtti',
  '-Isrc/native',
  `-isystem${nodeHeaders()}`,
  `-isystem${dirname(require.resolve('node-addon-api/napi.h'))}`,
]
// As src/native/rseq.gypi has it; fastcall.cc is an addon of its own.
const napi = ['-DNAPI_VERSION=8', '-DNODE_ADDON_API_DISABLE_DEPRECATED', '-DNAPI_DISABLE_CPP_EXCEPTIONS']

/** Checks one file. Its findings are in the standard output; the standard error only counts them. */
function tidy(file) {
  return new Promise((resolve) => {
    const defines = file.endsWith('fastcall.cc') ? [] : napi
    const child = spawn('clang-tidy', ['--quiet', file, '--', ...compiler, ...defines], { cwd: root })
    let output = ''
    let errors = ''
    child.stdout.on('data', (data) => {
      output += data
    })
    child.stderr.on('data', (data) => {
      errors += data
    })
    child.on('close', (status) => {
      if (status !== 0) process.stdout.write(output === '' ? errors : output)
      resolve(status === 0)
    })
  })
}

const queue = own.flatMap((folder) => files(folder, '.cc'))
let clean = true
async function work() {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    if (!(await tidy(file))) clean = false
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, work))
if (!clean) fail('clang-tidy found something')
