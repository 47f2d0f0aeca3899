import { afterAll, beforeAll, expect, test } from 'vitest'
import { Project } from './project'

const project = new Project()
beforeAll(() => project.unpack())
afterAll(() => project.remove())

const platforms = ['darwin arm64', 'darwin x64', 'win32 x64', 'linux riscv64', 'linux ia32']

test.each(platforms.flatMap((platform) => ['mjs', 'cjs'].map((kind) => ({ platform, kind }))))(
  '$platform, count.$kind: counts with workers, in the portable backend',
  ({ platform, kind }) => {
    const [system, cpu] = platform.split(' ')
    const output = project.run(['node', '--require', './pretend.cjs', `count.${kind}`], {
      PRETEND: platform,
    })
    expect(JSON.parse(output)).toMatchObject({
      backends: ['portable', 'portable', 'portable'],
      exact: true,
      reason: 'UNSUPPORTED_PLATFORM',
      message: expect.stringContaining(`this is ${system} on ${cpu}.`),
      addon: null,
      fastCalls: false,
    })
  },
)
