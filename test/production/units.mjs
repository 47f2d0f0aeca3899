// Inside the machine of systemd.mjs: runs the service as units with various settings, and writes what each gave into /seen.json.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { printed } from './printed.mjs'

const SERVICE = join(import.meta.dirname, 'service.cjs')

const SYSTEM_USER = ['User=shop']
/** The printed unit, but for what it runs. */
const UNIT = printed('shop.service')
  .split('\n')
  .filter((line) => /^[A-Z]\w+=/.test(line) && !line.startsWith('ExecStart='))
const IN_SHM = UNIT.filter((line) => !/^(RuntimeDirectory|Environment)=/.test(line))
const WITHOUT_PKEY = IN_SHM.map((line) => line.replace(' @pkey', ''))

const command = (properties, env, flags) => [
  '--pipe',
  '--wait',
  '--collect',
  ...properties.map((one) => `--property=${one}`),
  ...Object.entries(env).map((pair) => `--setenv=${pair.join('=')}`),
  process.execPath,
  ...flags,
  SERVICE,
]

/** The service as a unit, to its end. */
function unit(properties, env = {}, flags = []) {
  const { stdout, stderr } = spawnSync('systemd-run', command(properties, env, flags), {
    encoding: 'utf8',
    timeout: 60_000,
  })
  if (stdout === '') return { failed: `Node is killed: SIG${/status=(\w+)/.exec(stderr)?.[1]}` }
  return JSON.parse(stdout)
}

/** The service as a unit that stays. */
async function staying(properties, env = {}) {
  const args = command(properties, { ...env, STAY: '1' }, [])
  const { stdout } = spawn('systemd-run', args, { stdio: ['ignore', 'pipe', 'ignore'] })
  const { value } = await createInterface({ input: stdout })[Symbol.asyncIterator]().next()
  return value === undefined ? { failed: 'says nothing' } : JSON.parse(value)
}

async function logout() {
  const one = await staying(['User=alice'])
  const two = await staying(['User=alice', 'RuntimeDirectory=alice'], { RSEQ_REGION: '/run/alice/region' })
  const files = () => readdirSync('/dev/shm').filter((name) => name.startsWith('rseq-')).length
  const look = () => [files(), existsSync('/run/alice/region')]
  const before = look()
  spawnSync('systemd-run', [
    '--wait',
    '--collect',
    '--property=User=alice',
    '--property=PAMName=login',
    'true',
  ])
  for (let i = 0; i < 600 && files() > 0; i++) await sleep(50)
  const after = look()
  return { before, after, said: [one, two] }
}

spawnSync('useradd', ['--system', 'shop'])
spawnSync('useradd', ['--create-home', 'alice'])
const seen = {
  'system user': unit(SYSTEM_USER),
  printed: unit(UNIT),
  'in /dev/shm': unit(IN_SHM),
  'no pkey': unit(WITHOUT_PKEY),
  'errors instead': unit([...WITHOUT_PKEY, 'SystemCallErrorNumber=EPERM']),
  'no rseq': unit([...SYSTEM_USER, 'SystemCallFilter=~rseq', 'SystemCallErrorNumber=EPERM']),
  'no shm': unit([...SYSTEM_USER, 'InaccessiblePaths=/dev/shm', 'PrivateTmp=yes']),
  'no jit': unit([...SYSTEM_USER, 'MemoryDenyWriteExecute=yes']),
  jitless: unit([...SYSTEM_USER, 'MemoryDenyWriteExecute=yes'], {}, ['--jitless']),
}
const SHARED = [...SYSTEM_USER, 'RuntimeDirectory=shop', 'RuntimeDirectoryPreserve=yes']
const REGION = { RSEQ_REGION: '/run/shop/region' }
const first = await staying(SHARED, REGION)
seen.template = [first, unit(SHARED, REGION)]
seen.preserved = unit(SHARED, REGION)
seen.logout = await logout()
writeFileSync('/seen.json', JSON.stringify(seen))
// Units that stay are ended with the machine.
process.exit()
