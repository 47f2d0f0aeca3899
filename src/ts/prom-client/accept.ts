interface MediaType {
  readonly type: string
  readonly parameters: ReadonlyMap<string, string>
}

/** A media type, or of an Accept header a range of such, and its parameters. */
function parsed(text: string): MediaType {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const pairs = parameters.map((parameter): [string, string] => {
    const [name = '', value = ''] = parameter.split('=', 2)
    return [name.trim(), value.trim().replaceAll('"', '')]
  })
  return { type, parameters: new Map(pairs) }
}

/**
 * What a range says of a content type: how exactly it means it, 0 where it does not; and from 0 to 1, how much it is liked.
 * What is no number is not liked at all.
 */
function opinionOf({ type, parameters }: MediaType, { type: own, parameters: its }: MediaType) {
  const version = parameters.get('version')
  const place = ['*/*', `${own.split('/', 1)}/*`, own].indexOf(type) + 1
  // With its version, the type itself is meant more exactly.
  const isMore = type === own && version !== undefined
  const exactness = [undefined, its.get('version')].includes(version) ? place + Number(isMore) : 0
  const quality = Number(parameters.get('q') ?? 1)
  return { exactness, quality: exactness > 0 && quality >= 0 && quality <= 1 ? quality : 0 }
}

/** Of several ranges that mean a content type, the most exact one says how much it is liked; none: not at all. */
function liking(ranges: readonly MediaType[], contentType: MediaType): number {
  const opinions = ranges.map((range) => opinionOf(range, contentType))
  return opinions.reduce((a, b) => (b.exactness > a.exactness ? b : a)).quality
}

/**
 * @param accept the header; of parameters, only `version` and `q` are looked at
 * @param contentTypes what there is: the first of those that are liked best is chosen
 * @returns the first one, too, where none is accepted: a page that can perhaps be read is better than no page
 */
export function chosen(accept: string | undefined, contentTypes: readonly [string, ...string[]]): string {
  if (accept === undefined) return contentTypes[0]
  const ranges = accept.split(',').map(parsed)
  const likings = contentTypes.map((one) => liking(ranges, parsed(one)))
  return contentTypes[likings.indexOf(Math.max(...likings))] ?? contentTypes[0]
}
