// The matrix's results as a table for people.
const FEATURES = {
  cpuId: 'cpu_id',
  nodeId: 'node_id',
  mmCid: 'mm_cid',
  sliceExtension: 'slice',
  membarrier: 'membarrier',
}
const HEAD = [
  'kernel',
  'glibc',
  'CPUs',
  'registration',
  'area',
  'mode',
  'features',
  'aborts',
  'exact',
  'remarks',
]

const line = (fields) => `| ${fields.join(' | ')} |\n`
const names = { arm64: 'aarch64', x64: 'x86-64' }

/** What differs between libc's registration and an own one, in that order; one word where nothing does. */
function both(reports, of) {
  const answers = ['default', 'self'].map((name) => reports.find((report) => report.name === name)?.main)
  return [...new Set(answers.map((main) => (main ? of(main) : '?')))].join(', ')
}

function remarks({ reports, broken, faults }) {
  const said = faults.map((fault) => `FAILED: ${fault.replaceAll(/[|\n]/g, ' ').slice(0, 300)}`)
  const trusting = reports.find(({ name }) => name === 'trusting')
  if (broken)
    said.push(
      `sections are not aborted: UNTRUSTED_KERNEL; without the abort check ${trusting.expected - trusting.sum} of ` +
        `${trusting.expected} were lost`,
    )
  else if (trusting) said.push('suspect by its version; the abort check trusts it')
  return said.join('; ')
}

function row(cell, result) {
  const kernel = result?.release ?? cell.kernel
  const first = [cell.debug ? `${kernel}, rseq_debug=1` : kernel]
  const worlds = result?.reports.filter(({ main }) => main !== undefined) ?? []
  if (worlds.length === 0)
    return [...first, cell.glibc, cell.smp, '', '', '', '', '', 'not run', result ? remarks(result) : '']
  const [{ main }] = worlds
  const protectedOnes = worlds.filter(({ name }) => name !== 'trusting')
  return [
    ...first,
    main.libc.version,
    cell.smp,
    both(worlds, ({ registration }) => registration),
    both(worlds, ({ area }) => (area ? `${area.size} of ${area.registeredSize}` : 'none')),
    both(worlds, ({ area }) => area?.mode ?? '–'),
    Object.entries(FEATURES)
      .flatMap(([key, name]) => (main.features[key] ? name : []))
      .join(' '),
    protectedOnes.reduce((sum, { aborts }) => sum + aborts, 0),
    protectedOnes.every(({ sum, expected }) => sum === expected) ? 'yes' : 'NO',
    remarks(result),
  ]
}

/**
 * @param {object[]} cells of cells.mjs, in the order of the table
 * @param {object[]} results of smoke(), in any order
 * @param {{ date: string, commit: string, workers: number }} when
 * @returns {string} Markdown
 */
export function table(cells, results, { date, commit, workers }) {
  const node = results.find(({ reports }) => reports[0]?.node)?.reports[0].node
  const failed = results.filter(({ faults }) => faults.length > 0).length
  let text = `# Real kernels, ${date}, commit ${commit}

${results.length} of ${cells.length} cells run, ${failed} with failures. Debian kernels and C libraries in emulated machines (QEMU), Node ${node}; the
package as \`npm run build:prebuilds\` makes it. In each cell ${workers} workers count 100,000 each through libc's registration and through
their own, and 10,000 each with a delay inside every section, on two CPUs. Where two values stand, they are of libc's
registration and of an own one. Aborts are those of all three worlds. Emulation proves what is right, never how fast.

Legacy and optimized are the two ways in which kernels since 7.0 keep an area up to date; it is chosen by the registered
length. Features end with the area: glibc 2.36 registers 32 bytes everywhere.

Kernels for aarch64 from 6.19 to 7.0.13 do not abort a section when its thread is preempted and goes on on the same CPU
(linux-kernel, 22 April 2026, "[REGRESSION] rseq: refactoring in v6.19 broke everyone on arm64"; mended in 7.0.14 and 7.1).
The package notices and counts with atomic instructions there; beside it stands what the same run loses without that.
`
  for (const arch of ['arm64', 'x64']) {
    text += `\n## ${names[arch]}\n\n${line(HEAD)}${line(HEAD.map(() => '---'))}`
    for (const cell of cells.filter((one) => one.arch === arch)) {
      text += line(
        row(
          cell,
          results.find((result) => result.cell === cell),
        ),
      )
    }
  }
  return text
}
