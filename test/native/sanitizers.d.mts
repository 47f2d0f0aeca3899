export declare const built: string
export declare function build(...targets: string[]): void
export declare function buildForTests(): void

interface Options {
  prefix?: string[]
  env?: Record<string, string>
}

interface Ended {
  status: number | null
  stdout: string
  stderr: string
}

export declare class Sanitizer {
  constructor(kind: 'asan' | 'tsan' | 'ubsan')
  readonly withLeaks: Record<string, string>
  readonly inNode: Record<string, string>
  reports(stderr?: string): { head: string; text: string }[]
  program(name: string, args: string[], options?: Options): Ended
  node(args: string[], options?: Options): Ended
  mustBeIn(target: string): void
  mustReport(run: (which: string) => { stderr: string }): void
  end(): void
}
