/** What --only takes, in the order of asking. */
export const QUESTION_NAMES = [
  'getcpu',
  'counters',
  'histogram',
  'pool',
  'ring',
  'processes',
  'published',
  'scrape',
] as const
