import { availableParallelism } from 'node:os'
import { type Samples, Unavailable } from '../src/ts/cli/bench/plan'
import { clock } from './clock'

/** The row that a member was started for, as child.ts has it, and which of its members it is. */
export interface Duty {
  readonly question: string
  readonly key: string
  /** As JSON. */
  readonly scope: string
  readonly worker: number
  readonly workers: number
}

/** When a round begins and when it ends, by clock(). */
export interface Span {
  readonly begin: number
  readonly end: number
}

/** What a member tells: that it is warm, or why it never will be; then what it did in a round, alone or among others. */
export type News =
  | { readonly warm: true }
  | { readonly unavailable: string }
  | Samples
  | { readonly started: number; readonly ended: number; readonly done: number }

type Part = Extract<News, { done: number }>

/** Threads or processes: how they are started, and told to count. */
export interface Crew {
  /** Time for every member to be there when counting begins. */
  readonly headStartNs: number
  start(worker: number, heard: (news: News) => void): void
  count(span: Span): void
}

/** Members of a crew that do the same thing at once. */
export class Team {
  readonly #crew: Crew
  readonly #size: number
  #started = 0
  #heard: (news: News) => void = () => {}

  constructor(crew: Crew, size: number) {
    this.#crew = crew
    this.#size = size
  }

  /**
   * Starts the members, one per CPU at a time: each warms up alone.
   *
   * @throws {Unavailable} as one of them did
   */
  async ready(): Promise<void> {
    const news = await this.#news(
      () => {
        for (let i = 0; i < availableParallelism(); i++) this.#startOne()
      },
      () => this.#startOne(),
    )
    for (const told of news) if ('unavailable' in told) throw new Unavailable(told.unavailable)
  }

  /**
   * Lets them count for about so long.
   *
   * @returns of a single member, what it sampled; else one sample: wall-clock time by the operations of all
   */
  async count(milliseconds: number): Promise<Samples> {
    const news = await this.#news(() => {
      const begin = clock() + this.#crew.headStartNs
      this.#crew.count({ begin, end: Math.round(begin + milliseconds * 1e6) })
    })
    const alone = news.find((told): told is Samples => 'good' in told)
    if (alone !== undefined) return alone
    const parts = news.filter((told): told is Part => 'done' in told)
    const wall =
      Math.max(...parts.map(({ ended }) => ended)) - Math.min(...parts.map(({ started }) => started))
    return {
      good: [wall / parts.reduce((sum, { done }) => sum + done, 0)],
      disturbed: [],
      interrupted: [],
      interruptions: null,
    }
  }

  #startOne(): void {
    if (this.#started === this.#size) return
    this.#crew.start(this.#started++, (news) => this.#heard(news))
  }

  /** What each member tells once `begin` has begun it, `next` after each. */
  #news(begin: () => void, next: () => void = () => {}): Promise<News[]> {
    return new Promise((resolve) => {
      const all: News[] = []
      this.#heard = (news) => {
        if (all.push(news) === this.#size) resolve(all)
        next()
      }
      begin()
    })
  }
}
