import { expect, test } from 'vitest'
import { Place } from '../../stress/services/place.mjs'
import { rows } from '../../stress/services/rows.mjs'

test.each(rows)('%s', async (_, expected, make) => {
  const place = new Place()
  try {
    expect(await make(place)).toEqual(expected)
  } finally {
    await place.end()
  }
})
