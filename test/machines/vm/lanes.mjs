// Several jobs at a time, machines for example: each keeps about one CPU busy.

/**
 * @template T
 * @param {number} lanes how many jobs run at a time
 * @param {T[]} jobs begun in this order
 * @param {(job: T) => Promise<void>} run
 */
export async function inLanes(lanes, jobs, run) {
  const waiting = [...jobs]
  const lane = async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) await run(job)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}
