import { booleanOf, checkObject, numberOf, oneOf, typeError } from '../base/validate'

/** What becomes of a record for which there is no room: it is discarded, or takes the place of the oldest one. */
export type RingMode = 'discard' | 'overwrite'

/** What a ring's records are, and how many it keeps. */
export interface RingShapeOptions {
  /** Records that it keeps for each CPU: a power of two, 2 to 65,536; 1,024 by default. In mode `overwrite` one less. */
  readonly capacity?: number
  /** Each record is so many numbers, 1 to 4; one by default. */
  readonly fields?: 1 | 2 | 3 | 4
  /** Instead: each record is up to so many bytes, 1 to 4,096. */
  readonly recordBytes?: number
  /** What a full ring does; `discard` by default. */
  readonly mode?: RingMode
  /** Whether each record has the time when it was written; true by default. Without it a write is cheaper. */
  readonly timestamp?: boolean
}

/** What a ring is: `fields` is 0 where its records are bytes, and `recordBytes` where they are numbers. */
export type RingShape = Readonly<Record<'capacity' | 'fields' | 'recordBytes', number>> &
  Required<Pick<RingShapeOptions, 'mode' | 'timestamp'>>

/** @internal For test/unit/backend/layout.test.ts, which holds them against the native numbers. */
export const MOST_OF_RING = { fields: 4, bytes: 4096 } as const
const LEAST_LOG2 = 1
const MOST_LOG2 = 16
const DEFAULT: RingShape = { capacity: 1024, fields: 1, recordBytes: 0, mode: 'discard', timestamp: true }

// Places in an entry's shape: src/native/objects/records.h's `Shape`.
const SIZE = 5
const BYTES = 2 ** 18
const OVERWRITE = 2 ** 19
const TIMED = 2 ** 20

/** @returns null where that is no ring's */
export function ringShapeOf(shape: number): RingShape | null {
  const log2 = shape & 31
  const size = (shape >> SIZE) & 0x1fff
  const isBytes = (shape & BYTES) !== 0
  const fits =
    shape >>> 21 === 0 &&
    log2 >= LEAST_LOG2 &&
    log2 <= MOST_LOG2 &&
    size >= 1 &&
    size <= (isBytes ? MOST_OF_RING.bytes : MOST_OF_RING.fields)
  if (!fits) return null
  return Object.freeze({
    capacity: 2 ** log2,
    fields: isBytes ? 0 : size,
    recordBytes: isBytes ? size : 0,
    mode: (shape & OVERWRITE) !== 0 ? 'overwrite' : 'discard',
    timestamp: (shape & TIMED) !== 0,
  })
}

/** What options say of a ring's shape, and nothing else; each looked at once. */
export function wantedOf(options: RingShapeOptions | undefined): Partial<RingShape> {
  const what = 'PerCpuRing options'
  if (options === undefined) return {}
  checkObject(what, options)
  const { capacity, fields, recordBytes, mode, timestamp } = options
  if (mode !== undefined) oneOf(`${what}.mode`, mode, 'discard', 'overwrite')
  if (timestamp !== undefined) booleanOf(`${what}.timestamp`, timestamp)
  if (fields !== undefined && recordBytes !== undefined)
    throw typeError(`${what}.recordBytes`, 'none where there are fields', recordBytes)
  const most = 2 ** MOST_LOG2
  const isPower = (x: number): boolean => Number.isInteger(Math.log2(x)) && x >= 2 && x <= most
  if (capacity !== undefined)
    numberOf(`${what}.capacity`, capacity, `a power of two from 2 to ${most}`, isPower)
  const check = (name: string, value: unknown, highest: number): void => {
    const isRight = (x: number): boolean => Number.isInteger(x) && x >= 1 && x <= highest
    if (value !== undefined) numberOf(`${what}.${name}`, value, `an integer from 1 to ${highest}`, isRight)
  }
  check('fields', fields, MOST_OF_RING.fields)
  check('recordBytes', recordBytes, MOST_OF_RING.bytes)
  return {
    ...(capacity !== undefined && { capacity }),
    ...(fields !== undefined && { fields, recordBytes: 0 }),
    ...(recordBytes !== undefined && { recordBytes, fields: 0 }),
    ...(mode !== undefined && { mode }),
    ...(timestamp !== undefined && { timestamp }),
  }
}

/** As an entry has it; defaults for what is not said. */
export function entryShapeOf(wanted: Partial<RingShape>): number {
  const { capacity, fields, recordBytes, mode, timestamp } = { ...DEFAULT, ...wanted }
  return (
    Math.log2(capacity) +
    ((fields + recordBytes) << SIZE) +
    (recordBytes > 0 ? BYTES : 0) +
    (mode === 'overwrite' ? OVERWRITE : 0) +
    (timestamp ? TIMED : 0)
  )
}
