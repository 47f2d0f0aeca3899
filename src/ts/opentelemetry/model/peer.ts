import { peerError, withRequire } from '../../base/peer'

type Api = typeof import('@opentelemetry/api')
type Sdk = typeof import('@opentelemetry/sdk-metrics')

/*
 * What the user has installed beside this package. All values come from here; other files import types alone, of which
 * nothing is left at run time.
 */

const INSTALL = 'npm install @opentelemetry/api @opentelemetry/sdk-metrics'

function installed<T>(load: () => T): T {
  try {
    return withRequire(load)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    throw peerError(`rseq/opentelemetry needs OpenTelemetry's API and metrics SDK: ${INSTALL}`)
  }
}

export const api = installed(() => require('@opentelemetry/api') as Api)
export const sdk = installed(() => require('@opentelemetry/sdk-metrics') as Sdk)

// Of version 2 and later; version 1 had classes instead.
if (sdk.AggregationType === undefined)
  throw peerError(`rseq/opentelemetry needs version 2 or 3 of the metrics SDK: ${INSTALL}`)
