import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Project, root } from './project'

const project = new Project()
beforeAll(() => project.unpack())
afterAll(() => project.remove())

const use = `
  import { cpuId, getcpu, PerCpuCounter, type PerCpuHandle, PerCpuSum, RseqError, type Status, status } from 'rseq'
  const cpu: number = cpuId()
  const location: { readonly cpu: number; readonly node: number } = getcpu()
  const counter: PerCpuCounter = PerCpuCounter.named('a', { index: 'mm_cid' })
  const handle: PerCpuHandle<'counter'> = counter.handle
  class Mine extends PerCpuCounter { readonly mine = true }
  const mine: boolean = Mine.named('b').mine && Mine.from(handle).mine
  const cells: BigInt64Array = PerCpuCounter.from(handle).perCpu()
  const sums: Float64Array = new PerCpuSum().perCpu()
  const now: Status = status()
  const backend: 'rseq' | 'atomic' | 'portable' = now.backend
  if (now.area !== null) now.area.mode satisfies 'legacy' | 'optimized' | null
  try { counter.add(1) } catch (error) { if (error instanceof RseqError) error.code satisfies string }
  // @ts-expect-error a string is no amount
  counter.add('1')
  // @ts-expect-error no such index
  new PerCpuCounter({ index: 'node' })
  // @ts-expect-error a sum's handle opens no counter
  PerCpuCounter.from(new PerCpuSum().handle)
  // @ts-expect-error frozen
  now.available = false
  export { backend, cells, cpu, location, mine, sums }
`
/** What only a CommonJS file can say. */
const required = `
  import whole = require('rseq')
  export const again: Status = whole.status()
`

describe('types of the installed package', () => {
  test.each([
    ['node16', 'node16', 'mts'],
    ['node16', 'node16', 'cts'],
    ['nodenext', 'nodenext', 'mts'],
    ['nodenext', 'nodenext', 'cts'],
    ['esnext', 'bundler', 'ts'],
    ['preserve', 'bundler', 'ts'],
    ['preserve', 'bundler', 'cts'],
  ])('check under module %s, resolution %s, in a .%s file', (module, resolution, extension) => {
    const file = `use.${extension}`
    project.write(file, extension === 'cts' ? use + required : use)
    const options = ['--noEmit', '--strict', '--target', 'es2022', '--types', '', '--ignoreConfig']
    const modules = ['--module', module, '--moduleResolution', resolution]
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const { stdout, status } = project.try(['node', tsc, ...options, ...modules, file])
    expect({ stdout, status }).toEqual({ stdout: '', status: 0 })
  })
})
