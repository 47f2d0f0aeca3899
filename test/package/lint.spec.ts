import { afterAll, expect, test } from 'vitest'
import { Project } from './project'
import { attw, publint } from './tools'

const project = new Project()
afterAll(() => project.remove())

test('attw finds the types right for every way of resolution', () => {
  const output = project.run(['node', attw(), 'rseq.tgz', '--format', 'ascii', '--no-color'])
  expect(output).toContain('No problems found')
})

test('publint has nothing to say', () => {
  expect(project.run(['node', publint(), '--strict', 'rseq.tgz'])).toContain('All good!')
})
