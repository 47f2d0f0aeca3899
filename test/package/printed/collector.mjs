// A collector of OpenTelemetry, as far as OTLP's JSON over HTTP goes: adds up what each request says.
import { once } from 'node:events'
import { createServer } from 'node:http'

/** @returns {Promise<{ readonly sums: readonly number[] }>} of each request; listens where exporters send to by default */
export async function collector() {
  const sums = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const part of request.setEncoding('utf8')) text += part
    const { resourceMetrics } = JSON.parse(text)
    const metrics = resourceMetrics
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap(({ metrics }) => metrics)
    const points = metrics.flatMap((metric) => metric.sum?.dataPoints ?? [])
    sums.push(points.reduce((all, point) => all + Number(point.asInt ?? point.asDouble), 0))
    response.setHeader('content-type', 'application/json').end('{}')
  }).listen(4318)
  await once(server, 'listening')
  return { sums }
}
