import type { Metric } from '../metrics/metric'
import { prom } from '../peer'
import { textsOf } from '../series/labels'
import { defaultsFor, type Line, type MetricLines, once } from '../series/once'
import { areLabelNames, familyName, isLabelName, isLine, type Labelled, leaveOff } from '../series/readable'
import type { Style } from './lines'

/** prom-client escapes strings alone, and keeps what it has made of an object: one of such strings stays itself. */
function texts(labels: Labelled | undefined): Labelled | undefined {
  const isText = (value: unknown): boolean => typeof value === 'string' && value.isWellFormed()
  if (labels === undefined || Object.values(labels).every(isText)) return labels
  return Object.fromEntries(textsOf(labels))
}

function lineIn({ name, type }: MetricLines, line: Line): Line[] {
  const { labels, sharedLabels, metricName = name, exemplar, value } = line
  const isWhole = areLabelNames(sharedLabels ?? {}, type)
  if (!isWhole || !isLine(name, type, metricName, { ...sharedLabels, ...labels })) {
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

/** Of a metric that is on pages as it says itself. */
export async function valuesOf(metric: Metric): Promise<MetricLines> {
  const { getForPromString } = metric as { getForPromString?(): Promise<MetricLines> }
  return once<MetricLines>(await (getForPromString?.call(metric) ?? metric.get()))
}

/**
 * prom-client's own text of a metric, but for what would make the page unreadable: of what prom-client counts, of every
 * process, and of metrics of anybody's making.
 */
export async function textOf(
  given: MetricLines | Promise<MetricLines>,
  { openMetrics, defaults }: Style,
): Promise<string> {
  const data = await given
  const { PROMETHEUS_CONTENT_TYPE, OPENMETRICS_CONTENT_TYPE } = prom.Registry
  const more = texts(defaultsFor(data.type, defaults)) ?? {}
  const registry = {
    contentType: openMetrics ? OPENMETRICS_CONTENT_TYPE : PROMETHEUS_CONTENT_TYPE,
    _defaultLabels: more,
  }
  const values = (data.values ?? []).flatMap((line) => lineIn(data, line))
  const whole = {
    ...data,
    name: familyName(data.name, data.type, openMetrics),
    help: String(data.help).toWellFormed(),
    values: once({ ...data, values }, more).values,
  }
  const text = await write.call(registry, { get: () => whole })
  if (!openMetrics) return text
  // Of both formats, prom-client has one's help.
  const end = text.indexOf('\n')
  return text.slice(0, end).replaceAll('"', '\\"') + text.slice(end)
}
