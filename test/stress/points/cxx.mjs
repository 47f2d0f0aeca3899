#!/usr/bin/env node
// A compiler for points/binding.gyp: what it compiles has a delay before each instruction of each critical section, between
// any two of them, and counts where sections are aborted. It rewrites the compiler's assembly, so that no source has to know.
//
// A delay changes no flags, for it stands between a comparison and its branch as well, nothing on the stack, for an abort would
// leave it there, and no register but two that the compiler was told to leave alone. What it is written in, x86_64.mjs and
// aarch64.mjs say.
import { spawnSync } from 'node:child_process'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'

const args = process.argv.slice(2)
const compiler = process.env.RSEQ_POINT_CXX ?? 'g++'

const machine = spawnSync(compiler, ['-dumpmachine'], { encoding: 'utf8' }).stdout.split('-')[0]
const { COUNT, delay, FIXED, SECTIONS } = await import(`./${machine}.mjs`)

const isInstruction = (line) => /^\s+[a-z]/.test(line)
const mnemonic = (line) => line.trim().split(/\s/)[0]

/** Points of files are told apart by where they begin. */
const FILES = [
  'thread/abort_check.cc',
  'objects/counter.cc',
  'objects/histogram.cc',
  'objects/pool.cc',
  'objects/ring.cc',
  'addon/hot.cc',
  'addon/cells.cc',
]
const POINTS_OF_FILE = 1000

/** A section: the text of one inline assembly that has a descriptor. @param next gives the next point */
function delayed(text, next) {
  const begin = text.lastIndexOf('.popsection')
  const tables = text.slice(0, begin).replace(/^4:\s*\n/m, (label) => `${label}${COUNT}`)
  const lines = text.slice(begin).split('\n')
  const end = lines.findIndex((line) => /^2:/.test(line))
  const start = lines.findIndex((line) => /^1:/.test(line))
  if (start < 0 || end < 0) throw new Error(`a section without its labels:\n${text}`)
  const body = lines.slice(start, end).filter(isInstruction)
  const instructions = body.map(mnemonic).join(' ')
  const section = SECTIONS[instructions]
  if (section === undefined) throw new Error(`${machine}.mjs has no name for the section ${instructions}`)
  let index = 0
  const written = lines.flatMap((line, i) => {
    if (i <= start || i >= end || !isInstruction(line)) return [line]
    const point = next()
    appendFileSync(
      process.env.RSEQ_POINT_LIST,
      `${JSON.stringify({ point, section, index: index++, before: line.trim() })}\n`,
    )
    return [delay(point), line]
  })
  return tables + written.join('\n')
}

function rewrite(assembly, file) {
  let points = POINTS_OF_FILE * FILES.indexOf(file)
  const next = () => points++
  return assembly.replace(/^#APP\n[\s\S]*?^#NO_APP\n/gm, (text) => {
    if (!text.includes('__rseq_exit_point_array')) return text
    if (!FILES.includes(file)) throw new Error(`cxx.mjs: ${file} has sections, and no points`)
    return delayed(text, next)
  })
}

function compile(...more) {
  const { status } = spawnSync(compiler, more, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

const source = args.find((one) => one.endsWith('.cc'))
const output = args[args.indexOf('-o') + 1]
if (source === undefined || !args.includes('-c')) {
  compile(...args)
} else {
  const assembly = `${output}.s`
  const reserved = FIXED.map((register) => `-ffixed-${register}`)
  compile(...args.map((one) => (one === '-c' ? '-S' : one === output ? assembly : one)), ...reserved)
  writeFileSync(assembly, rewrite(readFileSync(assembly, 'utf8'), source.split('/').slice(-2).join('/')))
  compile('-c', assembly, '-o', output)
}
