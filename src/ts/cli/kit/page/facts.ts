import { plural } from '../format'
import type { Origin } from '../limits'
import { type Content, html, type Markup } from './html'

/** Labels and values, in the order of a reader's interest. */
export type FactList = readonly (readonly [label: string, value: string])[]

/** Where and when a run of whatever command was. */
export function originFacts({ machine, ...run }: Origin): FactList {
  return [
    ['CPU', machine.cpu],
    ['CPUs', `${machine.cpus} (${machine.arch})${machine.emulated ? ', emulated' : ''}`],
    ['Memory', `${(machine.memoryBytes / 2 ** 30).toFixed(1)} GiB`],
    ['Linux', machine.kernel],
    ['libc', machine.libc],
    ['Node', `${machine.node}, V8 ${machine.v8}`],
    ['rseq', `${machine.registration} registration, ${machine.backend} backend`],
    ['Fast calls', machine.fastCalls ? 'yes' : 'no'],
    ['Package', `${run.version}${run.commit === null ? '' : `, commit ${run.commit.slice(0, 12)}`}`],
    ['Date', day(run.date)],
  ]
}

/** ISO 8601 as people read it, to the minute; what is no date stays as it is. */
export function day(date: string): string {
  const time = new Date(date)
  return Number.isNaN(time.getTime()) ? date : `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** One line that tells a run from another. */
export function summary({ machine, version, commit, date }: Origin): string {
  const { cpu, cpus, arch, kernel, node, emulated } = machine
  const code = commit === null ? version : `${version} (${commit.slice(0, 12)})`
  const what = emulated ? 'emulated ' : ''
  return `${cpu}, ${what}${arch}, ${plural(cpus, 'CPU')}, Linux ${kernel}, Node ${node}, rseq ${code}, ${day(date)}`
}

/** A run's facts; of two runs beside each other, with what differs marked. */
export function factsSection(runs: readonly FactList[]): Markup {
  const [first = [], second] = runs
  if (second === undefined) {
    const items = first.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)
    return html`<section><h2>Machine</h2><dl>${items}</dl></section>
`
  }
  const rows: Content[] = first.map(([label, value], index) => {
    const other = second[index]?.[1] ?? ''
    const kind = value === other ? 'same' : 'differs'
    return html`<tr class="${kind}"><th scope="row">${label}</th><td class="text">${value}</td><td class="text">${other}</td></tr>
`
  })
  return html`<section><h2>Machines</h2><div class="table" role="region" aria-label="Machines" tabindex="0">
<table class="facts"><thead><tr><td></td><th scope="col">A</th><th scope="col">B</th></tr></thead>
<tbody>${rows}</tbody></table></div></section>
`
}
