// Starts what a run is made of: the service, wrk, Prometheus. Nothing of it outlives the run.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

const here = (name) => join(import.meta.dirname, name)
const running = new Set()
const folder = mkdtempSync(join(tmpdir(), 'rseq-service-'))
// What these services share is not what whoever starts the run shares.
const { RSEQ_REGION: _, ...environment } = process.env

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

/** Ends the run where a program is missing, saying what to install. */
export function mustHave(command, option) {
  if (spawnSync(command, [option], { stdio: 'ignore' }).error === undefined) return
  console.error(`${command} is missing: apt-get install -y ${command}`)
  process.exit(2)
}

function start(command, args, options) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** Until `found` gives something; fails after that many seconds. */
export async function eventually(what, seconds, found) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(100)) {
    const answer = await found()
    if (answer !== undefined) return answer
  }
  throw new Error(`${what}: not within ${seconds} s`)
}

/** Starts service.mjs, and waits until all of its processes listen. */
export async function startService(metrics, ports, { workers, threads }) {
  const log = join(mkdtempSync(join(folder, 'service-')), 'access')
  writeFileSync(log, '')
  const env = {
    ...environment,
    METRICS: metrics,
    PORT: String(ports.service),
    METRICS_PORT: String(ports.metrics),
    WORKERS: String(workers),
    THREADS: String(threads),
    ACCESS_LOG: log,
    NODE_OPTIONS: `--import ${pathToFileURL(here('access.mjs')).href}`,
  }
  const child = start(process.execPath, [here('service.mjs')], { env })
  const listening = new Set()
  createInterface(child.stdout).on('line', (line) => {
    const [, pid] = /^worker (\d+) listens$/.exec(line) ?? []
    if (pid !== undefined) listening.add(Number(pid))
  })
  await eventually(`${metrics}: ${workers} workers`, 60, () => (listening.size < workers ? undefined : true))
  return {
    /** Kills a process that serves; false where there is none. */
    kill() {
      const all = [...listening]
      const pid = all[Math.floor(Math.random() * all.length)]
      if (pid === undefined) return false
      listening.delete(pid)
      process.kill(pid, 'SIGKILL')
      return true
    },
    /** Requests that came, as Node itself says. */
    started: () => statSync(log).size,
    /** @returns what it ended with */
    async end() {
      child.kill('SIGTERM')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      return child.signalCode ?? child.exitCode
    },
  }
}

/** Runs wrk to its end. @returns what load.lua counted */
export async function load(port, seconds, connections) {
  const args = ['-t', 1, '-c', connections, '-d', `${seconds}s`, '--timeout', '10s', '-s', here('load.lua')]
  const child = start('wrk', [...args, `http://127.0.0.1:${port}`].map(String))
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part) => {
    text += part
  })
  await once(child, 'close')
  const line = text.split('\n').find((one) => one.startsWith('{'))
  if (line === undefined) throw new Error(`wrk ended with ${child.exitCode}: ${text}`)
  return JSON.parse(line)
}

/** Starts a Prometheus that scrapes each second. @param targets port by job */
export async function startPrometheus(targets) {
  const port = await freePort()
  const config = join(folder, 'prometheus.yml')
  const data = join(folder, 'prometheus')
  mkdirSync(data)
  const jobs = Object.entries(targets).map(([job, target]) => ({
    job_name: job,
    static_configs: [{ targets: [`127.0.0.1:${target}`] }],
  }))
  // JSON is YAML.
  const global = { scrape_interval: '1s', scrape_timeout: '1s' }
  writeFileSync(config, JSON.stringify({ global, scrape_configs: jobs }))
  const files = [`--config.file=${config}`, `--storage.tsdb.path=${data}`]
  start('prometheus', [...files, `--web.listen-address=127.0.0.1:${port}`, '--log.level=error'])
  const url = `http://127.0.0.1:${port}`
  const isReady = () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok || undefined,
      () => undefined,
    )
  await eventually('Prometheus', 60, isReady)
  /** @param time in seconds since 1970 */
  return async (query, time = Date.now() / 1000) => {
    const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query, time })}`)
    const { status, data: found, error } = await response.json()
    if (status !== 'success') throw new Error(`${query}: ${error}`)
    return found.result
  }
}
