// npm run test:stress -- noise-disturber [SECONDS]: what rseq noise says beside a process that takes one CPU for 3 ms every 50 ms. It
// must name that CPU, the rate within 5 % and the length within 10 %. Prints what was found and whether that holds: exit code
// 0 or 1; 2 where the machine is too busy to tell, for the disturber itself did not get its CPU. CPU=N names another one.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const [seconds = '10'] = process.argv.slice(2)
const [, last] = /^Cpus_allowed_list:.*?(\d+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))
const CPU = Number(process.env.CPU ?? last)
const [BUSY_MS, EVERY_MS] = [3, 50]
const [RATE_LIMIT, LENGTH_LIMIT] = [0.05, 0.1]

const scratch = mkdtempSync(join(tmpdir(), 'rseq-noise-'))
const file = join(scratch, 'noise.json')
const disturber = spawn(
  process.execPath,
  [join(import.meta.dirname, '..', 'fixtures', 'disturber.mjs'), ...[CPU, BUSY_MS, EVERY_MS].map(String)],
  { stdio: ['ignore', 'pipe', 'inherit'] },
)
let said = ''
disturber.stdout.setEncoding('utf8').on('data', (text) => {
  said += text
})
await once(disturber.stdout, 'data')
const command = join(import.meta.dirname, '..', '..', 'lib', 'cli', 'rseq.js')
const { stdout, status } = spawnSync(
  process.execPath,
  [command, 'noise', '--seconds', seconds, '--json', file],
  { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
)
disturber.kill('SIGTERM')
await once(disturber, 'close')
if (status !== 0) process.exit(1)
const result = JSON.parse(readFileSync(file, 'utf8'))
rmSync(scratch, { recursive: true })
console.log(stdout)

const own = JSON.parse(said.split('\n')[1])
const median = own.lengths.sort((a, b) => a - b)[own.lengths.length >> 1]
console.log(
  `the disturber:    CPU ${CPU}, ${(own.lengths.length / own.seconds).toFixed(2)} times a second for ${median.toFixed(3)} ms`,
)
const found = result.cpus
  .flatMap(({ cpu, threads }) => threads.patterns.map((pattern) => ({ cpu, ...pattern })))
  .sort((a, b) => b.share - a.share)[0]
if (found === undefined) throw new Error('no pattern was found')
const { cpu, perSecond, length } = found
const [rateOff, lengthOff] = [perSecond / (1000 / EVERY_MS) - 1, length / 1e6 / BUSY_MS - 1]
const percent = (part) => `${part < 0 ? '' : '+'}${(100 * part).toFixed(1)} %`
console.log(
  `what noise found: CPU ${cpu}, ${perSecond.toFixed(2)} times a second (${percent(rateOff)}) for ${(length / 1e6).toFixed(3)} ms (${percent(lengthOff)})`,
)
if (median > BUSY_MS * (1 + LENGTH_LIMIT)) {
  console.log('cannot be told: other processes took the CPU from the disturber')
  process.exit(2)
}
const holds = cpu === CPU && Math.abs(rateOff) <= RATE_LIMIT && Math.abs(lengthOff) <= LENGTH_LIMIT
console.log(holds ? 'holds' : 'does not hold')
process.exit(holds ? 0 : 1)
