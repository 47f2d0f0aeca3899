import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../../support/world'

test('threads that descend from an importing thread share names; handles reach every other', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rseq-portable-'))
  for (const part of ['package.json', 'lib', 'test/fixtures']) {
    cpSync(join(root, part), join(folder, part), { recursive: true })
  }
  const output = execFileSync(process.execPath, [join(folder, 'test', 'fixtures', 'portable.mjs')], {
    cwd: folder,
    encoding: 'utf8',
  })
  rmSync(folder, { recursive: true })
  expect(JSON.parse(output)).toEqual({ early: [111, 111], again: [111, 111], named: 7, separate: true })
})
