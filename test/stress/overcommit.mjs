// npm run test:stress -- overcommit [--machine ARCH/KERNEL] [--write]: regions where the system promises no memory that it has not
// (vm.overcommit_memory = 2), in a machine: they open, count, say by what they are limited, and closing them costs nothing.
import { parseArgs } from 'node:util'
import { runInCell } from '../machines/vm/boot.mjs'
import { resolve } from '../machines/vm/cells.mjs'
import { build, stage } from '../machines/vm/stage.mjs'
import { report } from './results.mjs'

const { values } = parseArgs({
  options: {
    machine: { type: 'string', default: 'x64/6.12' },
    write: { type: 'boolean' },
    'no-build': { type: 'boolean' },
  },
})
const [arch, version] = values.machine.split('/')
if (!values['no-build']) build()
const cell = { arch, kernel: resolve(arch, version), glibc: '2.41', smp: 2, debug: false }
const command = 'echo 2 >/proc/sys/vm/overcommit_memory; node test/fixtures/overcommit.mjs /dev/shm/region'
const { stdout, stderr, kernel } = await runInCell(cell, stage(arch), command)
const line = stdout.split('\n').find((text) => text.startsWith('{'))
if (line === undefined) throw new Error(`the machine said nothing: ${stderr.trim().slice(-1000)}`)
const { strict, limit, costs, usages, mapped } = JSON.parse(line)
const { refused, ...regions } = usages
const faults = []
if (!strict) faults.push('overcommit is not strict')
if (refused !== undefined) faults.push(refused)
for (const [name, { exact, limitedBy }] of Object.entries(regions)) {
  if (!exact) faults.push(`${name}: the count is not exact`)
  if (limitedBy !== 'strict overcommit') faults.push(`${name}: limited by ${limitedBy}`)
}
if (mapped > 0) faults.push(`${mapped} mappings of closed regions are left`)
if (costs.closed > 0) faults.push(`closing them took ${costs.closed} MiB more`)
const own = regions.process
const files = Object.keys(regions).length - 1
report(
  `test:stress -- overcommit, ${values.machine}, emulated`,
  [
    `the process's own region: ${own.cells.toLocaleString('en')} cells, ${costs.process} MiB of ${limit} MiB that may be promised; then ${files} in files, of ${regions['file 0']?.cells.toLocaleString('en')} cells, ${costs['file 0']} MiB each; closing them: ${costs.closed} MiB`,
    ...faults.map((fault) => `FAULT: ${fault}`),
    `${faults.length} faults`,
  ],
  kernel,
)
if (faults.length > 0) process.exitCode = 1
