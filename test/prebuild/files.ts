import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Check, Mutation } from '../package/abi/binary'
import * as portability from '../package/abi/portability'
import { portabilityMutations } from '../package/abi/portability-mutations'
import type { Arch } from '../support/elf'
import { fastExports, fastImports, fastMutations } from './fast'

export const PREBUILDS = join(import.meta.dirname, '..', '..', 'prebuilds')

/** Node's module versions: Node 20, 22, 24 and 26. */
const ABIS = [115, 127, 137, 147]

/** A file under prebuilds/, and what must hold of it. */
export interface Prebuild {
  /** relative to prebuilds/ */
  name: string
  arch: Arch
  /** it has critical sections, being the addon itself */
  main: boolean
  checks: Check[]
  mutations: Mutation[]
}

const isCheck = (value: unknown): value is Check =>
  typeof value === 'object' && value !== null && 'problems' in value
const checks = Object.values(portability).filter(isCheck)
const own: Check[] = [portability.imports, portability.exported]

function fast(abi: number): Pick<Prebuild, 'checks' | 'mutations'> {
  const exported = fastExports(abi)
  const shared = checks.filter((check) => !own.includes(check))
  return {
    checks: [fastImports, exported, ...shared],
    mutations: [
      ...fastMutations(abi, exported),
      ...portabilityMutations.filter(({ check }) => shared.includes(check)),
    ],
  }
}

/** All that is built, and nothing else. */
export const FILES: Prebuild[] = (['arm64', 'x64'] as const).flatMap((arch) => [
  { name: `linux-${arch}/rseq.node`, arch, main: true, checks, mutations: portabilityMutations },
  ...ABIS.map((abi) => ({ name: `linux-${arch}/rseq_fast.abi${abi}.node`, arch, main: false, ...fast(abi) })),
])

export function read({ name }: Prebuild, folder = PREBUILDS): Buffer {
  return readFileSync(join(folder, name))
}
