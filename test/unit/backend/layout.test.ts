import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { GAP, OUTCOME, TOTALS } from '../../../src/ts/cli/noise/memory'
import { built, root } from '../../support/world'

/** As it is built; declarations have none of these. */
const require = createRequire(import.meta.url)
const lib = (name: string) => require(join(root, 'lib', name))
const { HISTOGRAM, KIND, RESULT, SURVEY, TEXTS, WAY, WAY_SHIFT, WRITE } = lib('contract/backend')
const { MOST_OF_HISTOGRAM } = lib('contract/buckets')
const { MAILBOX } = lib('backend/hot-calls')
const { CLOCK } = lib('preemption/measure')
const { PATIENCE } = lib('region/patience')
const { NO_SLOT, REFUSAL, TICKET } = lib('contract/pool-calls')
const { MOST_SLOTS } = lib('pool/opening')
const { AREA, PREEMPTION } = lib('preemption/probe')
const { LIMITS } = lib('region/region')
const { COUNTS, RECORD, VERDICT } = lib('contract/ring-calls')
const { MOST_OF_RING } = lib('contract/ring-shape')
const { FORMAT } = lib('region/service/application')
const { REASONS, REGISTRATIONS, SOURCES } = lib('thread/status')

/** A list as the numbers of what is in it. */
function numbered(list: readonly (string | null)[]): Record<string, number> {
  return Object.fromEntries(list.flatMap((name, i) => (name === null ? [] : [[name, i]])))
}

const { state: _, ...record } = RECORD
/** Of the portable backend alone. */
const { unsupported: __, ...results } = RESULT

const TABLES: Record<string, Readonly<Record<string, number>> | number> = {
  FORMAT,
  RESULT: results,
  KIND,
  TEXTS: numbered(TEXTS),
  HISTOGRAM,
  SURVEY,
  WAY,
  WAY_SHIFT,
  WRITE,
  NO_SLOT,
  REFUSAL,
  TICKET,
  RECORD: record,
  COUNTS,
  VERDICT,
  REGISTRATIONS: numbered(REGISTRATIONS),
  REASONS: numbered(REASONS),
  SOURCES: numbered(SOURCES),
  LIMITS: numbered(LIMITS),
  MAILBOX,
  AREA,
  PREEMPTION: { ...PREEMPTION, ...CLOCK },
  PATIENCE,
  NOISE: { totals: TOTALS, gap: GAP, ...OUTCOME },
  // The first four stand in texts for people, too: what the API says of names, texts and cells.
  MOST: {
    name: 240,
    text: 32768,
    cells: 2 ** 24,
    roles: 32,
    ...MOST_OF_HISTOGRAM,
    ...MOST_OF_RING,
    slots: MOST_SLOTS,
  },
}

test('numbers that stand in both languages are the same', () => {
  const layout = require(join(built, 'layout.node'))
  const flat = Object.entries(TABLES).flatMap(([name, table]) =>
    typeof table === 'number'
      ? [[name, table]]
      : Object.entries(table).map(([key, value]) => [`${name}.${key}`, value]),
  )
  expect({ ...layout }).toEqual(Object.fromEntries(flat))
})
