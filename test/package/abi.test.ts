import { join } from 'node:path'
import { test } from 'vitest'
import { type Arch, Machine } from '../support/elf'
import { root } from '../support/world'
import { describeBinary } from './abi/describe'

if (process.arch in Machine) {
  describeBinary(join(root, 'build', 'Release', 'rseq.node'), process.arch as Arch)
} else {
  // Really impossible there: src/native/sections/generic.h has no sections to look into.
  const reason = `skipped: there are no critical sections on ${process.arch}`
  console.log(reason)
  test.skip(reason)
}
