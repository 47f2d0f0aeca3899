import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../../support/world'

interface Script {
  chart(result: unknown, name: string): string
  files: { name: string; path: string }[]
  RESULT: string
}

const { chart, files, RESULT } = (await import(join(root, 'scripts', 'chart.mjs'))) as Script
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

test.each(files)('$path is what scripts/chart.mjs makes of the result that is kept', ({ name, path }) => {
  expect(read(path)).toBe(chart(JSON.parse(read(RESULT)), name))
})
