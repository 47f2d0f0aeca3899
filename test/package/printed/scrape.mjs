// What a Prometheus makes of a page at port 8080.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const API = 'http://127.0.0.1:9090/api/v1'

async function ask(path) {
  const response = await fetch(`${API}/${path}`).catch(() => null)
  return response?.ok ? (await response.json()).data : undefined
}

async function answerTo(query) {
  const found = await ask(`query?${new URLSearchParams({ query })}`)
  const [first] = found?.result ?? []
  return first === undefined ? undefined : Number(first.value[1])
}

/**
 * Lets a Prometheus scrape the page until it has these values.
 *
 * @returns {Promise<string>} what was seen
 * @throws {Error} where the target is not up, or Prometheus has something to complain of
 */
export async function scraped(program, { values }, eventually) {
  const folder = mkdtempSync(join(tmpdir(), 'rseq-prometheus-'))
  const config = join(folder, 'prometheus.yml')
  // JSON is YAML.
  const job = { job_name: 'printed', static_configs: [{ targets: ['127.0.0.1:8080'] }] }
  writeFileSync(config, JSON.stringify({ global: { scrape_interval: '1s' }, scrape_configs: [job] }))
  const args = [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'data')}`]
  const server = spawn(program, [...args, '--web.listen-address=127.0.0.1:9090'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const seen = { log: '', ended: null }
  server.stderr.setEncoding('utf8').on('data', (text) => {
    seen.log += text
  })
  server.once('exit', (status, signal) => {
    seen.ended = signal ?? status
  })
  process.on('exit', () => {
    server.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  const target = await eventually('a scrape', seen, async () => {
    const one = (await ask('targets'))?.activeTargets[0]
    return one === undefined || one.health === 'unknown' ? undefined : one
  })
  if (target.health !== 'up') throw new Error(`the target is ${target.health}: ${target.lastError}`)
  const up = await eventually('up', seen, () => answerTo('up'))
  const shown = [`up ${up}`]
  for (const [query, expected] of Object.entries(values)) {
    await eventually(`${query} = ${expected}`, seen, async () =>
      (await answerTo(query)) === expected ? true : undefined,
    )
    shown.push(`${query} ${expected}`)
  }
  const { version } = await ask('status/buildinfo')
  const complaints = seen.log.split('\n').filter((line) => /level=(warn|error)/i.test(line))
  if (up !== 1 || complaints.length > 0) throw new Error(`up = ${up}\n${complaints.join('\n')}`)
  return `Prometheus ${version}: ${shown.join(', ')}`
}
