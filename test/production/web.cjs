// A service as PM2 starts it: / counts, /metrics is the page. In fork mode each instance listens on a port of its own.
const { createServer } = require('node:http')
const { Counter, register } = require('rseq/prom-client')

const { PORT, NODE_APP_INSTANCE = '0', exec_mode } = process.env
const requests = new Counter({ name: 'requests_total', help: 'Requests' })

createServer(async (request, response) => {
  if (request.url === '/metrics') {
    response.setHeader('Content-Type', register.contentType)
    return response.end(await register.metrics())
  }
  requests.inc()
  response.end(String(process.pid))
}).listen(Number(PORT) + (exec_mode === 'fork_mode' ? Number(NODE_APP_INSTANCE) : 0), '127.0.0.1')
