// Requests to the services of the recipes, and what their pages say.
import { setTimeout as sleep } from 'node:timers/promises'

const PAGES = 8

/** A page or an answer, by a connection of its own: the next one is another process's. */
async function get(port, path) {
  for (let attempt = 0; ; attempt++) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } })
      return await response.text()
    } catch (error) {
      if (attempt === 600) throw error
      await sleep(100)
    }
  }
}

export async function ask(port, times, path = '/') {
  for (let i = 0; i < times; i++) await get(port, path)
}

/** What several pages say of requests_total: one number where all agree. */
export async function counted(port, path = '/metrics') {
  const seen = new Set()
  for (let i = 0; i < PAGES; i++) {
    const [, value] = /^requests_total (.*)$/m.exec(await get(port, path)) ?? []
    seen.add(value)
  }
  return [...seen].sort().join(' or ')
}
