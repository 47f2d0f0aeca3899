import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { Binary, complaints } from '../package/abi/binary'
import { dynamicNames } from '../package/abi/portability'
import { Elf } from '../support/elf'
import { FILES, PREBUILDS, read } from './files'

/** What npm packs is a tenth of it: the aarch64 files are mostly padding. */
const LARGEST_OF_ALL = 1_000_000

const RSEQ = ['__rseq_cs', '__rseq_cs_ptr_array', '__rseq_exit_point_array', '__rseq_failure']

const scratch = mkdtempSync(join(tmpdir(), 'rseq-gate-'))
afterAll(() => rmSync(scratch, { recursive: true }))

describe('all of prebuilds/', () => {
  test('is these files', () => {
    const entries = readdirSync(PREBUILDS, { recursive: true, withFileTypes: true })
    const found = entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name))
    const expected = ['README.md', ...FILES.map(({ name }) => name)]
    expect(found.sort()).toEqual(expected.map((name) => join(PREBUILDS, name)).sort())
  })

  test('is small', () => {
    const rows = FILES.map((file) => {
      const content = read(file)
      const elf = new Elf(content)
      return {
        file: file.name,
        bytes: content.length,
        imports: dynamicNames(elf, 'imports').length,
        exports: dynamicNames(elf, 'exports').length,
        'rseq sections': elf.sections.filter(({ name }) => name.startsWith('__rseq')).length,
        sha256: createHash('sha256').update(content).digest('hex').slice(0, 16),
      }
    })
    console.table(rows)
    const total = rows.reduce((sum, { bytes }) => sum + bytes, 0)
    console.log(`${total} bytes`)
    expect(total).toBeLessThan(LARGEST_OF_ALL)
  })
})

describe.each(FILES)('$name', (file) => {
  const { name, arch, main, checks, mutations } = file
  const binary = new Binary(join(PREBUILDS, name))

  test('is for its architecture', () => {
    expect(binary.elf.arch).toBe(arch)
  })

  test.each(checks)('$name', (check) => {
    expect(check.problems(binary)).toEqual([])
  })

  test('has sections for rseq where it has critical sections, and none for symbols or constructors', () => {
    const names = binary.elf.sections.map((section) => section.name)
    expect(names.filter((section) => section.startsWith('__rseq')).sort()).toEqual(main ? RSEQ : [])
    expect(
      names.filter((section) => /^\.(symtab|strtab|z?debug|init|fini|ctors|dtors)/.test(section)),
    ).toEqual([])
  })

  test('tells nothing of the machine that built it', () => {
    expect(read(file).toString('latin1')).not.toMatch(
      /\/(?:home|root|tmp|usr|var|work)\/|node_modules|\.cc\b/,
    )
  })

  test.each(mutations)('a broken one is noticed: $check.name: $how', (mutation) => {
    const said = complaints(mutation, binary, read(file), join(scratch, 'broken.node'))
    expect(said).toMatch(new RegExp(mutation.complaint, 's'))
  })

  test('every check has been seen to complain', () => {
    expect(new Set(mutations.map(({ check }) => check.name))).toEqual(
      new Set(checks.map((check) => check.name)),
    )
  })
})
