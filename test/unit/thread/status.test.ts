import { Worker } from 'node:worker_threads'
import { PerCpuCounter, register, type Status, status, unregister } from 'rseq'
import { expect, test } from 'vitest'
import { hasAddon, hasFastCalls, hasRseq, libcRegisters, world } from '../../support/world'

const viaLibc = libcRegisters() ? 'libc' : 'self'
const expected = {
  default: {
    registration: viaLibc,
    reason: 'OK',
    backend: 'rseq',
    cpuIdSource: 'rseq',
    fastCalls: hasFastCalls,
    fastCallsReason: hasFastCalls ? 'OK' : 'UNTESTED_V8',
  },
  napi: {
    registration: viaLibc,
    reason: 'OK',
    backend: 'rseq',
    cpuIdSource: 'rseq',
    fastCalls: false,
    fastCallsReason: 'DISABLED',
  },
  inject: { registration: viaLibc, reason: 'OK', backend: 'rseq', cpuIdSource: 'rseq' },
  self: { registration: 'self', reason: 'OK', backend: 'rseq', cpuIdSource: 'rseq' },
  mixed: { registration: 'self', reason: 'OK', backend: 'rseq', cpuIdSource: 'rseq' },
  enosys: { registration: 'none', reason: 'ENOSYS', backend: 'atomic' },
  eperm: { registration: 'none', reason: 'EPERM', backend: 'atomic' },
  portable: {
    registration: 'none',
    reason: 'NO_ADDON',
    backend: 'portable',
    cpuIdSource: 'none',
    fastCallsReason: 'NO_ADDON',
  },
}[world]

/** status() of a new worker of this world. */
function inWorker(): Promise<Status> {
  const worker = new Worker(new URL('../../fixtures/counting-worker.mjs', import.meta.url), {
    workerData: { name: 'status', increments: 1 },
  })
  return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
}

test(`world ${world}: registration, reason and backend in the main thread`, () => {
  expect(status()).toMatchObject({ ...expected, available: hasRseq })
  expect(status().message).toMatch(/^[A-Z].*\.|\)$/)
})

test(`world ${world}: the same in a worker`, async () => {
  expect(await inWorker()).toMatchObject({ ...expected, available: hasRseq })
})

test('the C library is the one that Node was started with', () => {
  const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } }
  const { name, version } = status().libc
  expect(name).toBe(header.glibcVersionRuntime === undefined ? 'musl' : 'glibc')
  expect(version).toBe(hasAddon ? (header.glibcVersionRuntime ?? null) : null)
})

test('every field is there, frozen, and JSON', () => {
  const now = status()
  expect(Object.keys(now).sort()).toEqual(
    [
      'addon',
      'arch',
      'area',
      'available',
      'backend',
      'cpuIdSource',
      'cpus',
      'fastCalls',
      'fastCallsReason',
      'features',
      'kernel',
      'libc',
      'message',
      'reason',
      'registration',
    ].sort(),
  )
  expect(Object.isFrozen(now)).toBe(true)
  for (const part of Object.values(now)) expect(Object.isFrozen(part)).toBe(true)
  expect(JSON.parse(JSON.stringify(now))).toEqual(now)
  expect(now.arch).toBe(process.arch)
  expect(now.cpus.possible).toBeGreaterThanOrEqual(now.cpus.online)
  expect(now.cpus.online).toBeGreaterThanOrEqual(now.cpus.allowed)
  expect(now.cpus.allowed).toBeGreaterThan(0)
  expect(now.kernel.release).toMatch(/^\d+\.\d+/)
})

if (hasRseq)
  test('the area is described as the kernel and libc made it', () => {
    const { area, kernel, features } = status()
    expect(area).not.toBeNull()
    if (area === null) return
    expect(area.registeredSize).toBeGreaterThanOrEqual(32)
    expect(area.size).toBe(Math.min(area.registeredSize, kernel.featureSize || 20))
    expect(Math.abs(area.offset % 32)).toBe(0)
    expect(features).toMatchObject({ cpuId: true, nodeId: area.size >= 24, mmCid: area.size >= 28 })
  })

if (!hasRseq)
  test('without rseq there is no area and no feature', () => {
    const { area, features } = status()
    expect(area).toBeNull()
    expect(new Set(Object.values(features))).toEqual(new Set([false]))
  })

test('unregister() and register() are idempotent, keep counting exact, and touch nothing of libc', () => {
  const before = status()
  const counter = new PerCpuCounter()
  counter.inc()
  for (const off of [unregister(), unregister()]) {
    if (before.registration === 'self') {
      expect(off).toMatchObject({
        registration: 'none',
        reason: 'UNREGISTERED',
        available: false,
        backend: 'atomic',
      })
      expect(off.cpuIdSource).not.toBe('rseq')
    } else {
      expect(off).toEqual(before)
    }
  }
  counter.inc()
  for (const on of [register(), register()]) expect(on).toEqual(before)
  counter.inc()
  expect(counter.value).toBe(3)
  const overflow = Number(counter.perCpu().at(-1))
  expect(overflow).toBe(!hasRseq ? 3 : before.registration === 'self' ? 1 : 0)
})

if (hasAddon)
  test('the addon named is the one that is loaded', () => {
    const { addon } = status()
    expect(addon).toMatch(/rseq\.node$/)
    expect(process.report.getReport()).toMatchObject({ sharedObjects: expect.arrayContaining([addon]) })
  })
