import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  constants,
  existsSync,
  linkSync,
  openSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildSync } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readText, withFile, writeText } from '../../../src/ts/cli/kit/files'
import { command, rseq as run, scratchFolder, USAGE } from '../../support/command'
import { PATIENCE } from '../../support/patience'
import { sample } from '../../support/samples'
import { fixtures, root } from '../../support/world'

const scratch = scratchFolder()
const at = (name: string): string => join(scratch, name)
const server = createServer()

beforeAll(async () => {
  execFileSync('mkfifo', [at('fifo')])
  writeFileSync(at('huge'), '')
  truncateSync(at('huge'), 2 ** 40)
  writeFileSync(at('good'), JSON.stringify(sample('x86_64')))
  await new Promise<void>((resolve) => server.listen(at('socket'), resolve))
})
afterAll(() => server.close())

/** What nobody can be made to wait at, or to read without end. */
const NO_FILES: [string, string][] = [
  [at('fifo'), 'a FIFO or a pipe'],
  [scratch, 'a directory'],
  [at('socket'), 'a socket'],
  ['/dev/zero', 'a device'],
  ['/dev/tty', 'a device'],
]

/** A command that hangs is ended, and fails. */
const rseq = (...args: string[]) => run(args, { timeout: PATIENCE })

/** The same by a shell: in `script`, `rseq` is the command, and $1 and so on are `args`. */
function shell(script: string, ...args: string[]) {
  const { stdout, stderr, status } = spawnSync(
    'sh',
    ['-c', `rseq() { '${process.execPath}' '${command}' "$@"; }; ${script}`, 'sh', ...args],
    { encoding: 'utf8', timeout: PATIENCE },
  )
  return { stdout, stderr, status }
}

/** files.ts as a module that Node loads. */
function bundled(): string {
  const script = at('files.cjs')
  const entry = join(root, 'src', 'ts', 'cli', 'kit', 'files.ts')
  buildSync({ entryPoints: [entry], outfile: script, bundle: true, platform: 'node' })
  return script
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
    const { status, signal, stdout, stderr } = spawnSync(
      process.execPath,
      [join(fixtures, 'swapped.cjs'), bundled(), scratch],
      { encoding: 'utf8', timeout: PATIENCE },
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

/** What is said of the same good result twice, where the files are called so. */
function comparedAs(a: string, b: string): ReturnType<typeof rseq> {
  const { stdout, ...rest } = rseq('compare', at('good'), at('good'))
  const named = stdout
    .replace(`A  ${at('good')}\n`, `A  ${a}\n`)
    .replace(`\nB  ${at('good')}\n`, `\nB  ${b}\n`)
  return { stdout: named, ...rest }
}

describe('a pipe that the command was given', () => {
  test.each(['/dev/stdin', '/dev/fd/0', '/dev/fd/3', '/proc/self/fd/3'])(
    'is read to its end as %s',
    (path) => {
      const given = shell('(sleep 0.2; cat "$1") | (rseq compare "$2" "$1" 3<&0)', at('good'), path)
      expect(given).toEqual(comparedAs(path, at('good')))
      expect(given.status).toBe(0)
    },
  )

  test('is read no further than a file would be', () => {
    expect(shell('cat /dev/zero | rseq compare /dev/stdin "$1"', at('good'))).toEqual({
      stdout: '',
      stderr: `rseq: /dev/stdin: expected at most ${2 ** 25} bytes, received more\n`,
      status: USAGE,
    })
  })

  test('is waited for, where whoever made it never waits', async () => {
    execFileSync('mkfifo', [at('given')])
    const from = openSync(at('given'), constants.O_RDONLY | constants.O_NONBLOCK)
    const to = openSync(at('given'), constants.O_WRONLY)
    const child = spawn(process.execPath, [command, 'compare', '/dev/fd/3', at('good')], {
      stdio: ['ignore', 'ignore', 'inherit', from],
      timeout: PATIENCE,
    })
    closeSync(from)
    const ended = once(child, 'exit')
    await sleep(500)
    writeFileSync(to, readFileSync(at('good')))
    closeSync(to)
    expect(await ended).toEqual([0, null])
  })

  test('is another one than a FIFO somewhere, and than what nobody else could end', () => {
    const refused = { status: USAGE, stdout: '' }
    const reason = 'expected a file, received a FIFO or a pipe\n'
    const fifo = at('fifo')
    expect(shell('cat "$1" | rseq compare "$2" "$1"', at('good'), fifo)).toEqual({
      ...refused,
      stderr: `rseq: ${fifo}: ${reason}`,
    })
    for (const [path, script] of [
      ['/dev/fd/1', 'rseq compare /dev/fd/1 "$1" | cat; exit 2'],
      ['/dev/fd/3', 'rseq compare /dev/fd/3 "$1" 3<>"$2"'],
    ] as const) {
      expect(shell(script, at('good'), fifo)).toEqual({ ...refused, stderr: `rseq: ${path}: ${reason}` })
    }
  })

  test("is none of Node's own", () => {
    const script = `const { readText } = require(process.argv[1])
      const { fstatSync, readdirSync } = require('node:fs')
      for (const name of readdirSync('/proc/self/fd')) {
        try { if (!fstatSync(+name).isFIFO()) continue } catch { continue }
        try { console.log(readText('/dev/fd/' + name, 9)) } catch (error) { console.log(error.message) }
      }`
    const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script, bundled()], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PATIENCE,
    })
    expect([status, stderr]).toEqual([0, ''])
    expect(new Set(stdout.trim().split('\n'))).toEqual(
      new Set(['expected a file, received a FIFO or a pipe']),
    )
  })
})

