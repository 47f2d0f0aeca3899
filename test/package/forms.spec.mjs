import { afterAll, beforeAll, expect, test } from 'vitest'
import { compilers } from './forms/compilers.mjs'
import { expected, seen } from './forms/expected.mjs'
import { clean, formsOf, prepare } from './forms/form.mjs'
import { tarball } from './project'

// What is quick of npm run test:package -- forms.
const quick = compilers.filter(({ name }) => /^(TypeScript commonjs|Babel|esbuild)/.test(name))

beforeAll(() => prepare(tarball))
afterAll(clean)

test.each(quick)('$name: every form of import is the package', (tool) => {
  const { forms, stderr } = formsOf(tool)
  const others = forms.map((form) => ({ ...form, seen: seen(form, stderr) }))
  expect(others.filter((form) => form.seen !== expected(tool))).toEqual([])
  expect(forms.length).toBeGreaterThanOrEqual(12)
})
