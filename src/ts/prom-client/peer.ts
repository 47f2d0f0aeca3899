import type * as PromClient from 'prom-client'
import { RseqError } from '../errors'

/*
 * By its file: a bundler or a test runner that puts rseq/prom-client in prom-client's place by name leaves this alone.
 */
function load(): typeof PromClient {
  try {
    return require('prom-client/index.js') as typeof PromClient
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    throw new RseqError(
      'ERR_RSEQ_PEER',
      'rseq/prom-client needs prom-client, which is not installed: npm install prom-client@15',
    )
  }
}

/** The user's own prom-client. */
export const prom = load()
