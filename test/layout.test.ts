import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { HISTOGRAM, KIND, RESULT, SURVEY, TEXTS, WAY, WAY_SHIFT, WRITE } from '../lib/cells.js'
import { MOST_OF_HISTOGRAM } from '../lib/histogram-shape.js'
import { MAILBOX } from '../lib/mailbox.js'
import { CLOCK } from '../lib/measure-uninterrupted.js'
import { PATIENCE } from '../lib/patience.js'
import { NO_SLOT, REFUSAL, TICKET } from '../lib/pool-calls.js'
import { MOST_SLOTS } from '../lib/pool-opening.js'
import { AREA, PREEMPTION } from '../lib/preemption.js'
import { LIMITS } from '../lib/region.js'
import { COUNTS, RECORD, VERDICT } from '../lib/ring-calls.js'
import { MOST_OF_RING } from '../lib/ring-shape.js'
import { REASONS, REGISTRATIONS, SOURCES } from '../lib/status.js'
import { SWITCHES } from '../lib/switches.js'
import { GAP, OUTCOME, TOTALS } from '../src/ts/cli/noise/memory'
import { built } from './world'

/** A list as the numbers of what is in it. */
function numbered(list: readonly (string | null)[]): Record<string, number> {
  return Object.fromEntries(list.flatMap((name, i) => (name === null ? [] : [[name, i]])))
}

const { state: _, ...record } = RECORD
/** Of the portable backend alone. */
const { unsupported: __, ...results } = RESULT

const TABLES: Record<string, Readonly<Record<string, number>> | number> = {
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
  PREEMPTION: { ...PREEMPTION, ...SWITCHES, ...CLOCK },
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
  const layout = createRequire(import.meta.url)(join(built, 'layout.node'))
  const flat = Object.entries(TABLES).flatMap(([name, table]) =>
    typeof table === 'number'
      ? [[name, table]]
      : Object.entries(table).map(([key, value]) => [`${name}.${key}`, value]),
  )
  expect({ ...layout }).toEqual(Object.fromEntries(flat))
})
