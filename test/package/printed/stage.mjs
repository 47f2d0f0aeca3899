// Runs one program of a page as it is printed, in a network and a /dev/shm of its own, so that ports and services of others
// are not in its way: node stage.mjs JSON, in the program's folder. Ends with 0 where everything is as expected, and says in a
// line what was seen.
//   { command, expected, prometheus, lines }: how the program is started, a row of expected.ts, a Prometheus to scrape it, and, of
//   a block of commands, its lines: the program then is the service that they are about
import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { collector } from './collector.mjs'
import { scraped } from './scrape.mjs'

const INSIDE = 'ip link set lo up && mount -t tmpfs tmpfs /dev/shm && exec "$@"'
// A machine that is busy with something else takes a minute to start the processes of a service.
const PATIENCE = 240_000

/** Starts this program again where nobody else is. */
function goInside() {
  const namespaces = process.getuid() === 0 ? ['-nm'] : ['-rnm']
  const again = ['sh', '-c', INSIDE, 'sh', process.execPath, import.meta.filename, process.argv[2]]
  const may = spawnSync('unshare', [...namespaces, 'true'], { encoding: 'utf8' })
  if (may.status !== 0) throw new Error(`a network of its own needs root or user namespaces: ${may.stderr}`)
  const env = { ...process.env, RSEQ_STAGE: 'inside' }
  const { status, error } = spawnSync('unshare', [...namespaces, ...again], { stdio: 'inherit', env })
  if (error !== undefined || status === null) throw error ?? new Error('unshare was ended')
  process.exit(status)
}

function start([program, ...args], env) {
  const child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env })
  const seen = { stdout: '', stderr: '', ended: null }
  for (const name of ['stdout', 'stderr'])
    child[name].setEncoding('utf8').on('data', (text) => {
      seen[name] += text
    })
  child.once('close', (status, signal) => {
    seen.ended = signal ?? status
  })
  process.on('exit', () => {
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // all of them have ended
    }
  })
  return { child, seen }
}

/** Until `found` gives something. */
async function eventually(what, seen, found) {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(50)) {
    const answer = await found()
    if (answer !== undefined) return answer
    if (seen.ended !== null) break
  }
  throw new Error(`${what}: not to be seen. ${JSON.stringify(seen)}`)
}

function get(path) {
  return fetch(`http://127.0.0.1:8080${path}`).then(
    async (answer) => {
      await answer.text()
      return `${answer.status} ${answer.headers.get('content-type')}`
    },
    () => undefined,
  )
}

/** Does what commands on a page are about: 20 requests, one after the other. */
async function serve({ path }, seen) {
  await eventually('a page at port 8080', seen, () => get('/metrics'))
  if (path !== undefined) for (let i = 0; i < 20; i++) await get(path)
}

/** A terminal runs a command, as a reader would: what shows something until it is told to stop is told so. */
async function type(line) {
  const isLive = /\brseq top\b(?!.*--(once|html|json))/.test(line)
  const child = spawn('script', ['-qec', `set -o pipefail; ${line}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, SHELL: '/bin/bash' },
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
  })
  if (isLive) setTimeout(() => child.stdin.write('q'), 3000)
  const status = await new Promise((done) => child.once('close', done))
  if (status !== 0 || output === '') throw new Error(`${line} ended with ${status}: ${output}`)
}

/** Files, numbers of processes and CPUs that a page has are those of the machine that it was written on. */
function placed(line, pid) {
  const region = readdirSync('/dev/shm').find((name) => name.startsWith('rseq-'))
  // The page does not say where the second one comes from.
  if (line.includes('busy.json')) copyFileSync('quiet.json', 'busy.json')
  return line
    .replace(/\/dev\/shm\/rseq-\S+/, `/dev/shm/${region}`)
    .replace(/(rseq top\b.*) \d{3,}\b/, `$1 ${pid}`)
    .replace('--cpus 2-3', '--cpus 0-1')
}

async function main() {
  const { command, expected = {}, prometheus, lines } = JSON.parse(process.argv[2])
  const { RSEQ_STAGE: _, ...env } = process.env
  const collected = expected.exports === undefined ? null : await collector()
  const { child, seen } = start(command, env)
  const pattern = new RegExp(expected.prints ?? '')

  if (expected.serves !== undefined) {
    await serve(expected.serves, seen)
    if (lines === undefined && prometheus !== undefined)
      console.log(await scraped(prometheus, expected.serves, eventually))
    else if (lines === undefined) {
      const answer = await get('/metrics')
      if (answer !== '200 text/plain; version=0.0.4; charset=utf-8') throw new Error(`/metrics: ${answer}`)
      console.log(answer)
    } else {
      for (const line of lines) {
        await type(placed(line, child.pid))
        console.log(line)
      }
    }
  } else if (collected !== null) {
    await eventually(`a sum of ${expected.exports}`, seen, () => {
      seen.sums = collected.sums
      return collected.sums.at(-1) === expected.exports ? true : undefined
    })
    console.log(`sums that were exported: ${collected.sums}`)
  } else if (expected.goesOn) {
    await eventually('the output', seen, () => (pattern.test(seen.stdout) ? true : undefined))
    console.log(JSON.stringify(seen.stdout))
  } else {
    await eventually('the end', { ended: null }, () => (seen.ended === null ? undefined : true))
    if (seen.ended !== 0 || !pattern.test(seen.stdout)) throw new Error(JSON.stringify(seen))
    console.log(JSON.stringify(seen.stdout))
  }
  if (seen.stderr !== '') throw new Error(`its standard error: ${seen.stderr}`)
  process.exit(0)
}

if (process.env.RSEQ_STAGE === 'inside') await main()
else goInside()
