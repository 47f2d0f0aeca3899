import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Arch } from '../../support/elf'
import { Binary, type Check, complaints } from './binary'
import * as code from './code'
import * as descriptors from './descriptors'
import { tool } from './disassembly'
import * as marker from './marker'
import * as ordering from './ordering'
import * as portability from './portability'
import { portabilityMutations } from './portability-mutations'
import { sectionMutations } from './section-mutations'

const isCheck = (value: unknown): value is Check =>
  typeof value === 'object' && value !== null && 'problems' in value
const allChecks = [descriptors, marker, code, ordering, portability].flatMap((module) =>
  Object.values(module).filter(isCheck),
)

const allMutations = [
  ...sectionMutations,
  ...marker.markerMutations,
  ...ordering.orderingMutations,
  ...portabilityMutations,
]

const LARGEST = 200_000

/** Checks a built addon: its critical sections, and that one file serves every distribution. */
export function describeBinary(path: string, arch: Arch): void {
  const isHere = ({ arch: only = arch }: Check): boolean => only === arch
  const checks = allChecks.filter(isHere)
  const mutations = allMutations.filter(({ check }) => isHere(check))
  const scratch = mkdtempSync(join(tmpdir(), 'rseq-abi-'))
  afterAll(() => rmSync(scratch, { recursive: true }))

  describe(`the addon for ${arch}`, () => {
    const binary = new Binary(path)

    test('is for this architecture and has its symbols', () => {
      expect(binary.elf.arch).toBe(arch)
      expect(binary.elf.symbols('.symtab').length).toBeGreaterThan(100)
      expect(binary.code.length).toBeGreaterThan(1000)
      expect(binary.descriptors.length).toBeGreaterThan(1)
    })

    test.each(checks)('$name', (check) => {
      expect(check.problems(binary)).toEqual([])
    })

    test('each operation has a critical section', () => {
      const counted = binary.descriptors.map((descriptor) => code.count(descriptor, binary))
      for (const { name, instructions, bound } of counted) {
        console.log(`${arch} ${name}: ${instructions} instructions from arming to commit, at most ${bound}`)
      }
      expect(new Set(counted.map(({ name }) => name))).toEqual(
        new Set(['add_i64', 'add_f64', 'compare_store', 'compare_store_store', 'watch', 'append']),
      )
    })

    test(`is smaller than ${LARGEST / 1000} kB when stripped`, () => {
      const stripped = join(scratch, 'stripped.node')
      execFileSync(tool('strip', arch), ['-o', stripped, path])
      const { size } = statSync(stripped)
      console.log(`${arch}: ${size} bytes stripped`)
      expect(size).toBeGreaterThan(10_000)
      expect(size).toBeLessThan(LARGEST)
    })
  })

  describe(`a broken addon for ${arch} is noticed`, () => {
    const binary = new Binary(path)

    test('in every check', () => {
      expect(new Set(mutations.map(({ check }) => check.name))).toEqual(
        new Set(checks.map(({ name }) => name)),
      )
    })

    test.each(mutations)('$check.name: $how', (mutation) => {
      const said = complaints(mutation, binary, readFileSync(path), join(scratch, 'broken.node'))
      expect(said).toMatch(new RegExp(mutation.complaint, 's'))
    })
  })
}
