// A collector of OpenTelemetry, as far as OTLP's JSON over HTTP goes: adds up what the last request says.
import { once } from 'node:events'
import { createServer } from 'node:http'

/** @returns {Promise<{ readonly sum: number }>} listens where exporters send to by default */
export async function collector() {
  let sum = 0
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const part of request.setEncoding('utf8')) text += part
    const { resourceMetrics } = JSON.parse(text)
    const metrics = resourceMetrics
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap(({ metrics }) => metrics)
    const points = metrics.flatMap((metric) => metric.sum?.dataPoints ?? [])
    if (points.length > 0) sum = points.reduce((all, point) => all + Number(point.asInt ?? point.asDouble), 0)
    response.setHeader('content-type', 'application/json').end('{}')
  }).listen(4318)
  await once(server, 'listening')
  return {
    get sum() {
      return sum
    },
  }
}
