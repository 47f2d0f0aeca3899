import { Gauge } from '../metrics/gauge'
import { SCOPE_LABEL } from '../metrics/merged'
import { AT_START, withPatience } from '../region/patience'
import { prom } from './peer'
import { pageIn, Registry, register, wideView } from './registry'
import { currentRegion, GLOBAL_SCOPE, scopeOf } from './series/current-region'
import { lookAt } from './series/look'
import { isOnPages, Names } from './series/readable'

/** Where processes say which registries are to be shown together. */
const CHOICE = { name: 'registries', scope: `${GLOBAL_SCOPE}:aggregated` }
let choice: Gauge[] = []

/** The scopes that any process has chosen; the global one where none has. */
function chosenScopes(): string[] {
  const chosen = lookAt(currentRegion()).scope(CHOICE.scope).get(CHOICE.name) ?? []
  const scopes = chosen.flatMap(({ labels: { scope } }) =>
    scope !== undefined && isOnPages(scope) ? [scope] : [],
  )
  return scopes.length === 0 ? [GLOBAL_SCOPE] : scopes
}

/** The page of the registries that are to be shown together, over all processes. */
async function clusterPage(openMetrics: boolean): Promise<string> {
  const all = chosenScopes().map((scope) => (scope === GLOBAL_SCOPE ? register : wideView(scope)))
  const [only, ...more] = all
  if (only !== undefined && more.length === 0) return pageIn(openMetrics, only)
  const names = new Names(openMetrics)
  const texts: string[] = []
  // One after the other: of what has one name, the first registry's is shown, each time.
  for (const registry of all) texts.push(await pageIn(openMetrics, registry, names))
  if (!openMetrics) return texts.join('\n')
  const end = '# EOF\n'
  return texts.map((text) => (text.endsWith(end) ? text.slice(0, -end.length) : text)).join('') + end
}

/**
 * prom-client's `AggregatorRegistry`, for code that has it: what it gives is the page of the whole service, as any
 * registry does in any process. No worker is asked.
 */
export class AggregatorRegistry extends Registry {
  readonly #messages: { clusterMetrics(): Promise<string> } | null

  constructor(contentType?: string) {
    super(contentType)
    // Without shared memory, prom-client's way: it asks each worker by a message.
    this.#messages = currentRegion().shared ? null : new prom.AggregatorRegistry()
  }

  /** The page of the global registry, or of those that {@link setRegistries} was told, over all processes. */
  clusterMetrics(): Promise<string> {
    if (this.#messages !== null) return this.#messages.clusterMetrics()
    return clusterPage(this.contentType === prom.Registry.OPENMETRICS_CONTENT_TYPE)
  }

  /** @returns how to have that page in a format by choice; null where it is made of messages: prom-client has one for these */
  get pages(): ((openMetrics: boolean) => Promise<string>) | null {
    return this.#messages === null ? clusterPage : null
  }

  /** @throws {TypeError} for anything but registries */
  static setRegistries(registries: object | readonly object[]): void {
    const all = [registries].flat()
    prom.AggregatorRegistry.setRegistries(all as never)
    for (const gauge of choice) gauge.close()
    choice = all.map((registry) => {
      const labels = { scope: scopeOf(registry), [SCOPE_LABEL]: CHOICE.scope }
      return withPatience(AT_START, () => Gauge.named(CHOICE.name, { region: currentRegion(), labels }))
    })
  }

  static readonly aggregate = prom.AggregatorRegistry.aggregate
}
