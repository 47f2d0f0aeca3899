import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { RegionProcess } from 'rseq'
import { afterEach, describe, expect, test } from 'vitest'
import { PATIENCE } from '../../support/patience'
import { fixtures } from '../../support/world'

const PROCESSES = 4
const THREADS = 4
const INCREMENTS = Number(process.env.RSEQ_TEST_INCREMENTS ?? 1_000_000)
const OWN = { GLIBC_TUNABLES: 'glibc.pthread.rseq=0' }
// What these services share is not what whoever runs the tests shares.
const { RSEQ_REGION: _, ...environment } = process.env

interface Exact {
  expected: number
  value: number
  onePath: boolean
  registrations: string[][]
  backends: string[][]
  cells: number[]
  seconds: number
}

const counted = (lists: string[][]) =>
  [...new Set(lists.flat())].map((one) => `${lists.flat().filter((other) => other === one).length} ${one}`)

describe(`${PROCESSES} processes × ${THREADS} threads × ${INCREMENTS} increments`, () => {
  test.each([
    ['libc’s registration', {}, 0, ['rseq']],
    ['own registration', OWN, 0, ['rseq']],
    ['half of the processes without rseq', OWN, 1, ['rseq', 'atomic']],
  ])('are exact: %s', (name, env, deny, backends) => {
    const args = [PROCESSES, THREADS, INCREMENTS, deny].map(String)
    const output = execFileSync(process.execPath, [join(fixtures, 'cluster.mjs'), ...args], {
      encoding: 'utf8',
      env: { ...environment, ...env },
      timeout: PATIENCE,
    })
    const result = JSON.parse(output) as Exact
    const overflow = result.cells.at(-1) as number
    console.log(
      `${name}: ${result.value} of ${result.expected} in ${result.seconds.toFixed(1)} s, overflow cell`,
      `${((100 * overflow) / result.value).toFixed(2)} %; ${counted(result.backends)};`,
      `registrations: ${counted(result.registrations)}`,
    )
    expect(result.value).toBe(result.expected)
    expect(result.cells.reduce((sum, cell) => sum + cell, 0)).toBe(result.expected)
    expect(result.onePath).toBe(true)
    expect([...new Set(result.backends.flat())]).toEqual(backends)
    // Half of the workers and of their threads; some others ran out of attempts.
    const denied = (deny * PROCESSES * (THREADS * INCREMENTS + 1)) / 2
    expect(overflow).toBeGreaterThanOrEqual(denied)
    expect(overflow).toBeLessThan(denied + 1000)
  })
})

interface Look {
  pid: number
  path: string
  names: string[]
  processes: RegionProcess[]
}

/** A process of test/fixtures/service.mjs. */
class Service {
  readonly process: ChildProcess
  readonly #waiting = new Map<number, (answer: unknown) => void>()
  #last = 0

  constructor(env: Record<string, string> = {}) {
    this.process = fork(join(fixtures, 'service.mjs'), { env: { ...environment, ...env } })
    this.process.on('message', ({ id, answer }: { id: number; answer: unknown }) => {
      this.#waiting.get(id)?.(answer)
    })
    services.push(this)
  }

  call<T>(to: number[], call: string, ...args: unknown[]): Promise<T> {
    const id = ++this.#last
    return new Promise((resolve, reject) => {
      const died = () => reject(new Error(`the service ended before ${call} was answered`))
      this.process.once('exit', died)
      this.#waiting.set(id, (answer) => {
        this.process.off('exit', died)
        resolve(answer as T)
      })
      this.process.send({ id, to, call, args })
    })
  }

  count = (to: number[], name: string, n: number) => this.call<number>(to, 'count', name, n)
  look = (...to: number[]) => this.call<Look>(to, 'look')
  start = (how: 'cluster' | 'fork') => this.call<{ number: number; pid: number }>([], 'start', how)

  /** By itself, or killed. */
  async end(signal?: 'SIGKILL'): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    const ended = once(this.process, 'exit')
    if (signal) this.process.kill(signal)
    else this.process.disconnect()
    await ended
  }
}

const services: Service[] = []
afterEach(async () => {
  await Promise.all(services.splice(0).map((one) => one.end()))
})

const alive = (look: Look) => look.processes.filter((process) => process.alive).map((process) => process.pid)

