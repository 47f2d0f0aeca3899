import { percent } from '../../kit/format'
import { banner } from '../../kit/page/cards'
import { type FactList, originFacts } from '../../kit/page/facts'
import type { Markup } from '../../kit/page/html'
import { thrownAway } from '../interruptions'
import type { BenchResult } from '../result'

/** Where and when a run was. */
export function facts({ noise, quick, interruptions, ...origin }: BenchResult): FactList {
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
  return runs.flatMap(({ noise, machine }, index) => {
    const name = runs.length === 1 ? 'This run' : `Run ${'AB'[index]}`
    const emulated = `${name} was in software emulation: its figures prove nothing about speed. Nothing is ranked.`
    const noisy = `${name} is no measure of speed: the same empty loop varied by ${percent(noise.spread)}, more than ${percent(noise.limit)}. No ratios are given.`
    return [
      ...(machine.emulated ? [banner('Emulated machine.', emulated)] : []),
      ...(noise.quiet ? [] : [banner('Noisy machine.', noisy)]),
    ]
  })
}
