import { join } from 'node:path'
import { describeBinary } from '../abi/describe'

describeBinary(join(import.meta.dirname, 'build', 'Release', 'rseq.node'), 'arm64')
