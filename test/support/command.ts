import { type SpawnSyncOptionsWithStringEncoding, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { afterAll } from 'vitest'
import { root } from './world'

/** The command of a package: the one under test, or a copy of it. */
export const commandIn = (folder: string): string => join(folder, 'lib', 'cli', 'rseq.js')
export const command = commandIn(root)
/** Exit code of a command line that makes no sense. */
export const USAGE = 2

// The runner's own wishes about colours are not the user's.
const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...inherited } = process.env
export const plain: NodeJS.ProcessEnv = { ...inherited, TERM: 'xterm-256color' }

interface Way extends Partial<SpawnSyncOptionsWithStringEncoding> {
  /** Of the package. */
  readonly folder?: string
  /** What runs it. */
  readonly prefix?: readonly string[]
}

/** Runs the command to its end. */
export function rseq(args: readonly string[], { folder = root, prefix = [], ...options }: Way = {}) {
  const [file = '', ...rest] = [...prefix, process.execPath, commandIn(folder), ...args]
  const { stdout, stderr, status } = spawnSync(file, rest, { env: plain, ...options, encoding: 'utf8' })
  return { stdout, stderr, status }
}

/** A folder for the tests of one file, removed behind them. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rseq-command-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  return folder
}

/** A copy of the package, without the addon unless that is one of the parts. */
export function installed(folder: string, ...parts: readonly string[]): string {
  for (const part of ['package.json', 'lib', ...parts])
    cpSync(join(root, part), join(folder, part), { recursive: true })
  return folder
}

/** All that a stream has said so far. */
export function heard(stream: Readable): () => string {
  let text = ''
  stream.setEncoding('utf8').on('data', (more: string) => {
    text += more
  })
  return () => text
}

/** Says what it was asked to paint, in place of colours. */
export const paint = new Proxy({}, { get: () => String }) as never
