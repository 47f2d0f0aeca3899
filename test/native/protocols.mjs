// npm run test:sanitize -- protocols [ROUNDS] [--machine ARCH/KERNEL [--no-build]] [--write]: the protocols between threads and
// processes, raced: what is removed and made again beside who reads it, names beside who looks for them, slots that are passed
// on, in a program without Node; then drains, and names made and removed by processes. Here, or in a machine.
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Findings, root, run } from '../stress/findings.mjs'
import { mustRun } from '../support/runner.mjs'

const PROGRAM = 'structures'

/** The program for another architecture, in a folder of its own. @returns its path */
async function crossBuild(arch) {
  const { compilers } = await import('../../scripts/compilers.mjs')
  const { fetchNode } = await import('../../scripts/nodes.mjs')
  const { NODE } = await import('../machines/vm/stage.mjs')
  const folder = mkdtempSync(join(tmpdir(), 'rseq-protocols-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const own = join('test', 'native', 'structures')
  const filter = (path) => !path.endsWith('/build')
  for (const part of ['src/native', 'test/native', own])
    cpSync(join(root, part), join(folder, part), { recursive: true, filter, verbatimSymlinks: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const { CC, CXX } = compilers(arch)
  const env = { CC, CXX, npm_config_nodedir: fetchNode(arch, NODE) }
  const gyp = [join(root, 'scripts', 'node-gyp.mjs'), 'configure', '--directory', own, `--arch=${arch}`]
  mustRun(process.execPath, gyp, { cwd: folder, env })
  const build = join(folder, own, 'build')
  mustRun('make', ['--silent', '-j2', '-C', build, 'BUILDTYPE=Release', PROGRAM], { env })
  return join(build, 'Release', PROGRAM)
}

function trials(program, rounds) {
  // An emulated machine is some hundred times slower.
  const seconds = 600 + rounds / 1000
  const seed = `${Date.now() % 2 ** 31}`
  const env = { RSEQ_TEST_TIMEOUT: `${seconds * 1000}` }
  const script = (name, ...args) =>
    run(process.execPath, [join('test', 'stress', name), ...args.map(String)], { seconds, env })
  return [
    { what: 'races', result: run(program, ['protocols', `${rounds}`, seed], { seconds }) },
    { what: 'drains', result: script('drain.mjs', 10) },
    { what: 'names made and removed', result: script('churn.mjs', Math.max(10_000, rounds / 100), 100) },
  ]
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    machine: { type: 'string' },
    program: { type: 'string' },
    'no-build': { type: 'boolean' },
    write: { type: 'boolean' },
  },
})
const { machine, program } = values
const rounds = Number(positionals[0] ?? 10_000_000)

async function inMachineOf(arch) {
  const { inMachine } = await import('../stress/machine.mjs')
  const files = { [PROGRAM]: await crossBuild(arch) }
  const command = `node test/native/protocols.mjs ${rounds} --program /mnt/${PROGRAM}`
  return inMachine(machine, command, { files, noBuild: values['no-build'], timeout: 3000 })
}

async function here() {
  const { build, built } = await import('./sanitizers.mjs')
  build(PROGRAM)
  mustRun('npm', ['run', '--silent', 'build'])
  return { kernel: release(), trials: trials(join(built, PROGRAM), rounds) }
}

if (program !== undefined) {
  // In the machine.
  console.log(JSON.stringify({ kernel: release(), trials: trials(program, rounds) }))
} else {
  const found = await (machine === undefined ? here() : inMachineOf(machine.split('/')[0]))
  const findings = new Findings(`test:protocols${machine === undefined ? '' : `, ${machine}, emulated`}`)
  for (const { what, result } of found.trials) {
    const { failed, stderr, violations, ...figures } = result
    const wrong = typeof violations === 'number' && violations > 0 ? [`${violations} violations`] : []
    const told = Array.isArray(violations) ? { violations } : {}
    findings.add(what, { failed, stderr, ...told }, wrong, JSON.stringify(figures))
  }
  findings.finish(found.kernel)
}
