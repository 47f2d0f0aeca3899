import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Project } from './project'
import { bun, checkout, deno } from './tools'

const project = new Project()
beforeAll(() => project.unpack())
afterAll(() => project.remove())

const runtimes = [
  { name: 'Bun', start: () => [bun()] },
  { name: 'Deno', start: () => [deno(), 'run', '-A'] },
]

describe.each(runtimes)('$name', ({ name, start }) => {
  test.each(['mjs', 'cjs'])('counts with workers as Node does, but without fast calls: .%s', (kind) => {
    const result = JSON.parse(project.run([...start(), `count.${kind}`]))
    const { backend, reason } = checkout
    expect(result).toMatchObject({ exact: true, reason, fastCalls: false })
    expect(result.backends).toEqual(Array(3).fill(backend))
    console.log(`${project.run([start()[0] ?? '', '--version']).split('\n')[0]} under ${name}: ${backend}`)
  })

  test.each([
    ['libc', {}],
    ['an own registration', { GLIBC_TUNABLES: 'glibc.pthread.rseq=0' }],
  ])('shares named counters, sums and batches among threads, by %s', (_, env) => {
    const { registrations, ...rest } = JSON.parse(project.run([...start(), 'all.mjs'], env))
    expect(rest).toEqual({
      counter: 4 * (100_000 - 5 + 2 ** 40),
      sum: 2000,
      many: true,
      cells: true,
      cpus: true,
    })
    // One and the same for all threads.
    expect(new Set(registrations).size).toBe(1)
    if (checkout.backend === 'rseq' && 'GLIBC_TUNABLES' in env) expect(registrations[0]).toBe('self')
  })

  test('has the file of its service where Node has it', () => {
    project.write('service.mjs', "import { Region } from 'rseq'\nconsole.log(Region.service.path)\n")
    expect(project.run([...start(), 'service.mjs'])).toMatch(/^\/dev\/shm\//)
  })

  test('runs the command', () => {
    const { status, stdout } = project.try([...start(), './node_modules/rseq/lib/cli/rseq.js', '--json'])
    expect(status).toBe(checkout.backend === 'rseq' ? 0 : 3)
    expect(JSON.parse(stdout)).toMatchObject({ backend: checkout.backend, reason: checkout.reason })
  })
})

describe("Deno's permissions", () => {
  const alone = (...permissions: string[]): unknown =>
    JSON.parse(project.run([deno(), 'run', '--no-prompt', ...permissions, 'alone.mjs']))

  test.each([[[]], [['--allow-sys']]])('the addon needs ffi and read, and %j', (more) => {
    const { backend, reason } = checkout
    expect(alone('--allow-ffi', '--allow-read', ...more)).toMatchObject({ backend, reason, value: 1000 })
  })

  test.each([
    ['ffi', ['--allow-read']],
    ['read', ['--allow-ffi']],
  ])('without %s: the portable backend, which says so', (permission, permissions) => {
    expect(alone(...permissions)).toMatchObject({
      backend: 'portable',
      reason: 'NO_ADDON',
      value: 1000,
      message: expect.stringContaining(`Requires ${permission} access`),
    })
  })
})
