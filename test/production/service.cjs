// The service of the recipes: a primary and its workers, which count and then say what each of them has. COUNT: what each worker
// counts; WORKERS: how many; SERIES: so many sets of labels of a histogram; LATE: one more worker comes then;
// STAY: it goes on until it is ended. Prints one line of JSON.
const cluster = require('node:cluster')
const { once } = require('node:events')
const { Region, status } = require('rseq')
const { Counter, Histogram, register } = require('rseq/prom-client')

const { COUNT = '5', WORKERS = '2', SERIES = '0', LATE, STAY } = process.env

const warnings = []
process.on('warning', ({ code, message }) => warnings.push([code, message]))

const requests = new Counter({ name: 'requests_total', help: 'Requests' })
const seconds = new Histogram({ name: 'request_seconds', help: 'Time', labelNames: ['route'] })

/** What the page says of a name. */
function onPage(page, name) {
  const [, value] = new RegExp(`^${name}(?:{.*})? (.*)$`, 'm').exec(page) ?? []
  return value === undefined ? null : Number(value)
}

function pathOfService() {
  try {
    return Region.service.path
  } catch (error) {
    return error.code
  }
}

async function look() {
  const page = await register.metrics()
  const { backend, reason } = status()
  const lost = onPage(page, 'rseq_lost_writes')
  const series = page.match(/^request_seconds_count/gm)?.length ?? 0
  // Warnings are told in a later turn.
  await new Promise((done) => setTimeout(done, 50))
  const file = pathOfService()
  return { backend, reason, file, page: onPage(page, 'requests_total'), series, lost, warnings }
}

const acts = {
  count: () => requests.inc(Number(COUNT)),
  fill() {
    for (let i = 0; i < Number(SERIES); i++) seconds.observe({ route: `/${process.pid}/${i}` }, 0.01)
  },
  look,
}

/** Has that done by all, one after the other. */
async function all(workers, act) {
  const answers = []
  for (const worker of workers) {
    worker.send(act)
    answers.push((await once(worker, 'message'))[0])
  }
  return answers
}

async function lead() {
  const workers = Array.from({ length: Number(WORKERS) }, () => cluster.fork())
  await all(workers, 'count')
  await all(workers, 'fill')
  const late = LATE === undefined ? [] : [cluster.fork()]
  await all(late, 'count')
  workers.push(...late)
  console.log(JSON.stringify({ workers: await all(workers, 'look'), primary: warnings }))
  if (STAY === undefined) for (const worker of workers) worker.disconnect()
}

if (cluster.isPrimary) lead()
else process.on('message', async (act) => process.send((await acts[act]()) ?? 'done'))
