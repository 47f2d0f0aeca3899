/** A media range of an Accept header. */
interface Range {
  /** Such as `text/plain`, `text/*` or the one of anything. */
  readonly type: string
  readonly version: string | undefined
  /** From 0 to 1: how much it is liked. */
  readonly quality: number
}

/** A format that can be had. */
export interface Format {
  readonly type: string
  readonly version: string
}

/** What is no number is not liked at all. */
function qualityOf(text = '1'): number {
  const quality = Number(text)
  return quality >= 0 && quality <= 1 ? quality : 0
}

function rangeIn(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const values = new Map(
    parameters.map((parameter) => {
      const [name = '', value = ''] = parameter.split('=', 2)
      return [name.trim(), value.trim().replaceAll('"', '')]
    }),
  )
  return { type, version: values.get('version'), quality: qualityOf(values.get('q')) }
}

/** How exactly a range means a format; 0 where it does not. */
function exactness(range: Range, { type, version }: Format): number {
  if (range.version !== undefined && range.version !== version) return 0
  if (range.type === type) return range.version === undefined ? 3 : 4
  if (range.type === `${type.split('/', 1)}/*`) return 2
  return range.type === '*/*' ? 1 : 0
}

/** Of several ranges that mean a format, the most exact one says how much it is liked; none: not at all. */
function liking(ranges: readonly Range[], format: Format): number {
  const exact = ranges.map((range) => exactness(range, format))
  const best = Math.max(...exact)
  return best === 0 ? 0 : (ranges[exact.indexOf(best)]?.quality ?? 0)
}

/**
 * @param accept the header; of parameters, only `version` and `q` are looked at
 * @param formats what there is: the first of those that are liked best is chosen
 * @returns the first one, too, where none is accepted: a page that can perhaps be read is better than no page
 */
export function chosen<T extends Format>(accept: string | undefined, formats: readonly [T, ...T[]]): T {
  if (accept === undefined) return formats[0]
  const ranges = accept.split(',').map(rangeIn)
  const likings = formats.map((format) => liking(ranges, format))
  return formats[likings.indexOf(Math.max(...likings))] ?? formats[0]
}
