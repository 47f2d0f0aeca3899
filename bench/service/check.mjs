// What must hold between what wrk received, what Prometheus says was counted, and what Node says that came.

/**
 * @param one a service's load, and what was counted in the end
 * @returns what must hold, with its figures, and whether it does
 */
export function check({ wrk, prometheus, connections, kills, exit }) {
  const { started, requests, hello, work, durations, jobs, ends } = prometheus
  const between = (what, n, most) => ({ what: `${what}: 0 ≤ ${n} ≤ ${most}`, holds: n >= 0 && n <= most })
  const equal = (what, n, other) => ({ what: `${what}: ${n} = ${other}`, holds: n === other })
  return [
    // wrk's own books.
    equal('completed = answers of both routes', wrk.completed, wrk.hello + wrk.work),
    equal('answers of both routes', requests, hello + work),
    // Counted before it is answered. A connection has one request at a time: of those that wrk does not see
    // completed, one for each that broke, and one for each that was open in the end.
    between('counted − completed', requests - wrk.completed, connections + wrk.broken),
    between('… by kills', requests - wrk.completed, connections * (kills + 1)),
    between('… of /', hello - wrk.hello, connections * (kills + 1)),
    between('… of /work', work - wrk.work, connections * (kills + 1)),
    // What came and was not counted was in flight in a process that was killed.
    between('came − counted', started - requests, connections * kills),
    // A thread counts first, its process then: in between, a process can be killed with all that it has in flight.
    between('jobs of threads − counted /work', jobs - work, connections * kills),
    // The next thing after the count.
    between('counted − durations', requests - durations, kills),
    equal('ends of workers = kills', ends, kills),
    equal('exit code', exit, 0),
  ]
}
