// npm run build:prebuilds [-- --out DIR] [-- --symbols]: everything under prebuilds/, for both architectures on one
// machine: rseq.node for every Node, and rseq_fast.abiN.node for each Node ABI. --symbols leaves the symbol
// tables in. The bytes depend on the sources, the compilers and Node's headers alone.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ARCHITECTURES, compilers } from './compilers.mjs'
import { fetchNode, MAJORS, versionOf } from './nodes.mjs'

const root = join(import.meta.dirname, '..')
const modules = join(root, 'node_modules')
const { values } = parseArgs({ options: { out: { type: 'string' }, symbols: { type: 'boolean' } } })
const out = resolve(values.out ?? join(root, 'prebuilds'))

const scratch = mkdtempSync(join(tmpdir(), 'rseq-prebuild-'))

/** Just what the build of one target needs: prebuildify takes whichever .node file it finds first. */
function stage(folder, target) {
  for (const part of [join('src', 'native'), join('node_modules', 'node-addon-api')]) {
    cpSync(join(root, part), join(folder, part), { recursive: true, dereference: true })
  }
  const gyp = {
    variables: { native: 'src/native', native_abs: '<(module_root_dir)/src/native' },
    targets: [{ target_name: target, includes: [`src/native/${target}.gypi`] }],
  }
  writeFileSync(join(folder, 'binding.gyp'), JSON.stringify(gyp))
}

/**
 * Builds one addon. Nothing in it depends on where the checkout is, whose own build is left alone.
 * @param {string} arch
 * @param {'rseq' | 'rseq_fast'} target
 * @param {string} major of Node
 * @returns its path under prebuilds/, and its content
 */
function build(arch, target, major) {
  const folder = join(scratch, `${arch}-${target}-${major}`)
  stage(folder, target)
  const headers = fetchNode(arch, major)
  const { version, abi } = versionOf(headers)
  const { CC, CXX, STRIP } = compilers(arch)
  const args = [`--arch=${arch}`, '--platform=linux', `--name=${target}`, `--target=${version}`]
  const kind = target === 'rseq' ? '--napi' : '--no-napi'
  const strip = values.symbols ? [] : ['--strip']
  const prebuildify = join(modules, 'prebuildify', 'bin.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [prebuildify, ...args, kind, ...strip], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: {
      ...process.env,
      ...{ CC, CXX, PREBUILD_STRIP_BIN: STRIP },
      PREBUILD_NODE_GYP: join(modules, '.bin', 'node-gyp'),
      npm_config_nodedir: headers,
      JOBS: String(availableParallelism()),
    },
  })
  if (status !== 0) throw new Error(`${target} for ${arch}, Node ${version}:\n${stdout}${stderr}`)
  for (const warning of stderr.split('\n').filter((line) => /warning:/.test(line))) console.error(warning)
  const name = join(`linux-${arch}`, target === 'rseq' ? 'rseq.node' : `${target}.abi${abi}.node`)
  return { name, content: readFileSync(join(folder, 'prebuilds', name)) }
}

function write({ name, content }) {
  mkdirSync(dirname(join(out, name)), { recursive: true })
  writeFileSync(join(out, name), content)
  const sha = createHash('sha256').update(content).digest('hex').slice(0, 16)
  console.log(`${name.padEnd(32)} ${String(content.length).padStart(7)} bytes  sha256 ${sha}`)
}

try {
  const files = ARCHITECTURES.flatMap((arch) => [
    build(arch, 'rseq', MAJORS[0]), // Node-API is the same in all of them
    ...MAJORS.map((major) => build(arch, 'rseq_fast', major)),
  ])
  // README.md stays.
  for (const arch of ARCHITECTURES) rmSync(join(out, `linux-${arch}`), { recursive: true, force: true })
  files.forEach(write)
  const total = files.reduce((sum, { content }) => sum + content.length, 0)
  console.log(`${files.length} files, ${total} bytes`)
} catch (error) {
  console.error(`prebuild: ${error.message}`)
  process.exitCode = 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
