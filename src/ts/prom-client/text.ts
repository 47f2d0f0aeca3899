import type { Style } from './lines'
import { prom } from './peer'
import { familyName, isLabelName, isLine, type Labelled, leaveOff, ownLabel } from './readable'

/** What prom-client writes a page of: `get()`, or what its registry asks instead. */
export interface Values {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly values?: readonly Line[]
}

interface Line {
  readonly value: number
  readonly labels?: Labelled
  /** Labels that several lines have. */
  readonly sharedLabels?: Labelled
  readonly metricName?: string
  readonly exemplar?: unknown
}

/** prom-client escapes strings alone, and keeps what it has made of an object: one of strings stays itself. */
function texts(labels: Labelled | undefined): Labelled | undefined {
  if (labels === undefined || Object.values(labels).every((value) => typeof value === 'string')) return labels
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]))
}

function lineIn({ name, type }: Values, line: Line): Line[] {
  const { labels, sharedLabels, metricName = name, exemplar, value } = line
  if (!isLine(name, type, metricName, { ...sharedLabels, ...labels })) {
    leaveOff('labels of the metric', name)
    return []
  }
  const { labelSet } = (exemplar ?? {}) as { labelSet?: Labelled }
  const isExemplary = labelSet !== undefined && Object.keys(labelSet).every(isLabelName)
  return [
    {
      value: Number(value),
      labels: texts(labels) ?? {},
      ...(sharedLabels && { sharedLabels: texts(sharedLabels) ?? {} }),
      ...(metricName !== name && { metricName }),
      ...(isExemplary && { exemplar: { ...(exemplar as object), labelSet: texts(labelSet) } }),
    },
  ]
}

interface Writer {
  getMetricsAsString(this: object, metric: object): Promise<string>
}

const { getMetricsAsString: write } = prom.Registry.prototype as unknown as Writer

/**
 * prom-client's own text of a metric, but for what would make the page unreadable: of what prom-client counts, of every
 * process, and of metrics of anybody's making.
 */
export async function textOf(data: Values, { openMetrics, defaults }: Style): Promise<string> {
  const { PROMETHEUS_CONTENT_TYPE, OPENMETRICS_CONTENT_TYPE } = prom.Registry
  const not = ownLabel(data.type)
  const registry = {
    contentType: openMetrics ? OPENMETRICS_CONTENT_TYPE : PROMETHEUS_CONTENT_TYPE,
    _defaultLabels: Object.fromEntries(Object.entries(defaults).filter(([name]) => name !== not)),
  }
  const whole = {
    ...data,
    name: familyName(data.name, data.type, openMetrics),
    help: String(data.help),
    values: (data.values ?? []).flatMap((line) => lineIn(data, line)),
  }
  const text = await write.call(registry, { get: () => whole })
  if (!openMetrics) return text
  // Of both formats, prom-client has one's help.
  const end = text.indexOf('\n')
  return text.slice(0, end).replaceAll('"', '\\"') + text.slice(end)
}
