// What the service of the recipes has said, in a few words.
import { dirname } from 'node:path'

/** Backend, folder of the region or the code of its error, each worker's page, and the codes of all warnings. */
export function pages({ workers, primary }) {
  const each = (of) => [...new Set(workers.map(of))].join('|')
  const place = each(({ file }) => (file.includes('/') ? dirname(file) : file))
  const codes = [...primary, ...workers.flatMap(({ warnings }) => warnings)].map(([code]) => code)
  const counted = workers.map(({ page, lost }) => (lost > 0 ? `${page} (lost ${lost})` : page))
  return [each(({ backend }) => backend), place, ...counted, ...new Set(codes)].join(' ')
}

/** What a service says where it can write nowhere. */
export function advice(stderr) {
  return /\(EROFS\): \S+ cannot be written to.* by RSEQ_REGION$/m.test(stderr) ? 'it says what to do' : stderr
}
