import { buffer, util } from '../base/builtins'
import { booleanOf, checkFunction, checkObject, typeError } from '../base/validate'
import { chosen, type Format } from './accept'
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

interface Choice extends Format {
  readonly contentType: string
  readonly openMetrics: boolean
}
const TEXT: Choice = {
  type: 'text/plain',
  version: '0.0.4',
  contentType: prom.Registry.PROMETHEUS_CONTENT_TYPE,
  openMetrics: false,
}
const OPEN_METRICS: Choice = {
  type: 'application/openmetrics-text',
  version: '1.0.0',
  contentType: prom.Registry.OPENMETRICS_CONTENT_TYPE,
  openMetrics: true,
}

type Pages = (openMetrics: boolean) => Promise<string>

/** @returns null where there is a page in one format only: of other classes, or of a subclass's own making */
function pagesOf(source: MetricsSource): Pages | null {
  if (source instanceof AggregatorRegistry) return source.pages
  const isOurs = source instanceof Registry && source.metrics === Registry.prototype.metrics
  return isOurs ? (openMetrics) => pageIn(openMetrics, source) : null
}

interface Page {
  readonly contentType: string
  readonly text: string
}

async function pageFor(source: MetricsSource, accept: string | undefined, negotiate: boolean): Promise<Page> {
  const pages = pagesOf(source)
  const { contentType } = source
  if (pages === null) {
    const { clusterMetrics } = source as { clusterMetrics?(): Promise<string> }
    if (clusterMetrics === undefined) return { contentType, text: await source.metrics() }
    // What prom-client makes of messages is of one format, whatever the registry's.
    return { contentType: TEXT.contentType, text: await clusterMetrics.call(source) }
  }
  const isOpen = contentType === OPEN_METRICS.contentType
  const format = chosen(negotiate ? accept : undefined, isOpen ? [OPEN_METRICS, TEXT] : [TEXT, OPEN_METRICS])
  return { contentType: format.contentType, text: await pages(format.openMetrics) }
}

/** Says it once for each reason in a row: a scrape comes every few seconds. */
function warner(): { failed(error: unknown): void; went(): void } {
  let last: string | null = null
  return {
    failed(error) {
      const { message, stack = '' } = error instanceof Error ? error : new Error(util.format('%s', error))
      if (message === last) return
      last = message
      process.emitWarning(`a page of metrics could not be made: ${message}`, {
        code: 'RSEQ_PAGE_FAILED',
        detail: stack,
      })
    },
    went() {
      last = null
    },
  }
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
  const { failed, went } = warner()
  const { negotiate = true, onError = failed } = options
  booleanOf(`${WHAT} options.negotiate`, negotiate)
  checkFunction(`${WHAT} options.onError`, onError)
  return async ({ method = 'GET', headers }, response) => {
    if (method !== 'GET' && method !== 'HEAD')
      return send(response, 405, PLAIN, 'Metrics are read by GET.\n', { Allow: 'GET, HEAD' })
    let page: Page
    try {
      page = await pageFor(register, headers.accept, negotiate)
    } catch (error) {
      send(response, 500, PLAIN, "The page could not be made. The service's log says why.\n")
      return onError(error)
    }
    went()
    send(response, 200, page.contentType, page.text)
  }
}
