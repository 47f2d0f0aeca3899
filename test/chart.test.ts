import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { chart, files, RESULT } from '../scripts/chart.mjs'
import { root } from './world'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')

test.each(files)('$path is what scripts/chart.mjs makes of the result that is kept', ({ name, path }) => {
  expect(read(path)).toBe(chart(JSON.parse(read(RESULT)), name))
})
