import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readText, withFile, writeText } from '../src/ts/cli/files'
import { sample } from './samples'
import { fixtures, root } from './world'

const USAGE = 2
const command = join(root, 'lib', 'cli', 'rseq.js')
const scratch = mkdtempSync(join(tmpdir(), 'rseq-files-'))
const at = (name: string): string => join(scratch, name)
const server = createServer()

beforeAll(async () => {
  execFileSync('mkfifo', [at('fifo')])
  writeFileSync(at('huge'), '')
  truncateSync(at('huge'), 2 ** 40)
  writeFileSync(at('good'), JSON.stringify(sample('x86_64')))
  await new Promise<void>((resolve) => server.listen(at('socket'), resolve))
})
afterAll(() => {
  server.close()
  rmSync(scratch, { recursive: true })
})

/** What nobody can be made to wait at, or to read without end. */
const NO_FILES: [string, string][] = [
  [at('fifo'), 'a FIFO or a pipe'],
  [scratch, 'a directory'],
  [at('socket'), 'a socket'],
  ['/dev/zero', 'a device'],
  ['/dev/tty', 'a device'],
]

/** A command that hangs is ended, and fails. */
function rseq(...args: string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [command, ...args], {
    encoding: 'utf8',
    timeout: 30_000,
  })
  return { stdout, stderr, status }
}

describe('what is read', () => {
  test.each(NO_FILES)('is not %s', (path, kind) => {
    expect(() => withFile(path, () => expect.unreachable())).toThrow(`expected a file, received ${kind}`)
    expect(rseq('compare', at('good'), path)).toEqual({
      stdout: '',
      stderr: `rseq: ${path}: expected a file, received ${kind}\n`,
      status: USAGE,
    })
    expect(rseq('top', '--once', path)).toMatchObject({ stdout: '', status: 1 })
  })

  test('is no larger than what is wanted of it', () => {
    writeFileSync(at('small'), 'äb')
    expect(readText(at('small'), 3)).toBe('äb')
    expect(() => readText(at('small'), 2)).toThrow('expected at most 2 bytes, received 3')
    expect(rseq('compare', at('huge'), at('good'))).toEqual({
      stdout: '',
      stderr: `rseq: ${at('huge')}: expected at most ${2 ** 25} bytes, received ${2 ** 40}\n`,
      status: USAGE,
    })
  })

  test('is what was looked at, while somebody puts a FIFO in its place and back', () => {
    const script = at('files.cjs')
    const entry = join(root, 'src', 'ts', 'cli', 'files.ts')
    buildSync({ entryPoints: [entry], outfile: script, bundle: true, platform: 'node' })
    const { status, signal, stdout, stderr } = spawnSync(
      process.execPath,
      [join(fixtures, 'swapped.cjs'), script, scratch],
      { encoding: 'utf8', timeout: 60_000 },
    )
    expect([status, signal, stderr]).toEqual([0, null, ''])
    const { files, fifos } = JSON.parse(stdout) as { files: number; fifos: number }
    // Otherwise nothing was in its place.
    expect(files).toBeGreaterThan(0)
    expect(fifos).toBeGreaterThan(0)
  })

  test('may have as many parts as anybody likes: it is refused in a sentence', () => {
    const many = 'more parts than a result has, or deeper ones'
    for (const [text, reason] of [
      [`${'['.repeat(1e7)}${']'.repeat(1e7)}`, many],
      [`[${'{},'.repeat(1e7)}0]`, many],
      [`[${'0,'.repeat(16e6)}0]`, many],
      [`{"schema":[[1]]}`, 'expected schema 1, received a list of 1'],
      ['{"schema":1,"machine":7}', 'machine: expected an object, received 7'],
    ] as const) {
      writeFileSync(at('deep'), text)
      expect(rseq('compare', at('deep'), at('good')).stderr).toBe(`rseq: ${at('deep')}: ${reason}\n`)
    }
  })
})

describe('what is written', () => {
  test.each(NO_FILES)('is not %s, and that is said before anything is measured', (path) => {
    for (const args of [
      ['compare', at('good'), at('good'), '--html', path],
      ['bench', '--json', path],
      ['noise', '--json', path],
      ['top', '--html', path],
    ]) {
      expect(rseq(...args)).toEqual({
        stdout: '',
        stderr: `rseq: ${args.at(-2)}: expected a file, received '${path}'\n`,
        status: USAGE,
      })
    }
    expect(() => writeText(path, 'x')).toThrow(`${path}: expected a file, received `)
  })

  test('replaces what a file had, also through a link', () => {
    writeFileSync(at('old'), 'much more than before')
    symlinkSync(at('old'), at('link'))
    writeText(at('link'), 'ä')
    expect(readFileSync(at('old'), 'utf8')).toBe('ä')
  })

  test('is not made where a link leads to nothing', () => {
    symlinkSync(at('nothing'), at('dangling'))
    expect(() => writeText(at('dangling'), 'x')).toThrow(`${at('dangling')}: file already exists`)
    expect(existsSync(at('nothing'))).toBe(false)
  })
})
