// node scripts/rooms.mjs [FOLDER]: what imports say of the house. Of each side its rooms, floors, arrows between rooms, and
// circles; then the rooms of each floor. Ends with 1 if an arrow goes up or between rooms of one floor, or if there is a circle,
// of rooms or of files; or if anything but a peer file loads what users install, or anything but backend/ the addon. FOLDER is a checkout; the rule is this one's.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

const root = process.argv[2] ?? join(import.meta.dirname, '..')

/** The floors of each side, from the ground up: a room takes from lower floors only. */
const SIDES = {
  'src/ts': [
    ['base', 'places'],
    ['contract'],
    ['backend'],
    ['thread'],
    ['region'],
    ['counter', 'histogram', 'pool', 'ring'],
    ['metrics', 'preemption'],
    ['index', 'prom-client', 'opentelemetry'],
    ['cli'],
  ],
  'src/ts/cli': [
    ['kit'],
    ['demo', 'bench', 'noise', 'top'],
    ['status', 'compare'],
    ['commands'],
    ['arguments', 'help'],
    ['rseq'],
  ],
  'src/native': [['kernel'], ['sections'], ['thread', 'region'], ['objects'], ['metrics'], ['addon']],
}

const SOURCE = /\.(?:ts|cc|h)$/
const IMPORT = /(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*'(\.[^']+)'|^#include "([^"]+)"/gm

/** @returns of each file those that it imports */
function importsIn(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((name) => SOURCE.test(name))
  const known = new Set(files)
  const find = (from, path) => {
    const near = posix.join(posix.dirname(from), path)
    const bare = near.replace(/\.m?js$/, '')
    return [near, path, `${bare}.ts`, `${bare}/index.ts`].find((name) => known.has(name))
  }
  const importsOf = (file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(IMPORT)]
      .map(([, module, header]) => find(file, module ?? header))
      .filter((to) => to !== undefined && to !== file)
  return new Map(files.map((file) => [file, new Set(importsOf(file))]))
}

/** A folder is a room with all below it; a file beside the folders is one by itself. */
const roomOf = (file) => (file.includes('/') ? file.split('/', 1)[0] : file.replace(SOURCE, ''))

function arrowsOf(imports) {
  const arrows = new Map([...imports.keys()].map((file) => [roomOf(file), new Set()]))
  for (const [file, all] of imports)
    for (const to of all) if (roomOf(to) !== roomOf(file)) arrows.get(roomOf(file)).add(roomOf(to))
  return arrows
}

/** Sets of nodes that all lead to each other; by Tarjan's algorithm, so those that others lead to come first. */
function componentsOf(graph) {
  const [index, low, stack, found] = [new Map(), new Map(), [], []]
  const visit = (node) => {
    index.set(node, index.size)
    low.set(node, index.get(node))
    stack.push(node)
    for (const next of graph.get(node)) {
      if (!index.has(next)) visit(next)
      if (stack.includes(next)) low.set(node, Math.min(low.get(node), low.get(next)))
    }
    if (low.get(node) === index.get(node)) found.push(stack.splice(stack.indexOf(node)))
  }
  for (const node of graph.keys()) if (!index.has(node)) visit(node)
  return found
}

/** How high each room stands: above all that it takes from; the rooms of a circle together. */
function heightsOf(arrows, components) {
  const heights = new Map()
  for (const rooms of components) {
    const below = rooms.flatMap((room) => [...arrows.get(room)]).filter((room) => !rooms.includes(room))
    for (const room of rooms) heights.set(room, 1 + Math.max(0, ...below.map((one) => heights.get(one))))
  }
  return heights
}

/** What is loaded from outside of the package, of files below the command, which is a bundle. Types load nothing. */
const LOADS =
  /^import (?!type )[^']*? from '(?!\.|node:)([^']+)'|^(?! *(?:\/\/|\*)).*\brequire\('(?!\.|node:)([^']+)'\)|(rseq\.node)/gm
const isAllowed = (file, name) =>
  name === 'rseq.node' ? /^(?:backend\/|places)/.test(file) : file.endsWith('peer.ts')

let failed = false
for (const [side, floors] of Object.entries(SIDES)) {
  if (!existsSync(join(root, side))) continue
  const imports = importsIn(join(root, side))
  const arrows = arrowsOf(imports)
  const components = componentsOf(arrows)
  const heights = heightsOf(arrows, components)
  const circles = components.filter(({ length }) => length > 1)
  const ofFiles = componentsOf(imports).filter(({ length }) => length > 1)
  const count = [...arrows.values()].reduce((sum, { size }) => sum + size, 0)
  const highest = Math.max(...heights.values())
  console.log(
    `${side}: ${arrows.size} rooms, ${highest} floors, ${count} arrows, ${circles.length} circles, ${ofFiles.length} of files`,
  )
  for (let floor = 1; floor <= highest; ++floor)
    console.log(`  ${floor}  ${[...heights.keys()].filter((room) => heights.get(room) === floor).join(' ')}`)
  for (const circle of [...circles, ...ofFiles]) console.log(`  circle: ${circle.join(' ')}`)

  const floorOf = (room) => floors.findIndex((rooms) => rooms.includes(room))
  const wrong = [...arrows].flatMap(([room, all]) =>
    [...all].filter((to) => floorOf(to) < 0 || floorOf(to) >= floorOf(room)).map((to) => `${room} → ${to}`),
  )
  if (side === 'src/ts')
    for (const file of [...imports.keys()].filter((name) => !name.startsWith('cli/')))
      for (const [, one, other, addon] of readFileSync(join(root, side, file), 'utf8').matchAll(LOADS))
        if (!isAllowed(file, one ?? other ?? addon)) wrong.push(`${file} loads ${one ?? other ?? addon}`)
  for (const arrow of wrong) console.log(`  against the rule: ${arrow}`)
  if (circles.length + ofFiles.length + wrong.length > 0) failed = true
}
process.exitCode = failed ? 1 : 0
