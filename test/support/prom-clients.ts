import { createRequire } from 'node:module'
import type * as PromClient from 'prom-client'
import { Region } from 'rseq'
import { hasAddon } from './world'

const require = createRequire(import.meta.url)

export type Client = typeof PromClient

// rseq/prom-client takes prom-client's global registry over: what it is compared with has one of its own.
const original = require('prom-client') as Client
for (const path of Object.keys(require.cache)) {
  if (path.includes('/node_modules/prom-client/')) delete require.cache[path]
}

export const shared = require('rseq/prom-client') as typeof import('rseq/prom-client')
export { original }

/** Those of which everything is expected alike. */
export const clients: readonly [name: string, client: Client][] = [
  ['prom-client', original],
  ['rseq/prom-client', shared as unknown as Client],
]

/** A page without what tells what a metric is. */
export function samples(page: string): string[] {
  return page.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

/** Names of metrics that no other test of the process has: unregistered ones are told apart by them. */
let last = 0
export function unique(name: string): string {
  last++
  return `${name}_${last}`
}

/** A region that only the test which begins counts in, where regions can be shared. */
export function ownRegion(): Region {
  const region = hasAddon ? Region.create({ memfd: true, cells: 65536 }) : Region.process
  shared.setRegion(region)
  return region
}

/** The test has ended: nothing of it is on another one's pages. */
export function leaveRegion(region: Region): void {
  shared.register.clear()
  shared.setRegion(Region.process)
  region.close()
}

/** What plain JavaScript passes. */
type Loose = Record<string, (...args: unknown[]) => unknown>
export const loose = (metric: unknown): Loose => metric as Loose

export const shownBy = async (registry: { metrics(): Promise<string> }): Promise<string[]> =>
  samples(await registry.metrics())
