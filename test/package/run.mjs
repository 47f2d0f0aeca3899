// npm run test:package -- packed|printed [--no-build] [vitest arguments]: packs the package, tries the tarball with package managers, compilers,
// bundlers and runtimes, and ends with one line of totals.
// `printed` instead: runs all that README and docs print, with each package manager.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { finish, mustHave, mustRun, vitest } from '../support/runner.mjs'

const {
  values,
  positionals: [name, ...words],
} = parseArgs({
  options: { 'no-build': { type: 'boolean' } },
  allowPositionals: true,
})

mustHave('tar', "install Debian's tar")
if (!values['no-build']) {
  mustRun('npm', ['run', '--silent', 'build'])
  mustRun('npm', ['run', '--silent', 'build:prebuilds'])
}
mustRun('npm', ['install', '--silent', '--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline'], {
  cwd: import.meta.dirname,
})

const scratch = mkdtempSync(join(tmpdir(), 'rseq-pack-'))
mustRun('npm', ['pack', '--silent', '--ignore-scripts=false', '--pack-destination', scratch])
const [tarball] = readdirSync(scratch)
const row = vitest('package', {
  lanes: 2,
  args: ['--config=test/package/vitest.config.mjs', ...(name === 'printed' ? ['printed'] : []), ...words],
  env: { RSEQ_TARBALL: join(scratch, tarball), ...(name === 'printed' && { RSEQ_PRINTED: 'all' }) },
})
rmSync(scratch, { recursive: true })
finish([row])
