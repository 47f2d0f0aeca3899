import { buffer, util } from '../base/builtins'
import { booleanOf, checkFunction, checkObject, typeError } from '../base/validate'
import { chosen } from './accept'
import { AggregatorRegistry } from './aggregator-registry'
import { prom } from './peer'
import { pageIn, Registry } from './registry'

/** What a page is made of: any registry, prom-client's own classes too. */
export interface MetricsSource {
  /** The format of its page. */
  readonly contentType: string
  /** Its page. */
  metrics(): Promise<string>
}

/** What is asked: Node's `http.IncomingMessage`, and what Express and connect make of it. */
export interface MetricsRequest {
  /** GET, where there is none. */
  readonly method?: string | undefined
  /** With names in lower case. */
  readonly headers: { readonly accept?: string | undefined }
}

/** Where the answer goes: Node's `http.ServerResponse`. */
export interface MetricsResponse {
  /** Is set. */
  statusCode: number
  /** Somebody else has answered meanwhile, such as a middleware that bounds the time: then nothing is set or called. */
  readonly headersSent?: boolean
  /** Is called for Content-Type and Content-Length, and for Allow. */
  setHeader(name: string, value: number | string): unknown
  /** Is called once, last. */
  end(text: string): unknown
}

/** What {@link metricsHandler} takes. */
export interface MetricsHandlerOptions {
  /** Whether the Accept header chooses the format, as by default. `false`: it is always the registry's `contentType`. */
  readonly negotiate?: boolean
  /** Is told why a page could not be made. By default the process emits a warning with the code `RSEQ_PAGE_FAILED`. */
  readonly onError?: (error: unknown) => void
}

const WHAT = 'metricsHandler'
const PLAIN = 'text/plain; charset=utf-8'
const { PROMETHEUS_CONTENT_TYPE: TEXT, OPENMETRICS_CONTENT_TYPE: OPEN_METRICS } = prom.Registry

/** @returns null where there is a page in one format only: of other classes, or of a subclass's own making */
function pagesOf(source: MetricsSource): AggregatorRegistry['pages'] {
  if (source instanceof AggregatorRegistry) return source.pages
  const isOurs = source instanceof Registry && source.metrics === Registry.prototype.metrics
  return isOurs ? (openMetrics) => pageIn(openMetrics, source) : null
}

/** @returns the page's format, and the page */
async function pageFor(
  source: MetricsSource,
  accept: string | undefined,
): Promise<[contentType: string, text: string]> {
  const pages = pagesOf(source)
  const { contentType } = source
  if (pages === null) {
    const { clusterMetrics } = source as { clusterMetrics?(): Promise<string> }
    if (clusterMetrics === undefined) return [contentType, await source.metrics()]
    // What prom-client makes of messages is of one format, whatever the registry's.
    return [TEXT, await clusterMetrics.call(source)]
  }
  const format = chosen(accept, contentType === OPEN_METRICS ? [OPEN_METRICS, TEXT] : [TEXT, OPEN_METRICS])
  return [format, await pages(format === OPEN_METRICS)]
}

function send(
  response: MetricsResponse,
  status: number,
  contentType: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent) return
  response.statusCode = status
  response.setHeader('Content-Type', contentType)
  response.setHeader('Content-Length', buffer.Buffer.byteLength(text))
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.end(text)
}

/**
 * A handler for Node's `http`, and for all that takes one (Express, connect): it answers with the page of a registry, in
 * the format that the request's Accept header likes best, Prometheus' text 0.0.4 or OpenMetrics 1.0.0, and says which. Where
 * the header does not tell, it is the registry's `contentType`. Requests that want different formats at once do not disturb
 * each other. It does not look at the path.
 *
 * GET and HEAD are answered; others get 405. Where the page cannot be made the answer is 500 without the reason, which
 * `onError` is told.
 *
 * @param register the registry. The page of an `AggregatorRegistry` is that of `clusterMetrics()`. One with a `metrics()`
 *   of its own making, and prom-client's own classes, have their `contentType` only
 * @returns a function whose promise never rejects, unless `onError` throws
 * @throws {TypeError} for a registry or options that are none
 */
export function metricsHandler(
  register: MetricsSource,
  options: MetricsHandlerOptions = {},
): (request: MetricsRequest, response: MetricsResponse) => Promise<void> {
  if (typeof register?.metrics !== 'function') throw typeError(WHAT, 'a Registry', register)
  checkObject(`${WHAT} options`, options)
  // Each reason is said once in a row: a scrape comes every few seconds.
  let last: string | null = null
  const warn = (error: unknown): void => {
    const { message, stack = '' } = error instanceof Error ? error : new Error(util.format('%s', error))
    const more = { code: 'RSEQ_PAGE_FAILED', detail: stack }
    if (message !== last) process.emitWarning(`a page of metrics could not be made: ${message}`, more)
    last = message
  }
  const { negotiate = true, onError = warn } = options
  booleanOf(`${WHAT} options.negotiate`, negotiate)
  checkFunction(`${WHAT} options.onError`, onError)
  return async ({ method = 'GET', headers }, response) => {
    if (method !== 'GET' && method !== 'HEAD')
      return send(response, 405, PLAIN, 'Metrics are read by GET.\n', { Allow: 'GET, HEAD' })
    let page: Awaited<ReturnType<typeof pageFor>>
    try {
      page = await pageFor(register, negotiate ? headers.accept : undefined)
    } catch (error) {
      send(response, 500, PLAIN, "The page could not be made. The service's log says why.\n")
      return onError(error)
    }
    last = null
    send(response, 200, ...page)
  }
}
