// Bundlers and tracers: what they make is run away from the packages that it was made of.
import { transformSync } from 'esbuild'
import { CLUSTERED, slug } from './form.mjs'
import { program } from './program.mjs'

function webpack(external) {
  const externals = external ? `externals: [/^rseq/, 'prom-client', /^@opentelemetry/]` : ''
  return {
    name: `webpack cjs ${external ? 'external' : 'bundled'}`,
    files: {
      'program.mjs': program(),
      'build.cjs': `require('webpack')({
  mode: 'production', target: 'node', entry: './program.mjs', output: { path: __dirname + '/out', filename: 'bundle.cjs' },
  externalsType: 'commonjs', ${externals}
}, (error, stats) => {
  if (error ?? stats.hasErrors()) throw error ?? new Error(stats.toString())
  console.log(stats.toString({ all: false, warnings: true }))
})`,
    },
    build: [['node', 'build.cjs']],
    output: 'out',
    external,
    addon: external,
    warns: !external,
    run: [...(external ? ['node'] : CLUSTERED), 'bundle.cjs'],
  }
}

function vite(external) {
  return {
    name: `Vite ssr ${external ? 'external' : 'bundled'}`,
    files: {
      'program.mjs': program(),
      'vite.config.mjs': `export default { ssr: ${external ? '{}' : '{ noExternal: true }'}, build: { ssr: 'program.mjs', outDir: 'out' } }`,
    },
    build: [['vite', 'build']],
    output: 'out',
    external,
    addon: external,
    warns: !external,
    run: [...(external ? ['node'] : CLUSTERED), 'program.mjs'],
  }
}

/** With Turbopack. The folder above is the project's, as with workspaces. */
function next(name, options) {
  const title = `Next.js standalone ${name}`
  return {
    name: title,
    files: {
      // It would install a compiler.
      'tsconfig.json': null,
      'next.config.mjs': `const root = import.meta.dirname + '/../..'
export default { output: 'standalone', outputFileTracingRoot: root, turbopack: { root }, ...${JSON.stringify(options)} }`,
      'app/layout.js': `export default ({ children }) => <html><body>{children}</body></html>`,
      'app/page.js': `export default () => <p>page</p>`,
      'app/api/route.js': program({
        tail: `export const dynamic = 'force-dynamic'
let done
export async function GET() { await (done ??= main()); return Response.json({}) }`,
      }),
      'serve.mjs': `import { spawn } from 'node:child_process'
const env = { ...process.env, PORT: '0', HOSTNAME: '127.0.0.1' }
const child = spawn(process.execPath, [import.meta.dirname + '/server.js'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
child.on('exit', (status) => process.exit(status ?? 0))
let said = ''
child.stdout.on('data', async (data) => {
  const [url] = /http:\\/\\/127[^\\s]*/.exec(said += data) ?? []
  if (url === undefined || !said.includes('Ready')) return
  child.stdout.removeAllListeners('data').resume()
  const response = await fetch(url + '/api')
  if (!response.ok) console.error(await response.text())
  child.kill()
})`,
    },
    build: [
      ['next', 'build'],
      ['cp', 'serve.mjs', `.next/standalone/build/${slug(title)}`],
    ],
    output: '.next/standalone',
    // What is copied has the project's place in its root, and the server is started by this.
    inside: true,
    run: ['node', 'serve.mjs'],
  }
}

function nft(extension) {
  const file = `program.${extension}`
  return {
    name: `@vercel/nft .${extension}`,
    files: {
      [file]: extension === 'mjs' ? program() : required(),
      'build.mjs': `import { nodeFileTrace } from '@vercel/nft'
import { cpSync } from 'node:fs'
const base = process.cwd() + '/../..'
const { fileList } = await nodeFileTrace(['${file}'], { base })
for (const file of fileList) cpSync(base + '/' + file, 'out/' + file, { dereference: true })`,
    },
    build: [['node', 'build.mjs']],
    output: 'out',
    inside: true,
    run: ['node', file],
  }
}

/** For tools that read CommonJS. */
const required = () => transformSync(program({ cjs: true }), { format: 'cjs', platform: 'node' }).code

function ncc(extension) {
  const file = `program.${extension}`
  return {
    name: `@vercel/ncc .${extension}`,
    files: { [file]: extension === 'mjs' ? program() : required() },
    build: [['ncc', 'build', file, '--no-cache', '--quiet', '--out', 'out']],
    output: 'out',
    run: ['node', `index.${extension}`],
  }
}

const bun = {
  name: 'bun build --compile',
  files: { 'program.mjs': program() },
  build: [['bun', 'build', '--compile', 'program.mjs', '--outfile', 'out/program']],
  output: 'out',
  run: ['./program'],
  // What is embedded has no path, and no cluster.
  addon: false,
}

export const bundlers = [
  webpack(false),
  webpack(true),
  vite(false),
  vite(true),
  next('bundled', {}),
  next('external', { serverExternalPackages: ['rseq', 'prom-client'] }),
  nft('cjs'),
  nft('mjs'),
  ncc('cjs'),
  ncc('mjs'),
  bun,
]
