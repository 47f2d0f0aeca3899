// The recipe for Next.js: a project with the printed files and the packed package, built, and started in several processes.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { cache } from '../../scripts/cache.mjs'
import { installPackage } from '../../scripts/npm-package.mjs'
import { root } from '../support/runner.mjs'
import { ask, counted } from './http.mjs'
import { printed } from './printed.mjs'

const NEXT = '16.4.6'
const TOOLS = `next@${NEXT} react@19.3.1 react-dom@19.3.1 prom-client@15.1.3`
const PORT = 18_461

/** What the page does not print. */
const FILES = {
  'app/layout.js': 'export default ({ children }) => <html lang="en"><body>{children}</body></html>',
  'app/page.js': 'export default () => <p>shop</p>',
  'app/hello/route.js': `
    import { requests } from '../../metrics'
    export const dynamic = 'force-dynamic'
    export function GET() {
      requests.inc()
      return new Response('hello')
    }`,
}

function pack(into) {
  const scratch = mkdtempSync(join(tmpdir(), 'rseq-pack-'))
  const options = ['--silent', '--ignore-scripts=false', '--pack-destination', scratch]
  execFileSync('npm', ['pack', ...options], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  const [tarball] = readdirSync(scratch)
  mkdirSync(into, { recursive: true })
  execFileSync('tar', ['xzf', join(scratch, tarball), '--strip-components=1', '-C', into])
  rmSync(scratch, { recursive: true })
}

/** @returns the folder of the built server */
function build(project) {
  cpSync(installPackage(TOOLS, join(cache, 'tools', `next-${NEXT}`)), project, { recursive: true })
  pack(join(project, 'node_modules', 'rseq'))
  const names = ['next.config.mjs', 'metrics.js', 'app/metrics/route.js']
  for (const [name, text] of [...names.map((one) => [one, printed(one)]), ...Object.entries(FILES)]) {
    mkdirSync(dirname(join(project, name)), { recursive: true })
    writeFileSync(join(project, name), text)
  }
  const next = join(project, 'node_modules', 'next', 'dist', 'bin', 'next')
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' }
  execFileSync(process.execPath, [next, 'build'], { cwd: project, env, stdio: 'pipe' })
  const server = join(project, '.next', 'standalone')
  writeFileSync(join(server, 'cluster.cjs'), printed('cluster.cjs'))
  return server
}

async function served() {
  const project = mkdtempSync(join(tmpdir(), 'rseq-next-'))
  let child
  try {
    const cwd = build(project)
    const env = { ...process.env, PORT: String(PORT), HOSTNAME: '127.0.0.1' }
    child = spawn(process.execPath, ['cluster.cjs'], { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] })
    let warnings = ''
    child.stderr.setEncoding('utf8').on('data', (text) => {
      warnings += text
    })
    await ask(PORT, 10, '/hello')
    return `${await counted(PORT)}${warnings}`
  } finally {
    if (child !== undefined) {
      child.kill()
      await once(child, 'exit')
    }
    rmSync(project, { recursive: true, force: true, maxRetries: 5 })
  }
}

export const rows = [[`Next.js ${NEXT}: standalone, two processes, 10 requests; every page`, '10', served]]
