import { type Facts, originFacts } from '../../kit/page/facts'
import { percent } from '../../kit/page/format'
import { html, type Markup } from '../../kit/page/html'
import { doubt } from '../compare-rows'
import { thrownAway } from '../interruptions'
import type { BenchResult } from '../result'

/** Where and when a run was. */
export function facts({ noise, quick, interruptions, ...origin }: BenchResult): Facts {
  const still = `${percent(noise.spread)} spread of an empty loop, limit ${percent(noise.limit)}`
  return [
    ...originFacts(origin),
    ['Run', quick ? 'quick: wider spreads' : 'full'],
    ['Noise', `${noise.quiet ? 'quiet' : 'too noisy'}: ${still}`],
    ['Interruptions', thrownAway(interruptions)],
  ]
}

/** What a reader has to know before the first figure. */
export function banners(runs: readonly BenchResult[]): Markup[] {
  return runs.flatMap((run, index) => {
    const name = runs.length === 1 ? 'This run' : `Run ${'AB'[index]}`
    const { noise, machine } = run
    if (doubt(run) === null) return []
    const found: Markup[] = []
    if (machine.emulated) {
      found.push(
        html`<p class="banner"><b>Emulated machine.</b> ${name} was in software emulation: its figures prove nothing about speed. Nothing is ranked.</p>
`,
      )
    }
    if (!noise.quiet) {
      found.push(
        html`<p class="banner"><b>Noisy machine.</b> ${name} is no measure of speed: the same empty loop varied by ${percent(noise.spread)}, more than ${percent(noise.limit)}. No ratios are given.</p>
`,
      )
    }
    return found
  })
}
