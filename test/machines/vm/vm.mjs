// node test/machines/vm/vm.mjs [options] -- COMMAND: runs a command in a virtual machine, by hand.
import { parseArgs } from 'node:util'
import { runInMachine } from './machine.mjs'

const HELP = `node test/machines/vm/vm.mjs [options] -- COMMAND

  --arch A      arm64 (default) or x64
  --kernel V    the start of a Debian kernel's version, such as 6.12 (default) or 5.10
  --suite S     the Debian suite of the guest's C library, default bookworm
  --node V      version of Node in the guest, default 22; none for none
  --package P   a Debian package more for the guest; can be given several times
  --share DIR   what the guest has as /mnt, where COMMAND starts; writable
  --smp N       CPUs, default 2
  --maxcpus N   possible CPUs, default as many
  --mem MB      memory, default 1024
  --cpu MODEL   one of QEMU's, default neoverse-n1 (arm64) or max (x64)
  --timeout S   seconds, default 300
  --append S    more kernel parameters
  --log FILE    the kernel's messages
  --singlestep  interrupts between any two instructions: slow, for small compiled programs

COMMAND is given to /bin/sh. Ends with its exit code, with 124 after the timeout, and with 125 where there
was no machine to run it, or not for long enough.`

const string = { type: 'string' }
const TEXTS = ['arch', 'kernel', 'suite', 'node', 'share', 'cpu', 'append', 'log']
const NUMBERS = ['smp', 'maxcpus', 'mem', 'timeout']

function parse() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...Object.fromEntries([...TEXTS, ...NUMBERS].map((name) => [name, string])),
      package: { type: 'string', multiple: true, default: [] },
      singlestep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const { help, package: packages, ...options } = values
  if (help) return null
  if (positionals.length === 0) throw new Error('no command given; --help says what there is')
  for (const name of NUMBERS) {
    if (options[name] === undefined) continue
    if (!/^[1-9]\d*$/.test(options[name])) throw new Error(`--${name} needs a number, not ${options[name]}`)
    options[name] = Number(options[name])
  }
  if (options.node === 'none') options.node = null
  return { ...options, packages, command: positionals.join(' '), echo: true }
}

try {
  const options = parse()
  if (options === null) {
    console.log(HELP)
  } else {
    const { status, seconds, kernel } = await runInMachine(options)
    if (status === 124) console.error(`stopped after ${options.timeout ?? 300} s`)
    console.error(`${kernel}: ${seconds.toFixed(1)} s`)
    process.exitCode = status
  }
} catch (error) {
  console.error(error.message)
  process.exitCode = 125
}
