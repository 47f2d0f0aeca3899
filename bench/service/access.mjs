// node --import access.mjs: writes one byte to the file ACCESS_LOG for each request, as Node itself says that it came,
// before anybody has seen it. What is written stays, whatever kills the process.
import diagnostics from 'node:diagnostics_channel'
import { openSync, writeSync } from 'node:fs'

const { ACCESS_LOG } = process.env
if (ACCESS_LOG !== undefined) {
  const file = openSync(ACCESS_LOG, 'a')
  const byte = Buffer.from('.')
  diagnostics.subscribe('http.server.request.start', ({ request }) => {
    if (request.url !== '/metrics') writeSync(file, byte)
  })
}
