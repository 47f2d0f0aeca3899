// What a process holds of the system, and whether that grows.
import { readdirSync, readFileSync } from 'node:fs'
import { median } from 'd3-array'

/** @param file whose mappings are counted for themselves */
export function held(file) {
  const maps = readFileSync('/proc/self/maps', 'utf8').trim().split('\n')
  const rss = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))
  return {
    rss: Number(rss[1]) * 1024,
    maps: maps.length,
    mapsOfFile: maps.filter((line) => line.endsWith(file)).length,
    fds: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
  }
}

/**
 * By how much samples at equal distances grow from the first to the last, by the median of the slopes between any two of
 * them (Theil and Sen): a third of them may be anything.
 */
export function growth(samples) {
  const slopes = []
  samples.forEach((late, j) => {
    for (let i = 0; i < j; i++) slopes.push((late - samples[i]) / (j - i))
  })
  return (median(slopes) ?? 0) * (samples.length - 1)
}
