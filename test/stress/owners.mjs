// npm run test:stress -- owners [--write]: others that have an interest in rseq or in every thread, in one process with this package:
// libraries that register threads before it, allocators of Debian's, and further copies of the package itself.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { archive, unpack } from '../machines/debian/packages.mjs'
import { built, differences, everything, Findings, helpers, OWN, root, run, scratch } from './findings.mjs'

const ROUNDS = 30_000
const findings = new Findings('test:stress -- owners')
const preloaded = (library, env = {}) => ({ ...env, LD_PRELOAD: library })

/** Every thread of it is so. */
function allAre(result, expected) {
  return (result.threads ?? []).flatMap((thread, i) =>
    differences(thread, expected).map((text) => `thread ${i}: ${text}`),
  )
}

function owned(what, library, env, expected, options = {}) {
  const result = everything({ rounds: ROUNDS, workers: 3, ...options }, { env: preloaded(library, env) })
  const wrong = allAre(result, expected)
  // In mid-use: what is counted from then on goes the other way.
  if (options.midway !== undefined && !(result.overflow > 0)) wrong.push('no thread was unregistered')
  findings.add(what, result, wrong)
}

const PRIVATE = join(built, 'owner.node')
const SHARING = join(built, 'owner_sharing.node')
const foreign = { registration: 'foreign', backend: 'atomic', reason: 'FOREIGN_OWNER' }
const shared = { registration: 'foreign', backend: 'rseq', reason: 'OK' }
const libc = { registration: 'libc', backend: 'rseq', reason: 'OK' }
const self = { ...libc, registration: 'self' }
const POINTER = { OWNER_POINTER: '1' }

owned('an owner of every thread, before us, private', PRIVATE, OWN, foreign)
owned('… as __rseq_abi', SHARING, OWN, shared)
owned('… which writes over cpu_id_start, private', PRIVATE, { ...OWN, ...POINTER }, foreign)
owned('… and as __rseq_abi', SHARING, { ...OWN, ...POINTER }, shared)
owned('… that comes after glibc, and is refused', SHARING, {}, libc)
const leaving = { midway: [helpers, 'systemCall', 2] }
owned(
  '… as __rseq_abi, which unregisters threads in mid-use',
  SHARING,
  { ...OWN, OWNER_LEAVES: '1' },
  shared,
  leaving,
)
owned(
  '… private, which unregisters threads in mid-use',
  PRIVATE,
  { ...OWN, OWNER_LEAVES: '1' },
  foreign,
  leaving,
)

// --- allocators

const debian = { x64: 'amd64', arm64: 'arm64' }[process.arch]
const release = readFileSync('/etc/os-release', 'utf8')
const suite = /^VERSION_CODENAME=(\w+)/m.exec(release)?.[1] ?? 'bookworm'
const allocators = join(scratch, 'allocators')
const debs = join(scratch, 'debs')
const packages = archive(debian, [suite])
const names = ['libjemalloc2', 'libtcmalloc-minimal4', 'libtcmalloc-minimal4t64', 'libgoogle-perftools4']
const more = ['libgoogle-perftools4t64', 'libunwind8', 'libmimalloc2.0', 'libmimalloc3', 'liblzma5']
packages.download(
  [...names, ...more].filter((name) => packages.has(name)),
  debs,
)
unpack(debs, allocators)
const libraries = join(
  allocators,
  'usr',
  'lib',
  `${{ x64: 'x86_64', arm64: 'aarch64' }[process.arch]}-linux-gnu`,
)
const wanted = [
  /^libjemalloc\.so\.\d+$/,
  /^libtcmalloc_minimal\.so\.\d+$/,
  /^libtcmalloc\.so\.\d+$/,
  /^libmimalloc\.so\.\d+$/,
]
for (const pattern of wanted) {
  const library = readdirSync(libraries).find((name) => pattern.test(name))
  if (library === undefined) {
    findings.note(`${pattern}: not in ${suite}`)
    continue
  }
  const env = { LD_LIBRARY_PATH: libraries }
  owned(library, join(libraries, library), env, libc)
  owned(`${library}, in areas of our own`, join(libraries, library), { ...env, ...OWN }, self)
}

// --- copies of the package

const COPIES = join(root, 'test', 'fixtures', 'copies.cjs')

/** A copy of the package as built, of that version. */
function copy(version) {
  const folder = mkdtempSync(join(scratch, 'copy-'))
  for (const part of [
    'lib',
    join('build', 'Release', 'rseq.node'),
    join('build', 'Release', 'rseq_fast.node'),
  ])
    cpSync(join(root, part), join(folder, part), { recursive: true })
  const text = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...text, version }))
  return folder
}

function copies(what, other, env, expected) {
  const folder = join(scratch, `regions-${findings.trials}`)
  mkdirSync(folder)
  const result = run(process.execPath, [COPIES, root, other, folder, String(ROUNDS)], { env })
  const wrong = [...new Set(result.values)].filter((value) => value !== result.expected)
  const problems = wrong.map((value) => `the counter of both: ${value}, ${result.expected} expected`)
  if (result.after !== result.expected)
    problems.push(`the counter of both, after one is closed: ${result.after}`)
  if (result.processes !== 1) problems.push(`${result.processes} living processes, 1 expected`)
  const reasons = [...new Set((result.threads ?? []).map(({ registration }) => registration))]
    .sort()
    .join(', ')
  if (reasons !== expected) problems.push(`registrations ${reasons}, ${expected} expected`)
  findings.add(
    what,
    result,
    problems,
    `versions ${result.versions?.join(' and ')}, a counter of both ${result.after}`,
  )
}

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const [same, newer] = [copy(version), copy('99.0.0')]
copies('a second copy', same, {}, 'libc')
copies('a second copy, in areas of our own', same, OWN, 'foreign, self')
copies('another version', newer, {}, 'libc')
copies('another version, in areas of our own', newer, OWN, 'foreign, self')
findings.finish()
