import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { Status } from 'rseq'
import { describe, expect, test } from 'vitest'
import { built, fixtures } from '../../support/world'

/*
 * The decision table: what the package makes of each libc, kernel and neighbour. test/native/fake.c stands
 * between the addon and this machine's own and plays the others.
 */
interface Report extends Status {
  cpuId: number | string
  nodeId: number | string
  mmCid: number | string
  value: number
  overflow: number
  byMmCid: number
  byMmCidOverflow: number
  unregistered: string
  registered: string
}

const OFF = { GLIBC_TUNABLES: 'glibc.pthread.rseq=0' }

function report(env: Record<string, string>): Report {
  const { GLIBC_TUNABLES: _, ...inherited } = process.env
  const output = execFileSync(process.execPath, [join(fixtures, 'report.cjs')], {
    encoding: 'utf8',
    env: { ...inherited, ...env, LD_PRELOAD: join(built, 'fake.node') },
  })
  return JSON.parse(output) as Report
}

/** [what it is, environment, what the report must contain] */
type Row = [string, Record<string, string>, object]

const COUNTED = { value: 100_000, byMmCid: 1000 }
const IN_SECTIONS = { ...COUNTED, available: true, backend: 'rseq', overflow: 0 }
const IN_OVERFLOW = {
  ...COUNTED,
  available: false,
  backend: 'atomic',
  overflow: 100_000,
  byMmCidOverflow: 1000,
}
const cpu = expect.toSatisfy((value) => Number.isInteger(value) && value >= 0, 'a CPU number')
const ALL = { cpuId: cpu, nodeId: cpu, mmCid: cpu }
/** What libc's sched_getcpu() reads without rseq: aarch64 has no vDSO for it. */
const LADDER = process.arch === 'arm64' ? 'syscall' : 'vdso'
const NO_AREA = { area: null, cpuIdSource: LADDER, cpuId: cpu, nodeId: cpu, mmCid: 'ERR_RSEQ_FEATURE' }

const libcRows: Row[] = [
  [
    'glibc 2.36 on a kernel with 28 bytes: size 20',
    { ...OFF, FAKE_LIBC_SIZE: '20', FAKE_FEATURE_SIZE: '28' },
    {
      ...IN_SECTIONS,
      ...ALL,
      registration: 'libc',
      area: { size: 28, registeredSize: 32 },
      byMmCidOverflow: 0,
    },
  ],
  [
    'glibc 2.35 as first released: size 32',
    { ...OFF, FAKE_LIBC_SIZE: '32', FAKE_FEATURE_SIZE: '28' },
    {
      ...IN_SECTIONS,
      ...ALL,
      registration: 'libc',
      area: { size: 28, registeredSize: 32 },
      byMmCidOverflow: 0,
    },
  ],
  [
    'glibc 2.35 on a kernel before 6.3: no node_id, no mm_cid',
    { ...OFF, FAKE_LIBC_SIZE: '32', FAKE_FEATURE_SIZE: '0' },
    {
      ...IN_SECTIONS,
      registration: 'libc',
      area: { size: 20, registeredSize: 32, mode: null },
      features: { cpuId: true, nodeId: false, mmCid: false },
      cpuId: cpu,
      nodeId: cpu,
      mmCid: 'ERR_RSEQ_FEATURE',
      byMmCidOverflow: 1000,
    },
  ],
  [
    'glibc 2.41: the kernel’s own size',
    { ...OFF, FAKE_LIBC_SIZE: '28', FAKE_FEATURE_SIZE: '28' },
    { ...IN_SECTIONS, ...ALL, registration: 'libc', area: { size: 28, registeredSize: 32 } },
  ],
  [
    'glibc 2.36 on Linux 7: 32 of 33 bytes, legacy mode',
    { ...OFF, FAKE_LIBC_SIZE: '20', FAKE_FEATURE_SIZE: '33' },
    { ...IN_SECTIONS, ...ALL, registration: 'libc', area: { size: 32, registeredSize: 32, mode: 'legacy' } },
  ],
  [
    'glibc 2.41 on Linux 7: 33 bytes, optimized mode',
    { ...OFF, FAKE_LIBC_SIZE: '33', FAKE_FEATURE_SIZE: '33', FAKE_LIBC_FLAGS: '4' },
    {
      ...IN_SECTIONS,
      ...ALL,
      registration: 'libc',
      area: { size: 33, registeredSize: 33, mode: 'optimized', flags: 4 },
    },
  ],
  [
    'libc says it registers, this thread is not registered',
    { ...OFF, FAKE_LIBC_SIZE: '32', FAKE_LIBC_CPU: '-2' },
    {
      ...IN_OVERFLOW,
      ...NO_AREA,
      registration: 'none',
      reason: 'REFUSED',
      message: expect.stringContaining('(errno 0)'),
    },
  ],
  [
    'an area whose cpu_id stands still at a number that is no CPU',
    { ...OFF, FAKE_LIBC_SIZE: '32', FAKE_LIBC_CPU: '4000' },
    { ...IN_OVERFLOW, ...NO_AREA, registration: 'none', reason: 'UNTRUSTED_KERNEL' },
  ],
  [
    'getcpu contradicts libc’s area',
    { FAKE_GETCPU: '77' },
    { ...IN_OVERFLOW, area: null, reason: 'UNTRUSTED_KERNEL', cpuIdSource: LADDER },
  ],
  [
    'getcpu contradicts the node only: node_id is not used, the rest is',
    { FAKE_NODE: '5' },
    {
      ...IN_SECTIONS,
      registration: 'libc',
      features: { cpuId: true, nodeId: false, mmCid: true },
      nodeId: 5,
    },
  ],
  [
    'getcpu is denied: nothing to compare with',
    { FAKE_GETCPU_ERROR: '1' },
    { ...IN_SECTIONS, ...ALL, registration: 'libc', reason: 'OK' },
  ],
  [
    'a kernel before 5.8',
    { FAKE_RELEASE: '5.4.0-150-generic' },
    { ...IN_OVERFLOW, ...NO_AREA, reason: 'UNTRUSTED_KERNEL' },
  ],
]

