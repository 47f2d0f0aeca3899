import { describe, expect, test } from 'vitest'
import { fetchNode, MAJORS } from '../../scripts/nodes.mjs'
import { ARCHITECTURES, debianRoot } from '../machines/debian/root.mjs'
import { INCREMENTS, load, WORKERS } from './project.mjs'

/** Debian's suites and their glibc. */
const SUITES = [
  ['bullseye', '2.31'],
  ['bookworm', '2.36'],
  ['trixie', '2.41'],
  ['sid', 'newest'],
]

/** Threads are registered by glibc since 2.35. */
const registrationOf = (minor) => (minor >= 35 ? 'libc' : 'self')

describe.each(SUITES)('Debian %s, glibc %s', (suite, version) => {
  test.each(MAJORS)('Node %s loads the packed package, and counts exactly', (major) => {
    const root = debianRoot({ arch: ARCHITECTURES[process.arch], suite })
    const result = load(root, fetchNode(process.arch, major), 'node')
    const { libc, addon, registration } = result.status
    console.log(
      `${suite}: Node ${result.node}, ${libc.name} ${libc.version}, ${registration}, ${result.count}`,
    )
    expect(libc.name).toBe('glibc')
    const minor = Number(/^2\.(\d+)$/.exec(libc.version)?.[1])
    if (version === 'newest') expect(minor).toBeGreaterThan(41)
    else expect(libc.version).toBe(version)
    expect(addon).toBe(`/mnt/node_modules/rseq/prebuilds/linux-${process.arch}/rseq.node`)
    const thread = { backend: 'rseq', registration: registrationOf(minor), fastCalls: true, reason: 'OK' }
    expect(result.status).toMatchObject(thread)
    expect(result.threads).toEqual(Array(WORKERS).fill(thread))
    expect(result.expected).toBe(WORKERS * INCREMENTS)
    expect(result.count).toBe(result.expected)
    expect(result.sum).toBe(result.expected / 2)
  })
})