describe('a text', () => {
  test('may begin with the mark of UTF-8', () => {
    writeFileSync(at('marked'), `\ufeff${readFileSync(at('good'), 'utf8')}`)
    expect(rseq('compare', at('marked'), at('good'))).toEqual(comparedAs(at('marked'), at('good')))
    writeFileSync(at('marks'), '\ufeff\ufeffa')
    expect(readText(at('marks'), 9)).toBe('\ufeffa')
  })

  test.each<[string, Buffer]>([
    ['UTF-16 with a mark', Buffer.from('\ufeff{}', 'utf16le')],
    ['UTF-16 with a mark, most significant bytes first', Buffer.from('\ufeff{}', 'utf16le').swap16()],
    ['UTF-16', Buffer.from('{}', 'utf16le')],
    ['UTF-16, most significant bytes first', Buffer.from('{}', 'utf16le').swap16()],
    ['Latin-1', Buffer.from('{"schema":"ä"}', 'latin1')],
  ])('in %s is refused', (_, bytes) => {
    writeFileSync(at('encoded'), bytes)
    expect(rseq('compare', at('encoded'), at('good'))).toEqual({
      stdout: '',
      stderr: `rseq: ${at('encoded')}: expected UTF-8, received another encoding\n`,
      status: USAGE,
    })
  })
})

/** Everything that writes a file, without that file's name. */
const WRITERS = [
  ['bench', '--json'],
  ['bench', '--html'],
  ['noise', '--json'],
  ['noise', '--html'],
  ['top', '--html'],
  ['compare', at('good'), at('good'), '--html'],
]

describe('what is written', () => {
  test.each([
    ['/dev/stdout', 'standard output', '>"$0"'],
    ['/dev/fd/1', 'standard output', '>>"$0"'],
    ['/dev/stderr', 'standard error', '2>"$0"'],
    [at('out'), 'standard output', '>"$0"'],
  ])('is not %s where that is the file of %s', (path, stream, redirected) => {
    for (const writer of WRITERS) {
      writeFileSync(at('out'), '')
      const { status, stderr } = spawnSync(
        'sh',
        ['-c', `exec "$@" ${redirected}`, at('out'), process.execPath, command, ...writer, path],
        { encoding: 'utf8', timeout: PATIENCE },
      )
      const said = `rseq: ${writer.at(-1)}: '${path}' is the file that ${stream} goes to, and each would write over the other: name another file\n`
      expect([status, stderr + readFileSync(at('out'), 'utf8')]).toEqual([USAGE, said])
    }
  })

  test('is none of the files that are read', () => {
    const text = readFileSync(at('good'), 'utf8')
    linkSync(at('good'), at('good too'))
    symlinkSync(at('good'), at('good as well'))
    for (const path of [at('good'), at('good too'), at('good as well')]) {
      const also = path === at('good') ? '' : `, as ${at('good')},`
      const refused = {
        stdout: '',
        stderr: `rseq: --html: '${path}' is read${also} and would be lost: name another file\n`,
        status: USAGE,
      }
      expect(rseq('compare', at('small'), at('good'), '--html', path)).toEqual(refused)
      expect(rseq('top', at('good'), '--html', path)).toEqual(refused)
    }
    expect(readFileSync(at('good'), 'utf8')).toBe(text)
  })

  test('is two files, where there is two of it', () => {
    symlinkSync(scratch, at('here'))
    for (const [json, html] of [
      [at('good'), at('good')],
      [at('new'), join(at('here'), 'new')],
    ] as const) {
      expect(rseq('bench', '--json', json, '--html', html)).toEqual({
        stdout: '',
        stderr: `rseq: --html: '${html}' is the file of --json too: name another file\n`,
        status: USAGE,
      })
    }
    expect(existsSync(at('new'))).toBe(false)
  })

  test('could be written, before anything is measured', () => {
    symlinkSync(at('nowhere'), at('to nowhere'))
    symlinkSync(at('round'), at('round'))
    const long = at('x'.repeat(256))
    for (const [path, expected] of [
      [at('to nowhere'), 'a file, or a link to one that is there'],
      [at('round'), 'a file, or a link to one that is there'],
      [join(at('good'), 'new'), 'a file in a folder that is there'],
      [`${at('new')}/`, 'a file'],
      [long, 'a file that can be written'],
    ] as const) {
      for (const writer of path === at('to nowhere') ? WRITERS : WRITERS.slice(0, 1)) {
        expect(rseq(...writer, path)).toEqual({
          stdout: '',
          stderr: `rseq: ${writer.at(-1)}: expected ${expected}, received '${path}'\n`,
          status: USAGE,
        })
      }
    }
  })

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
