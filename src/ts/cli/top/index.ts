import { stdout } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { complain } from '../kit/complain'
import { keep } from '../kit/destination'
import { print, printPieces } from '../kit/output'
import { isInteractive } from '../kit/screen'
import { choiceLine, choose } from './choose'
import { exists, type Found, ofProcess, services } from './find'
import { banner, header } from './frame'
import { document } from './json'
import { live } from './live'
import { type Options, optionsOf } from './options'
import { writeRecording } from './page'
import { arranged, cutNote, MOST_ROWS, rowsOf } from './rows'
import { Service } from './service'
import { plainTable } from './table'

/** Where it ends without having shown anything: nobody said which of several services. */
const UNDECIDED = 2
/** Columns in a file or a pipe: as many as there is to say. */
const ENDLESS = 10_000

/**
 * `rseq top [pid|file]`: what a running service counts.
 *
 * @param positionals at most one: the pid of one of its processes, or the file of its region
 * @param values of its options, as commands.ts has them
 * @returns the exit code: 0; 2 where nobody said which of several services; 128 + n after signal n
 * @throws {UsageError} for a command line that makes no sense
 * @throws {Error} where there is no such service, or it cannot be attached to
 */
export async function run(
  positionals: string[],
  values: Record<string, unknown>,
): Promise<number | undefined> {
  const options = optionsOf(values)
  const [which] = positionals
  const isLive = !options.once && options.html === null && isInteractive()
  const chosen = await decide(candidates(which), which, options, isLive)
  if (typeof chosen === 'number') return chosen
  if (options.html !== null) keep([chosen.path], '--html', options.html)
  const service = new Service(chosen.path, chosen.shown)
  try {
    if (options.html !== null) return await writeRecording(service, options, options.html)
    return isLive ? await live(service, options) : await once(service, options)
  } finally {
    service.close()
  }
}

/** @throws {Error} where there is none */
function candidates(which: string | undefined): Found[] {
  if (which === undefined) {
    const found = services()
    if (found.length > 0) return found
    throw new Error(
      "no service of this user is running: one that uses Region.service, or say its region's file",
    )
  }
  if (!/^\d+$/.test(which)) return [{ path: which, shown: which, pids: [] }]
  const pid = Number(which)
  const found = ofProcess(pid)
  if (found.length > 0) return found
  if (!exists(pid)) throw new Error(`there is no process ${pid}`)
  throw new Error(`process ${pid} has no shared region, or is another user's`)
}

async function decide(
  found: Found[],
  which: string | undefined,
  { coloured }: Options,
  isLive: boolean,
): Promise<Found | number> {
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  const are = which === undefined ? 'services are running' : `regions belong to process ${which}`
  const head = `${found.length} ${are}`
  if (isLive) return choose(`${head}: which one?`, found, coloured)
  complain(`${head}; say the file of one, or the pid:`, found.map(choiceLine))
  return UNDECIDED
}

/** One look; or two, where an interval says that rates are wanted. */
async function once(service: Service, options: Options): Promise<number> {
  const first = service.look()
  if (options.timed) await sleep(options.interval * 1000)
  const second = options.timed ? service.look() : first
  const interval = second === first ? null : (second.at - first.at) / 1000
  const all = rowsOf(second, interval === null ? null : first)
  if (options.json) {
    const rows = arranged(all, 'name', options.filter)
    await printPieces(document(service.facts, rows, (row) => service.split(row.metric), interval))
    return 0
  }
  const width = stdout.isTTY ? stdout.columns || 80 : ENDLESS
  const notice = banner(service.facts)
  const rows = arranged(all, options.sort, options.filter)
  const some = rows.slice(0, MOST_ROWS)
  print([
    ...header(service.facts, width, options.timed ? options.interval : null),
    ...[notice, cutNote(some.length, rows.length)].filter(Boolean),
    '',
    ...plainTable(some, width),
  ])
  return 0
}
