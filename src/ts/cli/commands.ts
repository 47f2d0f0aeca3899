import { QUESTION_NAMES } from './bench/names'

/** What an option takes, and so what its value is: true, a string, a number, or a list of strings. */
export type Option = { readonly text: string } & (
  | { readonly kind: 'flag'; readonly short?: string }
  /** A file that is going to be written. */
  | { readonly kind: 'output'; readonly value: 'FILE' }
  | { readonly kind: 'text'; readonly value: string }
  | {
      readonly kind: 'choice'
      readonly value: string
      readonly choices: readonly string[]
      /** Can be repeated. */
      readonly list?: true
    }
  | {
      readonly kind: 'number'
      readonly value: string
      readonly whole: boolean
      readonly least: number
      readonly most: number
    }
)

/** What a command's file exports. Gives the exit code as a number, or sets `process.exitCode`. */
export interface CommandFile {
  run(positionals: string[], values: Record<string, unknown>): Promise<unknown>
}

export interface Command {
  readonly text: string
  /** Names of its arguments; those in brackets may be left out. */
  readonly operands: readonly string[]
  readonly options: Readonly<Record<string, Option>>
  /** Sentences for below the options. */
  readonly notes: readonly string[]
  /** Each command is a file of its own: a status report needs no table, help not even the addon. */
  load(): Promise<CommandFile>
}

/** Every command and its options: what is parsed, and what help says. The first is the default. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  status: {
    text: 'Report whether restartable sequences are active here, and why. The default command.',
    operands: [],
    options: { json: flag('print status() as JSON') },
    notes: ['Exit code: 0 where rseq is active, 3 where it is not.'],
    load: () => import('./status/index.js'),
  },
  demo: {
    text: 'Count in worker threads, per CPU and in one shared Atomics.add cell, and compare.',
    operands: [],
    options: {
      // A worker takes some 5 MB; more of them than CPUs show nothing new.
      workers: whole(256, 'worker threads (8)'),
      // The shared cell has 32 bits: `Atomics.add` on 64 is another, slower, operation.
      increments: whole(2 ** 32 - 1, 'increments of each worker (5000000)'),
    },
    notes: ['Exit code: 0 where every sum is exact, else 1.'],
    load: () => import('./demo/index.js'),
  },
  bench: {
    text: 'Measure what this package costs here, beside what could be used instead.',
    operands: [],
    options: {
      only: {
        kind: 'choice',
        value: 'NAME',
        choices: QUESTION_NAMES,
        list: true,
        text: 'ask this question only; can be repeated:',
      },
      quick: flag('shorter: under a minute, with wider spreads'),
      json: file('write the result as JSON, for rseq compare'),
      html: file('write the result as a page with charts'),
    },
    notes: [
      'Libraries to compare with (prom-client, @opentelemetry/sdk-metrics, hdr-histogram-js, koffi) are those of the folder that it is started in.',
      'Exit code: 0; 4 where the machine was too noisy for figures to be compared with each other.',
    ],
    load: () => import('./bench/index.js'),
  },
  compare: {
    text: "Show two results of 'rseq bench --json', or of 'rseq noise --json', beside each other: two machines, or two commits.",
    operands: ['A.json', 'B.json'],
    options: { html: file('write them as a page too') },
    notes: [
      'A ratio above 1 says that B takes longer, or is taken more. Of rseq bench, its spread is from the 10th and 90th percentiles of both runs; "=" where they overlap. Emulated and noisy runs get no ratios.',
    ],
    load: () => import('./compare/index.js'),
  },
  top: {
    text: 'What a running service counts, live. It is only looked at: nothing in it changes.',
    operands: ['[pid|file]'],
    options: {
      once: flag('print one table and end; what happens where the output is no terminal'),
      json: flag('the same as JSON: every metric, with per-CPU values and buckets'),
      html: file('record, and write a page with charts of rates and percentiles'),
      seconds: whole(86_400, 'how long to record (10), or to run'),
      interval: number('S', 3600, 'seconds from look to look (1); with --once, how long to wait for rates'),
      sort: { kind: 'choice', value: 'KEY', choices: ['rate', 'total', 'name'], text: 'by (rate):' },
      filter: { kind: 'text', value: 'TEXT', text: 'only what has it in name, labels or kind' },
    },
    notes: [
      'Without an argument: the service of this user that is running.',
      'Exit code: 0; 2 where nobody said which of several services. Keys: ? shows them.',
    ],
    load: () => import('./top/index.js'),
  },
  noise: {
    text: 'How often each CPU is taken away, by threads or interrupts, for how long, and what that means for latency. A thread on each CPU spins meanwhile; all others go first.',
    operands: [],
    options: {
      seconds: whole(86_400, 'how long to watch (10)'),
      cpus: { kind: 'text', value: 'LIST', text: 'only these, like 0,2-3 (all that this process may use)' },
      threshold: number('US', 1_000_000, 'microseconds: gaps that are not longer are not seen (1)'),
      json: file('write the result as JSON, for rseq compare'),
      html: file('write the result as a page with a timeline'),
    },
    notes: [
      'Ctrl-C ends it, and what was seen until then is shown. Needs the native addon, but no rseq.',
      'Exit code: 0; 1 where nothing can be watched.',
    ],
    load: () => import('./noise/index.js'),
  },
}

/** Options of every command. */
export const COMMON: Readonly<Record<string, Option>> = {
  'no-color': flag('no colours, as with NO_COLOR=1 in the environment'),
  help: { kind: 'flag', short: 'h', text: 'print this help' },
  version: { kind: 'flag', short: 'v', text: 'print the version' },
}

function flag(text: string) {
  return { kind: 'flag', text } as const
}

function file(text: string) {
  return { kind: 'output', value: 'FILE', text } as const
}

function whole(most: number, text: string) {
  return { kind: 'number', value: 'N', whole: true, least: 1, most, text } as const
}

function number(value: string, most: number, text: string) {
  return { kind: 'number', value, whole: false, least: 0.1, most, text } as const
}
