import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Question, Row } from '../../../src/ts/cli/bench/result'

const LIMITS = join(import.meta.dirname, '..', '..', '..', 'bench', 'limits.mjs')
const scratch = mkdtempSync(join(tmpdir(), 'rseq-limits-'))
const workers = 1

afterAll(() => rmSync(scratch, { recursive: true }))

function row(id: string, median: number, more: Partial<Row> = {}): Row {
  return { id, label: id, kind: 'ours', ns: { median, low: median, high: median, samples: 9 }, ...more }
}

/** What the script says of a result with these figures. */
function judged(inc: number, record: number) {
  const questions: Pick<Question, 'name' | 'rows'>[] = [
    { name: 'counters', rows: [row('js-empty-fast', 4), row('rseq-fast', inc, { workers })] },
    {
      name: 'histogram',
      rows: [
        row('record', record, { workers }),
        row('perf-hooks', 10, { workers }),
        row('record-bounds', 9, { workers }),
        row('prom-client', 100, { workers }),
      ],
    },
    { name: 'scrape', rows: [row('value-cpus', 5e5, { size: 1000 })] },
  ]
  const file = join(scratch, 'result.json')
  writeFileSync(file, JSON.stringify({ quick: false, noise: { quiet: true }, machine: {}, questions }))
  return spawnSync(process.execPath, [LIMITS, file], { encoding: 'utf8' })
}

test('limits are kept, or not, by ratios', () => {
  const kept = judged(4.4, 3.4)
  expect(kept.stdout).toMatch(/^ *0\.340 ≤ 0\.35 +kept +record\(n\) by perf_hooks/)
  expect(kept.stdout.match(/ kept /g)).toHaveLength(4)
  expect(kept.status).toBe(0)

  const exceeded = judged(8, 3.6)
  expect(exceeded.stdout.match(/ EXCEEDED /g)).toHaveLength(2)
  expect(exceeded.status).toBe(1)

  const unmeasured = judged(4.4, Number.NaN)
  expect(unmeasured.stdout).toMatch(/^ *NaN ≤ 0\.35 +not measured /)
  expect(unmeasured.status).toBe(1)
})