const ownRows: Row[] = [
  [
    'tunable off',
    { ...OFF },
    { ...IN_SECTIONS, ...ALL, registration: 'self', unregistered: 'UNREGISTERED', registered: 'self' },
  ],
  [
    'glibc before 2.35 or musl: no symbols',
    { ...OFF, FAKE_SYMBOLS: 'none' },
    { ...IN_SECTIONS, ...ALL, registration: 'self', unregistered: 'UNREGISTERED', registered: 'self' },
  ],
  [
    'own area on a kernel before 6.3',
    { ...OFF, FAKE_FEATURE_SIZE: '0' },
    {
      ...IN_SECTIONS,
      registration: 'self',
      area: { size: 20, registeredSize: 32 },
      mmCid: 'ERR_RSEQ_FEATURE',
    },
  ],
  [
    'own area, restored from a machine with a larger one: this kernel takes 32',
    { ...OFF, FAKE_FEATURE_SIZE: '33', FAKE_RSEQ_REFUSED_LENGTH: '33' },
    { ...IN_SECTIONS, registration: 'self', area: { size: 32, registeredSize: 32 } },
  ],
  [
    'a foreign owner that keeps its area to itself',
    { ...OFF, FAKE_FOREIGN: 'private' },
    { ...IN_OVERFLOW, ...NO_AREA, registration: 'foreign', reason: 'FOREIGN_OWNER', registered: 'foreign' },
  ],
  [
    'a foreign owner that shares it as __rseq_abi',
    { ...OFF, FAKE_FOREIGN: 'shared' },
    {
      ...IN_SECTIONS,
      ...ALL,
      registration: 'foreign',
      reason: 'OK',
      unregistered: 'OK',
      registered: 'foreign',
    },
  ],
  [
    'a foreign owner with another signature, whose sections would be killed',
    { ...OFF, FAKE_FOREIGN: 'signature' },
    { ...IN_OVERFLOW, ...NO_AREA, registration: 'foreign', reason: 'FOREIGN_OWNER' },
  ],
  [
    'a foreign owner beside a libc without symbols that is no glibc 2.34',
    { ...OFF, FAKE_FOREIGN: 'private', FAKE_SYMBOLS: 'none' },
    { ...IN_OVERFLOW, ...NO_AREA, registration: 'foreign', reason: 'FOREIGN_OWNER' },
  ],
  [
    'a kernel of a size between: the node, and no mm_cid',
    { ...OFF, FAKE_FEATURE_SIZE: '24' },
    {
      ...IN_SECTIONS,
      registration: 'self',
      area: { size: 24, registeredSize: 32, flags: 0 },
      features: { cpuId: true, nodeId: true, mmCid: false },
    },
  ],
  [
    'glibc 2.34 with a registration that it hides',
    { FAKE_SYMBOLS: 'none', FAKE_LIBC_VERSION: '2.34' },
    { ...IN_OVERFLOW, ...NO_AREA, registration: 'foreign', reason: 'LIBC_HIDDEN' },
  ],
  [
    'an emulator that answers 0 and does nothing',
    { ...OFF, FAKE_RSEQ: 'accept' },
    { ...IN_OVERFLOW, ...NO_AREA, registration: 'none', reason: 'UNTRUSTED_KERNEL' },
  ],
  [
    'getcpu contradicts an own area: it is unregistered again',
    { ...OFF, FAKE_GETCPU: '77' },
    { ...IN_OVERFLOW, area: null, registration: 'none', reason: 'UNTRUSTED_KERNEL' },
  ],
  [
    'registration denied after the probe passed',
    { ...OFF, FAKE_RSEQ_ERROR: '1' },
    { ...IN_OVERFLOW, ...NO_AREA, registration: 'none', reason: 'EPERM' },
  ],
  [
    'registration fails with an errno that nobody expects',
    { ...OFF, FAKE_RSEQ_ERROR: '14' },
    { ...IN_OVERFLOW, ...NO_AREA, reason: 'REFUSED', message: expect.stringContaining('(errno 14)') },
  ],
  [
    'no rseq, no sched_getcpu, no getcpu',
    { ...OFF, FAKE_RSEQ: 'accept', FAKE_GETCPU_ERROR: '38' },
    { ...IN_OVERFLOW, cpuId: 'ERR_RSEQ_NO_CPU', nodeId: 'ERR_RSEQ_NO_CPU' },
  ],
]

describe('libc owns the registration', () => {
  test.each(libcRows)('%s', (_, env, expected) => {
    expect(report(env)).toMatchObject(expected)
  })
})

describe('libc owns none', () => {
  test.each(ownRows)('%s', (_, env, expected) => {
    expect(report(env)).toMatchObject(expected)
  })
})