describe('a service', () => {
  test.each(['primary', 'workers'])('finds itself whoever is first: the %s', async (first) => {
    const service = new Service()
    if (first === 'primary') expect(await service.count([], 'requests', 10)).toBe(10)
    const { number: one } = await service.start('cluster')
    const { number: two } = await service.start('cluster')
    const before = first === 'primary' ? 10 : 0
    expect(await service.count([one], 'requests', 1)).toBe(before + 1)
    expect(await service.count([two], 'requests', 2)).toBe(before + 3)
    expect(await service.count([], 'requests', 3)).toBe(before + 6)
    expect((await service.look(one)).path).toBe((await service.look()).path)
  })

  test('a worker that was killed and replaced finds names and values again', async () => {
    const service = new Service()
    const { pid: primary } = await service.look()
    const killed = await service.start('cluster')
    expect(await service.count([killed.number], 'made by the killed', 7)).toBe(7)
    expect(alive(await service.look())).toEqual([primary, killed.pid])
    await service.call([], 'kill', killed.number)
    const without = await service.look()
    expect(alive(without)).toEqual([primary])
    expect(without.processes.map(({ pid, self }) => [pid, self])).toEqual([
      [primary, true],
      [killed.pid, false],
    ])
    expect(without.names).toEqual(['made by the killed'])

    const next = await service.start('cluster')
    expect(await service.count([next.number], 'made by the killed', 1)).toBe(8)
    expect(await service.count([], 'made by the killed', 1)).toBe(9)
    const { processes, names } = await service.look(next.number)
    // It took the dead one's place.
    expect(processes.map(({ pid, alive, self }) => [pid, alive, self])).toEqual([
      [primary, true, false],
      [next.pid, true, true],
    ])
    expect(names).toEqual(['made by the killed'])
  })

  test('child_process.fork is part of it', async () => {
    const service = new Service()
    expect(await service.count([], 'requests', 1)).toBe(1)
    const { number, pid } = await service.start('fork')
    expect(await service.count([number], 'requests', 2)).toBe(3)
    expect(await service.count([], 'requests', 0)).toBe(3)
    const { processes } = await service.look(number)
    expect(processes.map((process) => process.pid)).toEqual([service.process.pid, pid])
  })

  test('unrelated services of one RSEQ_REGION count into the same counter', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rseq-service-'))
    const path = join(folder, 'region')
    try {
      // Side by side: both may find no file, and make it.
      const both = [new Service({ RSEQ_REGION: path }), new Service({ RSEQ_REGION: path })] as const
      await Promise.all(both.map((one) => one.count([], 'requests', 5)))
      expect(await both[0].count([], 'requests', 1)).toBe(11)
      expect(await both[1].count([], 'requests', 1)).toBe(12)
      expect(alive(await both[0].look()).sort()).toEqual(both.map((one) => one.process.pid).sort())
      await Promise.all(both.map((one) => one.end()))
      expect(existsSync(path)).toBe(true)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('its file goes with the primary', async () => {
    const service = new Service()
    const { path } = await service.look()
    const { number } = await service.start('cluster')
    expect((await service.look(number)).path).toBe(path)
    await service.call([], 'kill', number)
    expect(existsSync(path)).toBe(true)
    await service.end()
    expect(existsSync(path)).toBe(false)
  })

  test('the next service sweeps the file of a killed one away, once nobody has it', async () => {
    const killed = new Service()
    const { path } = await killed.look()
    const other = new Service()
    await other.call([], 'attach', path)
    await killed.end('SIGKILL')
    expect(existsSync(path)).toBe(true)
    await new Service().look()
    expect(existsSync(path)).toBe(true)
    await other.end()
    const next = await new Service().look()
    expect(existsSync(path)).toBe(false)
    expect(existsSync(next.path)).toBe(true)
  })

  test('what a killed leader left goes with the next service; what lives stays, and what is no litter', async () => {
    const living = new Service()
    const { path } = await living.look()
    const dead = join(dirname(path), `rseq-${process.getuid?.()}-999999998-1-0123456789ab`)
    // That cannot be removed is no reason to stop.
    const refused = `${dead}.1`
    mkdirSync(refused)
    try {
      unjoined(path, dead)
      const litter = [dead, ...['.2', '.otel-0', '.otel-31.new'].map((beside) => dead + beside)]
      const kept = [`${path}.2`, `${path}.otel-0`, `${path}.otel-0.new`]
      const others = ['.', '.2x', '-2', '.otel-', '.otel-0.newer'].map((beside) => dead + beside)
      for (const file of [...litter.slice(1), ...kept, ...others]) writeFileSync(file, '{}')
      await new Service().look()
      expect(litter.filter((file) => existsSync(file))).toEqual([])
      expect([refused, path, ...kept, ...others].filter((file) => !existsSync(file))).toEqual([])
      await living.end()
      expect([path, ...kept].filter((file) => existsSync(file))).toEqual([])
    } finally {
      for (const name of readdirSync(dirname(path))) {
        const file = join(dirname(path), name)
        if (file.startsWith(dead) || file.startsWith(path)) rmSync(file, { recursive: true, force: true })
      }
    }
  })
})

/** Makes a region's file from another one's, as it is before anybody has joined. */
function unjoined(from: string, to: string): void {
  const header = Buffer.alloc(44)
  const fd = openSync(from, 'r')
  readSync(fd, header, 0, header.length, 0)
  closeSync(fd)
  const made = openSync(to, 'wx', 0o600)
  writeSync(made, header)
  ftruncateSync(made, statSync(from).size)
  closeSync(made)
}
