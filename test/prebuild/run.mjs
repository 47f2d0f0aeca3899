// npm run test:package -- prebuild: looks into every file of prebuilds/, makes them again, loads the packed package on
// several C libraries, and ends with one line of totals.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fail, finish, mustRun, root, vitest } from '../support/runner.mjs'

if (!existsSync(join(root, 'prebuilds', 'linux-x64')))
  fail('prebuilds/ is empty: run npm run build:prebuilds first')

const project = mkdtempSync(join(tmpdir(), 'rseq-packed-'))
process.on('exit', () => rmSync(project, { recursive: true, force: true }))

// A project that has the package as users get it: packed, and unpacked.
mustRun('npm', ['run', '--silent', 'build:ts'])
mustRun('npm', ['pack', '--silent', '--ignore-scripts=false', `--pack-destination=${project}`])
const installed = join(project, 'node_modules', 'rseq')
mkdirSync(installed, { recursive: true })
mustRun('sh', ['-c', 'tar xzf "$0"/*.tgz --strip-components=1 -C "$1" && rm "$0"/*.tgz', project, installed])

const args = ['--config=test/prebuild/vitest.config.mjs', ...process.argv.slice(2)]
finish([vitest('prebuilds', { args, env: { RSEQ_PROJECT: project } })])
