import type * as PromClient from 'prom-client'
import { peerError, withRequire } from '../base/peer'

const NEEDS = 'rseq/prom-client needs prom-client 15'
const INSTALL = 'npm install prom-client@15'

/** Why there is no prom-client, for a person; undefined for an error of its own. */
function explained({ code, message }: NodeJS.ErrnoException): string | undefined {
  // What esbuild puts in the place of require() in an ES module: prom-client alone fails there, too.
  if (/^Dynamic require of /.test(message)) {
    return (
      `${NEEDS}, which cannot be loaded in this bundle (${message}): bundle to CommonJS, mark "rseq" and "prom-client" ` +
      'as external, or give the ES module a require() by createRequire(import.meta.url) in a banner'
    )
  }
  if (code === 'MODULE_NOT_FOUND')
    return `rseq/prom-client needs prom-client, which is not installed: ${INSTALL}`
  return code === 'ERR_PACKAGE_PATH_NOT_EXPORTED'
    ? `${NEEDS}, and has found another package: ${INSTALL}`
    : undefined
}

/** Of any realm. */
const isRecord = (value: unknown): boolean => Object.prototype.toString.call(value) === '[object Object]'

/**
 * Its registries keep metrics in a record, which ours look into: successors and forks have a Map, and everything would be
 * on pages twice. By what it does, since a bundle has no package.json to look at; so a later version that does the same
 * is taken.
 *
 * @throws {RseqError} `ERR_RSEQ_PEER`
 */
function checked(found: unknown): typeof PromClient {
  // What others that go by its name keep otherwise, or have beside.
  const { register, Registry, AggregatorRegistry, ClusterRegistry, WorkerRegistry } = found as Partial<
    Record<string, Partial<Record<string, unknown>>>
  >
  const isKnown =
    isRecord(register?._metrics) &&
    isRecord(register?._defaultLabels) &&
    typeof Registry?.OPENMETRICS_CONTENT_TYPE === 'string' &&
    typeof AggregatorRegistry === 'function' &&
    ClusterRegistry === undefined &&
    WorkerRegistry === undefined
  if (isKnown) return found as typeof PromClient
  throw peerError(
    `${NEEDS}. What is installed as prom-client is another version, or another package by an alias, as ` +
      `@prometheus-io/client or @platformatic/prom-client: ${INSTALL}`,
  )
}

/*
 * By its file: a bundler or a test runner that puts rseq/prom-client in prom-client's place by name leaves this alone. It
 * is in a try block since bundlers let a module be missing only there.
 */
function load(): unknown {
  try {
    return require('prom-client/index.js')
  } catch (error) {
    const reason = explained(error as NodeJS.ErrnoException)
    throw reason === undefined ? error : peerError(reason)
  }
}

/** The user's own prom-client. */
export const prom = checked(withRequire(load))
