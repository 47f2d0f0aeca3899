import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { describeBinary } from '../package/abi/describe'
import { tool } from '../package/abi/disassembly'
import { FILES, read } from './files'

const root = join(import.meta.dirname, '..', '..')

// Built again with symbols, in another checkout: its code is that of prebuilds/, for stripped it is the same to
// the byte. So what is found in it, which needs symbols, is true of prebuilds/.
const scratch = mkdtempSync(join(tmpdir(), 'rseq-again-'))
const again = join(scratch, 'built')
afterAll(() => rmSync(scratch, { recursive: true }))

const checkout = join(scratch, 'a checkout elsewhere')
for (const part of ['package.json', 'scripts', join('src', 'native')]) {
  mkdirSync(join(checkout, 'src'), { recursive: true })
  cpSync(join(root, part), join(checkout, part), { recursive: true })
}
symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'))
const script = join(checkout, 'scripts', 'prebuild.mjs')
execFileSync(process.execPath, [script, '--symbols', `--out=${again}`], { stdio: 'inherit' })

test.each(FILES)('$name, built again and stripped, is the same to the byte', (file) => {
  const stripped = join(scratch, 'stripped.node')
  execFileSync(tool('strip', file.arch), ['--strip-all', '-o', stripped, join(again, file.name)])
  expect(readFileSync(stripped).equals(read(file))).toBe(true)
})

for (const { name, arch } of FILES.filter(({ main }) => main)) describeBinary(join(again, name), arch)
