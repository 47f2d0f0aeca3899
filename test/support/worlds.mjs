// The worlds that the behaviour tests run in: each is a process of its own, or a tree of them.
import { cpSync, existsSync, mkdirSync, mkdtempSync, symlinkSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { root } from './runner.mjs'

const built = join(root, 'test', 'native', 'build', 'Release')
const NO_LIBC_REGISTRATION = { GLIBC_TUNABLES: 'glibc.pthread.rseq=0' }

/** Not what the sanitizers are built from and to: it is large, and run from here. */
const filter = (path) => path !== join(root, 'test', 'native', 'structures')

/** Copies the package as built, and its tests, to a folder of their own, with other addons or none. */
export function stage(addons = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'rseq-world-'))
  for (const name of ['package.json', 'tsconfig.json', 'vitest.config.mjs', 'lib', 'test']) {
    cpSync(join(root, name), join(folder, name), { recursive: true, filter })
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const [name, path] of Object.entries(addons)) {
    const to = join(folder, 'build', 'Release', name)
    mkdirSync(dirname(to), { recursive: true })
    cpSync(path, to)
  }
  return folder
}

/** For this Node: of a checkout's build, or of the package as it ships. */
export function fastAddon() {
  const shipped = join('prebuilds', `linux-${process.arch}`, `rseq_fast.abi${process.versions.modules}.node`)
  const paths = [join('build', 'Release', 'rseq_fast.node'), shipped].map((path) => join(root, path))
  return paths.find((path) => existsSync(path)) ?? paths[0]
}

/**
 * name: RSEQ_WORLD, which tells the tests what to expect. env, prefix: of the test process. stage: makes the
 * folder that it runs in, where that is not the checkout.
 */
export const worlds = [
  { name: 'default', env: {}, prefix: [] },
  { name: 'napi', env: { RSEQ_FAST_CALLS: '0' }, prefix: [] },
  { name: 'self', env: NO_LIBC_REGISTRATION, prefix: [] },
  { name: 'enosys', env: NO_LIBC_REGISTRATION, prefix: [join(built, 'deny'), 'ENOSYS'] },
  { name: 'eperm', env: NO_LIBC_REGISTRATION, prefix: [join(built, 'deny'), 'EPERM'] },
  { name: 'mixed', env: NO_LIBC_REGISTRATION, prefix: [] },
  { name: 'portable', env: {}, prefix: [], stage },
  {
    name: 'inject',
    env: {},
    prefix: [],
    stage: () =>
      stage({
        'rseq.node': join(built, 'rseq_inject.node'),
        'rseq_fast.node': fastAddon(),
      }),
  },
]

const BEHAVIOUR = [
  'counter/batch',
  'counter/counter',
  'counter/exact',
  'counter/sum',
  'histogram/histogram',
  'hostile',
  'metrics/pouring',
  'metrics/survey',
  'opentelemetry/index',
  'opentelemetry/preemption',
  'pool/pool',
  'preemption/measure',
  'preemption/monitor',
  'preemption/preemption',
  'preemption/turns',
  'prom-client/counter',
  'prom-client/differences',
  'prom-client/full',
  'prom-client/gauge',
  'prom-client/histogram',
  'prom-client/index',
  'prom-client/info',
  'prom-client/limit',
  'prom-client/page',
  'prom-client/preemption',
  'prom-client/random',
  'prom-client/registry',
  'prom-client/service',
  'region/entries',
  'region/opening',
  'region/region',
  'ring/ring',
  'thread/cpu',
  'thread/status',
]

/** Threads and processes that are ended while they are at it. No Node makes a difference to that. */
export const stress = ['test/stress/pool-stress.test.ts', 'test/stress/ring-stress.test.ts']

/** Files at a time. No test may fail because its machine is busy. */
export const LANES = Number(process.env.RSEQ_TEST_LANES ?? Math.min(2, availableParallelism()))

/** What npm test runs: with the addon, and without it. */
export const QUICK = ['default', 'portable']

/**
 * Worlds whose stress another run has: default's is among what runs once, and napi and enosys are below JavaScript what default and
 * eperm are. Who registered, in self and mixed, changes no section.
 */
export const LIKE_OTHERS = ['default', 'napi', 'self', 'enosys', 'mixed']

/** Files that run in every world; all others but {@link stress} run once, in the default world. */
export const behaviour = BEHAVIOUR.map((name) => `test/unit/${name}.test.ts`)

/** Those of them that are about arguments, and about what stands on the classes, where these have a way of their own … */
const ABOVE = /^test\/unit\/(hostile|region\/opening|opentelemetry\/.*|prom-client\/.*)\.test\.ts$/

export const WAYS_IN = ['default', 'napi', 'portable']

/** … and all others, which a kernel or a registration can make fail. */
export const behaviourBelow = behaviour.filter((path) => !ABOVE.test(path))
