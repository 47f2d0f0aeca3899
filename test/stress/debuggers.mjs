// npm run test:stress -- debuggers [--write]: a counting process under debuggers and tracers. Nothing may change but its speed; under
// single-stepping each attempt of a section is aborted, and its operation takes the other path. A breakpoint within a section is
// another matter: what is lost by it is shown.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import {
  built,
  everything,
  everythingRunning,
  Findings,
  mustHave,
  OWN,
  root,
  scratch,
  threadsOf,
} from './findings.mjs'

const SCRIPT = join(import.meta.dirname, 'sections.py')
const BREAKPOINT = join(import.meta.dirname, 'breakpoint.py')
const STEPS = 300_000
const findings = new Findings('test:stress -- debuggers')

mustHave('gdb', "install Debian's gdb")

/** @param least how many of the sections the operations get to: what libc owns has copies of its own */
async function stepped(what, least, env) {
  const program = await everythingRunning({}, env)
  // In case that all is stepped through which can be, for gdb waits.
  const nudge = setInterval(() => process.kill(program.pid, 'SIGURG'), 2000)
  const gdb = spawn('gdb', ['--batch', '-nx', '-p', String(program.pid), '-x', SCRIPT], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [gdb.stdout, gdb.stderr])
    stream.on('data', (text) => {
      output += text
    })
  await once(gdb, 'close')
  clearInterval(nudge)
  const line = output.split('\n').find((text) => text.startsWith('{"sections"'))
  const result = await program.stop()
  if (line === undefined) return findings.add(what, result, [`gdb said: ${output.slice(-600)}`])
  const { sections, wrong, stepped } = JSON.parse(line)
  const total = (name) => stepped.reduce((sum, one) => sum + one[name], 0)
  const most = Math.max(...stepped.map(({ steps }) => steps))
  const problems = []
  if (wrong > 0) problems.push(`${wrong} descriptors that are none`)
  if (stepped.length < least) problems.push(`${stepped.length} of ${sections} sections hit`)
  if (total('committed') > 0) problems.push(`${total('committed')} sections committed under stepi`)
  if (total('aborted') !== total('entered'))
    problems.push(`${total('entered')} entered, ${total('aborted')} aborted`)
  findings.add(
    what,
    result,
    problems,
    `${sections} sections found by the tables, ${stepped.length} stepped through, ${total('aborted')} attempts aborted, none committed, an operation took ${most} instructions at most`,
  )
}

/** The busiest threads, by test/native/step.c. */
async function singleStepped() {
  const program = await everythingRunning({})
  const steps = threadsOf(program.pid)
    .slice(0, 2)
    .map((thread) => Number(execFileSync(join(built, 'step'), [thread, String(STEPS)])))
  const result = await program.stop()
  const wrong = result.overflow > 0 ? [] : ['nothing went the other path']
  findings.add('ptrace, single steps', result, wrong, `${steps.join(' and ')} steps in two threads`)
}

async function attached() {
  const program = await everythingRunning({})
  let failed = 0
  for (let i = 0; i < 10; i++) {
    const { status } = spawnSync('gdb', [
      '--batch',
      '-nx',
      '-p',
      String(program.pid),
      '-ex',
      'thread apply all bt 3',
      '-ex',
      'detach',
    ])
    if (status !== 0) failed++
  }
  findings.add(
    'gdb, attached and detached 10 times',
    await program.stop(),
    failed > 0 ? [`${failed} times not`] : [],
  )
}

/** A tool of which only the speed may be seen. */
function under(what, prefix, advice, options = {}) {
  if (spawnSync(prefix[0], ['--version']).error !== undefined)
    return findings.note(`${what}: not tried, ${prefix[0]} is not here (${advice})`)
  findings.add(what, everything({ rounds: 50_000 }, { prefix, seconds: 300, ...options }))
}

/** bpftrace looks on from beside. */
async function probed(what, program) {
  if (spawnSync('bpftrace', ['--version']).error !== undefined)
    return findings.note(`${what}: not tried, bpftrace is not here (Debian: bpftrace)`)
  const probe = spawn('bpftrace', ['-e', program], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [probe.stdout, probe.stderr])
    stream.on('data', (text) => {
      output += text
    })
  const end = once(probe, 'close')
  while (!output.includes('Attaching') && probe.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 50))
  const result = everything({ rounds: 200_000 })
  probe.kill('SIGINT')
  await end
  const hits = /@hits: (\d+)/.exec(output)?.[1]
  if (hits === undefined)
    return findings.note(`${what}: not tried, this kernel refuses: ${output.trim().split('\n').at(-1)}`)
  findings.add(what, result, [], `${hits} hits`)
}

/**
 * A breakpoint within sections, which nothing is exact beside: whoever goes on from it runs a copy of its instruction
 * elsewhere, and the kernel takes the thread for one outside of the section. What is lost is what the docs say.
 */
async function brokenInto() {
  const what = 'gdb, a breakpoint within each section'
  const command = ['-c', '0', process.execPath, join(root, 'test', 'fixtures', 'float-adds.cjs'), '3', '2000']
  const program = spawn('taskset', command, { stdio: ['pipe', 'pipe', 'inherit'] })
  process.on('exit', () => program.kill('SIGKILL'))
  const said = sayer(program.stdout)
  await said('ready')
  const gdb = spawn('gdb', ['--batch', '-nx', '-p', String(program.pid), '-x', BREAKPOINT], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const told = sayer(gdb.stdout, gdb.stderr)
  await told('armed')
  program.stdin.write('go\n')
  const { done, left } = JSON.parse(await said('{'))
  const { hits } = JSON.parse(await told('{'))
  const wrong = [...(left > done ? [`${left} of ${done} adds`] : []), ...(hits > 0 ? [] : ['never hit'])]
  findings.add(
    what,
    {},
    wrong,
    `${left} of ${done} adds are left, ${hits} hits: not promised, as the docs say`,
  )
}

/** Waits for a line that begins with some text, on the first stream or any. */
function sayer(...streams) {
  let output = ''
  for (const stream of streams)
    stream.on('data', (text) => {
      output += text
    })
  return async (text) => {
    for (;;) {
      const line = output
        .split('\n')
        .slice(0, -1)
        .find((one) => one.startsWith(text))
      if (line !== undefined) return line
      if (streams[0].readableEnded) throw new Error(`waited for ${text}, received ${output}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

await stepped('gdb, stepi through each section', 16, {})
await stepped('… without fast calls', 16, { RSEQ_FAST_CALLS: '0' })
await stepped('… in areas of our own', 6, OWN)
await singleStepped()
await attached()
await brokenInto()
under('strace -f', ['strace', '-f', '-o', join(scratch, 'strace')], 'Debian: strace')
under('strace -f, own registrations', ['strace', '-f', '-o', join(scratch, 'strace')], 'Debian: strace', {
  env: OWN,
})
const perf = ['perf', 'record', '-q', '-g', '-F', '5000', '-e', 'cpu-clock', '-o', join(scratch, 'perf')]
under('perf record, 5,000 Hz', perf, 'Debian: linux-perf')
await probed('bpftrace, 999 Hz', 'profile:hz:999 /comm == "node"/ { @hits = count(); }')
await probed('bpftrace, each switch', 'software:context-switches:1 { @hits = count(); }')
findings.finish()
