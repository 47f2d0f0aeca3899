// Which processes are one service: each row makes a situation of docs/integrations/services.md, and says what its pages show. A row is
// [name, what is expected, what makes it so].
import { existsSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from './place.mjs'

/** What each of them has once all have counted. */
const values = (...actors) => Promise.all(actors.map((one) => one.value()))

/** Rows of one process that starts others. */
const families = [
  [
    'a primary that does not count, with shop.js +5 and billing.js +7000',
    [5, 5, 7000, 7000],
    async (place) => {
      const [shop, billing] = [place.script('shop.js'), place.script('billing.js')]
      const primary = await place.node(place.script('manager.js'))
      const all = []
      for (const script of [shop, shop, billing, billing])
        all.push(await place.start(primary, 'cluster', script))
      await all[0].add(5)
      await all[2].add(7000)
      return values(...all)
    },
  ],
  [
    'the same, joined by RSEQ_SERVICE',
    [7005, 7005],
    async (place) => {
      const primary = await place.node(place.script('manager.js'))
      const env = { RSEQ_SERVICE: 'all' }
      const shop = await place.start(primary, 'cluster', place.script('shop.js'), env)
      const billing = await place.start(primary, 'cluster', place.script('billing.js'), env)
      await shop.add(5)
      await billing.add(7000)
      return values(shop, billing)
    },
  ],
  [
    'cluster: primary.js counts first, then worker.js of its package',
    [3, 3, 3],
    async (place) => {
      const primary = await place.node(place.script('primary.js'))
      await primary.add(1)
      const one = await place.start(primary, 'cluster', place.script('worker.js'))
      const two = await place.start(primary, 'cluster', place.script('worker.js'))
      await one.add(1)
      await two.add(1)
      return values(primary, one, two)
    },
  ],
  [
    'cluster: worker.js counts first, then primary.js of its package',
    [3, 3],
    async (place) => {
      const primary = await place.node(place.script('primary.js'))
      const worker = await place.start(primary, 'cluster', place.script('worker.js'))
      await worker.add(2)
      await primary.add(1)
      return values(primary, worker)
    },
  ],
  [
    'cluster: a worker of another package than the primary, which counts too',
    [1, 20, 20],
    async (place) => {
      const primary = await place.node(place.script('manager/primary.js'))
      await primary.add(1)
      const one = await place.start(primary, 'cluster', place.script('shop/worker.js'))
      const two = await place.start(primary, 'cluster', place.script('shop/worker.js'))
      await one.add(20)
      return values(primary, one, two)
    },
  ],
  [
    'a release with other histogram bounds comes up beside the old one, which then ends',
    [
      ...['1: 2, 2: 2, +Inf: 2', '1: 2, 2: 2, +Inf: 2', '1: 2, 2: 2, +Inf: 2'],
      ...['0.5: 0, 1: 2, +Inf: 2', '0.5: 0, 1: 2, +Inf: 2'],
    ],
    async (place) => {
      const primary = await place.node(place.script('primary.js'))
      const start = () => place.start(primary, 'cluster', place.script('worker.js'))
      const [old, ...fresh] = [await start(), await start(), await start()]
      for (let i = 0; i < 2; i++) await old.call('observe', 1, 2)
      for (const one of fresh) await one.call('observe', 0.5, 1)
      const seen = []
      for (const one of [old, ...fresh]) seen.push(await one.call('took'))
      await old.kill()
      // Its threads end one after the other, and the last one of them closes its files.
      const isNew = (text) => text.startsWith('0.5') && text
      for (const one of fresh)
        seen.push(await eventually('the new bounds', async () => isNew(await one.call('took'))))
      return seen
    },
  ],
  [
    'spawnSync(node, other.js), which counts 1000',
    [1, 1000],
    async (place) => {
      const parent = await place.node(place.script('parent.js'))
      await parent.add(1)
      const child = await parent.call('spawnSync', place.script('other.js'), 'count', '1000')
      return [await parent.value(), Number(child)]
    },
  ],
  [
    'child_process.fork: of the package, of that again, and of another package',
    [7, 7, 7, 100],
    async (place) => {
      const parent = await place.node(place.script('parent.js'))
      await parent.add(1)
      const child = await place.start(parent, 'fork', place.script('lib/../child.js'))
      const grandchild = await place.start(child, 'fork', place.script('parent.js'))
      const stranger = await place.start(parent, 'fork', place.script('stranger/main.js'))
      await child.add(2)
      await grandchild.add(4)
      await stranger.add(100)
      return values(parent, child, grandchild, stranger)
    },
  ],
  [
    'child_process.fork of a parent that has not counted',
    [1, 2],
    async (place) => {
      const parent = await place.node(place.script('parent.js'))
      const child = await place.start(parent, 'fork', place.script('child.js'))
      await child.add(2)
      await parent.add(1)
      return values(parent, child)
    },
  ],
  [
    'child_process.fork with RSEQ_SERVICE: two of one name, one of another',
    [1, 6, 6, 8],
    async (place) => {
      const parent = await place.node(place.script('parent.js'))
      await parent.add(1)
      const child = (name) => place.start(parent, 'fork', place.script('child.js'), { RSEQ_SERVICE: name })
      const [one, two, other] = [await child('a'), await child('a'), await child('b')]
      await one.add(2)
      await two.add(4)
      await other.add(8)
      return values(parent, one, two, other)
    },
  ],
  [
    'nested clusters: a worker forks a primary of its package, which has workers',
    [15, 15, 15, 15],
    async (place) => {
      const script = place.script('main.js')
      const primary = await place.node(script)
      await primary.add(1)
      const worker = await place.start(primary, 'cluster', script)
      const inner = await place.start(worker, 'fork', script)
      const innermost = await place.start(inner, 'cluster', script)
      await innermost.add(8)
      await worker.add(2)
      await inner.add(4)
      return values(primary, worker, inner, innermost)
    },
  ],
  [
    'two that are started side by side, as by systemd',
    [1, 2],
    async (place) => {
      const script = place.script('main.js')
      const [one, two] = [await place.node(script), await place.node(script)]
      await one.add(1)
      await two.add(2)
      return values(one, two)
    },
  ],
  [
    'the same with one RSEQ_REGION, which children get and nobody writes',
    [7, 7, 7, true],
    async (place) => {
      const script = place.script('main.js')
      const file = join(place.folder, 'region')
      const env = { RSEQ_REGION: file }
      const [one, two] = [await place.node(script, env), await place.node(script, env)]
      const child = await place.start(one, 'spawn', place.script('other.js'))
      await one.add(1)
      await two.add(2)
      await child.add(4)
      const alone = await place.node(script)
      await alone.add(1)
      const unset = (await alone.call('environment', 'RSEQ_REGION')) === null
      return [...(await values(one, two, child)), unset]
    },
  ],
]

/** Rows of threads. */
const threads = [
  [
    'threads of one process, which counts last',
    [7, 7, 7],
    async (place) => {
      const main = await place.node(place.script('main.js'))
      const one = await place.start(main, 'thread', place.script('one.js'))
      const two = await place.start(main, 'thread', place.script('two.js'))
      await one.add(1)
      await two.add(2)
      await main.add(4)
      return values(main, one, two)
    },
  ],
  [
    'threads that RSEQ_SERVICE tells apart, of two workers of one primary',
    [4, 5, 5, 10],
    async (place) => {
      const primary = await place.node(place.script('primary.js'))
      const thread = async (worker, name) =>
        place.start(worker, 'thread', place.script('application.js'), { RSEQ_SERVICE: name })
      const [one, two] = [await place.start(primary, 'cluster'), await place.start(primary, 'cluster')]
      const [a1, b1, a2] = [await thread(one, 'a'), await thread(one, 'b'), await thread(two, 'a')]
      await one.add(4)
      await a1.add(2)
      await a2.add(3)
      await b1.add(10)
      return values(two, a1, a2, b1)
    },
  ],
  [
    'a name of more than 64 characters',
    'RangeError: RSEQ_SERVICE: expected a name of 1 to 64 characters',
    async (place) => {
      const main = await place.node(place.script('main.js'), { RSEQ_SERVICE: 'x'.repeat(65) })
      return main.value().then(
        () => 'none',
        ({ message }) => message.split(',')[0],
      )
    },
  ],
]

/** Rows of services whose file or leader is not where it was. */
const losses = [
  [
    'the file is unlinked, then a worker starts',
    [2, 2, []],
    async (place) => {
      const primary = await place.node(place.script('primary.js'))
      await primary.add(1)
      unlinkSync(await primary.path())
      const worker = await place.start(primary, 'cluster', place.script('worker.js'))
      await worker.add(1)
      return [...(await values(primary, worker)), await worker.warnings()]
    },
  ],
  [
    '… then a worker of a primary that does not count, a child of a worker, and a child of that',
    [8, 8, 8, 8],
    async (place) => {
      const primary = await place.node(place.script('primary.js'))
      const one = await place.start(primary, 'cluster')
      await one.add(5)
      unlinkSync(await one.path())
      const two = await place.start(primary, 'cluster')
      const child = await place.start(one, 'fork', place.script('child.js'))
      const grandchild = await place.start(child, 'fork', place.script('child.js'))
      await two.add(1)
      await child.add(1)
      await grandchild.add(1)
      return values(one, two, child, grandchild)
    },
  ],
  [
    '… and nobody who has it is left to be seen: a warning',
    [0, 'RSEQ_SERVICE'],
    async (place) => {
      const parent = await place.node(place.script('parent.js'))
      await parent.add(1)
      const child = await place.start(parent, 'fork', place.script('child.js'))
      unlinkSync(await parent.path())
      const { answer } = await child.orphaned()
      process.kill(parent.pid, 'SIGKILL')
      return answer
    },
  ],
  [
    'a primary that does not count gets another start time, then forks a worker',
    [3, 3, 3],
    async (place) => {
      const primary = await place.node(place.script('primary.js'))
      const [one, two] = [await place.start(primary, 'cluster'), await place.start(primary, 'cluster')]
      await one.add(1)
      await two.add(1)
      const path = await one.path()
      // As a restored one: its file has the start time that it had before.
      renameSync(
        path,
        path.replace(/^(.*\/rseq-\d+-\d+-\d+-)(\d+)/, (_, before, time) => `${before}${time - 1}`),
      )
      const three = await place.start(primary, 'cluster')
      await three.add(1)
      return values(one, two, three)
    },
  ],
  [
    'a worker counts first when its primary, which had counted, is dead',
    [3, 3],
    (place) => orphan(place, { primaryCounts: true, early: false }),
  ],
  [
    '… which had not, and the worker had loaded the package before',
    [3, 3],
    (place) => orphan(place, { primaryCounts: false, early: true }),
  ],
  [
    '… nor had the worker, and no sibling: a warning',
    [0, 'RSEQ_SERVICE'],
    async (place) => {
      const primary = await place.node(place.script('main.js'))
      const worker = await place.start(primary, 'cluster')
      const { answer } = await worker.orphaned()
      process.kill(primary.pid, 'SIGKILL')
      return answer
    },
  ],
  [
    '… nor had the worker, beside a sibling that lives',
    [3, 3],
    (place) => orphan(place, { primaryCounts: false, early: false }),
  ],
]

/** A cluster worker that first counts after its primary's death, beside a sibling that had counted before. */
async function orphan(place, { primaryCounts, early }) {
  const script = place.script('main.js')
  const primary = await place.node(script)
  if (primaryCounts) await primary.add(1)
  const sibling = await place.start(primary, 'cluster', script)
  const worker = await place.start(primary, 'cluster', script, early ? { EARLY: '1' } : {})
  await sibling.add(primaryCounts ? 2 : 3)
  const [first, second] = await Promise.all([sibling.orphaned(1000), worker.orphaned()])
  process.kill(primary.pid, 'SIGKILL')
  return [...(await first.answer), ...(await second.answer)]
}

/** Whoever is nobody. */
const NOBODY = 65534

/** Pid 1 of a PID namespace that shares all but /proc. */
const asContainer = ['-m', '-p', '--fork', '--kill-child', '--mount-proc']

/** What PM2's daemon starts a worker with. */
const asPm2 = (name) => ({ pm2_env: JSON.stringify({ name, namespace: 'default' }) })

/** Rows of services that end before their leader, or whose leader nobody can see. */
const ends = [
  [
    'a manager’s application: one of two is killed and replaced, then both are killed, and one comes',
    [6, 6, 10, 0, 1, 10],
    async (place) => {
      const manager = await place.node(place.script('manager.js'))
      const shop = () => place.start(manager, 'cluster', place.script('shop.js'), asPm2('shop'))
      const billing = await place.start(manager, 'cluster', place.script('shop.js'), asPm2('billing'))
      await billing.add(10)
      const [one, two] = [await shop(), await shop()]
      await one.add(2)
      await two.add(3)
      await one.kill()
      const three = await shop()
      await three.add(1)
      const before = await values(two, three, billing)
      await Promise.all([two.kill(), three.kill()])
      const next = await shop()
      return [...before, await next.value(), await next.add(1), await billing.value()]
    },
  ],
  [
    '… of which twelve start at once, and each removes what is nobody’s',
    [12],
    async (place) => {
      const manager = await place.node(place.script('manager.js'))
      const env = { ...asPm2('shop'), EARLY: 'count' }
      const start = () => place.start(manager, 'cluster', place.script('shop.js'), env)
      const all = await Promise.all(Array.from({ length: 12 }, start))
      for (const one of all) await one.add(1)
      return [...new Set(await values(...all))]
    },
  ],
  [
    'no /proc: a killed leader, and the next one of the same pid',
    [2, 2],
    async (place) => {
      const script = place.script('main.js')
      const seen = []
      for (let round = 0; round < 2; round++) {
        const hidden = `mount -t tmpfs none /proc && exec "$0" "$1"`
        const args = ['-m', '-p', '--fork', '--kill-child', 'sh', '-c', hidden, process.execPath, script]
        const actor = await place.run('unshare', args, { name: '1-0' })
        seen.push(await actor.add(2))
        await place.killLast(actor)
      }
      return seen
    },
  ],
  [
    'workers of another user than their primary, which counts: they are one, with a warning',
    [1, 30, 30, ['RSEQ_SERVICE']],
    async (place) => {
      place.open()
      const primary = await place.node(place.script('main.js'))
      await primary.add(1)
      await primary.call('setupPrimary', { uid: NOBODY, gid: NOBODY })
      const [one, two] = [await place.start(primary, 'cluster'), await place.start(primary, 'cluster')]
      await one.add(10)
      await two.add(20)
      unlinkSync(await one.path())
      return [...(await values(primary, one, two)), await two.warnings()]
    },
  ],
  [
    'two containers with one /dev/shm, in which each is pid 1',
    [1, 2],
    async (place) => {
      const script = place.script('main.js')
      const args = [...asContainer, process.execPath, script]
      const one = await place.run('unshare', args, { name: '1-0' })
      await one.add(1)
      one.rename('one')
      const two = await place.run('unshare', args, { name: '1-0' })
      await two.add(2)
      return values(one, two)
    },
  ],
  [
    '… that start within one tick of the clock, and a third one when both count',
    [1, 2, 4, 3],
    async (place) => {
      const script = place.script('main.js')
      // What /proc says of pid 1, the same in each.
      const stat = join(place.folder, 'stat')
      writeFileSync(stat, `1 (node) S ${'0 '.repeat(18)}4711 0\n`)
      const start = 'mount --bind "$0" /proc/1/stat && exec "$@"'
      const args = [...asContainer, 'sh', '-c', start, stat, process.execPath, script]
      const all = []
      for (const name of ['one', 'two', 'three']) {
        const actor = await place.run('unshare', args, { name: '1-0' })
        actor.rename(name)
        await actor.add(2 ** all.length)
        all.push(actor)
      }
      const paths = new Set()
      for (const one of all) paths.add(await one.path())
      return [...(await values(...all)), [...paths].filter((path) => path.includes('-1-4711-')).length]
    },
  ],
  [
    'a forked child as pid 1 of a PID namespace of its own; it closes the service, and its parent, pid 1 too, goes on',
    [3, 7, true, 7],
    async (place) => {
      const wrapper = join(place.folder, 'nested')
      const command = ['exec unshare', ...asContainer, `"${process.execPath}" "$@"`].join(' ')
      writeFileSync(wrapper, `#!/bin/sh\n${command}\n`, { mode: 0o755 })
      const args = [...asContainer, process.execPath, place.script('parent.js')]
      const parent = await place.run('unshare', args, { name: '1-0' })
      await parent.add(1)
      parent.rename('parent')
      await parent.call('start', 'fork', place.script('child.js'), {}, wrapper)
      const nested = await place.actor('1-0')
      await nested.add(2)
      const child = await place.start(nested, 'fork', place.script('child.js'))
      const before = await parent.value()
      await child.add(4)
      const seen = await nested.value()
      await nested.call('close')
      return [before, seen, existsSync(await parent.path()), await parent.value()]
    },
  ],
]

const told = [
  [
    'rseq and rseq top --once say which service it is, and why',
    [
      ['application MAIN (main script)', 2],
      ['application shop (RSEQ_SERVICE)', 2],
      ['application default/shop (PM2)', 2],
      ['by RSEQ_REGION', 2],
    ],
    async (place) => {
      const script = place.script('main.js')
      const plain = await place.node(script)
      const all = [
        plain,
        await place.node(script, { RSEQ_SERVICE: 'shop' }),
        await place.start(plain, 'cluster', null, asPm2('shop')),
        await place.node(script, { RSEQ_REGION: join(place.folder, 'region') }),
      ]
      for (const one of all) await one.value()
      const status = place.rseq()
      const says = []
      for (const one of all) {
        const path = await one.path()
        // From its path to the next one.
        const line = status.split(path)[1]?.split('leader')[0] ?? ''
        const texts = [line, place.rseq('top', '--once', path)]
        const found = texts.map((text) => /application [^(]*\([^)]*\)|by RSEQ_REGION/.exec(text)?.[0])
        const same = found.filter((text) => text === found[0]).length
        says.push([`${found[0]}`.replace(script, 'MAIN'), same])
      }
      return says
    },
  ],
]

export const rows = [...told, ...families, ...threads, ...losses, ...ends]
