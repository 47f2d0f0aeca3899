// A cell's machine, with a stage in it.
import { GLIBC } from './cells.mjs'
import { runInMachine } from './machine.mjs'
import { NODE } from './stage.mjs'

/**
 * @param {object} cell of cells.mjs
 * @param {string} folder of stage(): the command starts there
 * @param {string} command
 * @param {object} [more] of runInMachine()'s options
 * @returns {ReturnType<typeof runInMachine>}
 */
export const runInCell = (cell, folder, command, more = {}) =>
  runInMachine({
    arch: cell.arch,
    kernel: cell.kernel,
    suite: GLIBC[cell.glibc],
    node: NODE,
    share: folder,
    caching: 'always',
    smp: cell.smp,
    mem: 2048,
    append: cell.debug ? 'rseq_debug=1' : '',
    timeout: 900,
    // Node starts again and again in there: it need not compile the same modules each time.
    command: `export NODE_COMPILE_CACHE=$(mktemp -d); ${command}`,
    ...more,
  })
