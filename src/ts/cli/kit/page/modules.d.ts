/** The page's styles, as text: scripts/bundle-cli.mjs puts it there. */
declare module '*.css' {
  const text: string
  export default text
}

/** What is used of it; its published types need a browser's. */
declare module 'd3-array' {
  /** About `count` round numbers from `start` to `stop`. */
  export function ticks(start: number, stop: number, count: number): number[]
}
