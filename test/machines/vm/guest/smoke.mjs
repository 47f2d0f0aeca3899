// node smoke.mjs WORKERS NAME…: runs fixtures/exact.mjs in worlds of those names, in the guest, and prints one line
// of JSON for each: what that printed, or why it did not.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const mount = join(import.meta.dirname, '..', '..', '..', '..')
const deny = join(mount, 'test/native/build/Release/deny')
const OFF = { GLIBC_TUNABLES: 'glibc.pthread.rseq=0' }
/** Workers that share two CPUs take them from each other in mid-section. */
const CROWDED = ['taskset', '3']
/** With a delay in every section. */
const SLOW = { package: 'rseq_inject', increments: 10_000, prefix: CROWDED }

/** package: the folder of the stage that has it; increments: of each worker. */
const WORLDS = {
  default: { increments: 100_000 },
  napi: { increments: 50_000, env: { RSEQ_FAST_CALLS: '0' } },
  self: { increments: 100_000, env: OFF },
  mm_cid: { increments: 50_000, index: 'mm_cid' },
  denied: { increments: 20_000, env: OFF, prefix: [deny, 'EPERM'] },
  inject: SLOW,
  'inject self': { ...SLOW, env: OFF },
  // The abort check is made whatever the kernel.
  probed: { ...SLOW, env: { RSEQ_PROBE: '1' } },
  // The abort check is never made.
  trusting: { ...SLOW, package: 'rseq_trusting' },
}

function run(workers, name) {
  const { package: folder = '.', increments, index = 'cpu', prefix = [], env } = WORLDS[name]
  const program = join(mount, folder, 'test/fixtures/exact.mjs')
  const [command, ...args] = [...prefix, process.execPath, program, workers, `${increments}`, index]
  const options = { encoding: 'utf8', env: { ...process.env, ...env } }
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, options)
  if (status === 0) return { name, ...JSON.parse(stdout) }
  return { name, error: `${error?.message ?? signal ?? `exit code ${status}`} ${stdout}${stderr}`.trim() }
}

const [workers, ...names] = process.argv.slice(2)
for (const name of names) console.log(JSON.stringify(run(workers, name)))
