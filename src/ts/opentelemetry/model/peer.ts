import { RseqError } from '../../base/errors'
import { withRequire } from '../../base/es-bundle'

type Api = typeof import('@opentelemetry/api')
type Sdk = typeof import('@opentelemetry/sdk-metrics')

/*
 * What the user has installed beside this package. All values come from here; other files import types alone, of which
 * nothing is left at run time.
 */

function installed<T>(load: () => T): T {
  try {
    return withRequire(load)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    throw new RseqError(
      'ERR_RSEQ_PEER',
      "rseq/opentelemetry needs OpenTelemetry's API and metrics SDK: npm install @opentelemetry/api @opentelemetry/sdk-metrics",
    )
  }
}

export const api = installed(() => require('@opentelemetry/api') as Api)
export const sdk = installed(() => require('@opentelemetry/sdk-metrics') as Sdk)

// Of version 2 and later; version 1 had classes instead.
if (sdk.AggregationType === undefined) {
  throw new RseqError(
    'ERR_RSEQ_PEER',
    'rseq/opentelemetry needs version 2 or 3 of the metrics SDK: npm install @opentelemetry/api @opentelemetry/sdk-metrics',
  )
}
