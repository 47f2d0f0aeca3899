// npm run test:package -- arm64: builds the addon with a cross compiler, looks into it, and ends with one line of totals.
import { finish, mustHave, mustRun, vitest } from '../../support/runner.mjs'

const compilers = { CC: 'aarch64-linux-gnu-gcc', CXX: 'aarch64-linux-gnu-g++' }
for (const compiler of Object.values(compilers)) {
  mustHave(compiler, "install Debian's g++-aarch64-linux-gnu")
}
const gyp = ['scripts/node-gyp.mjs', 'rebuild', '--directory=test/package/arm64', '--arch=arm64']
mustRun(process.execPath, gyp, { env: compilers })
finish([vitest('arm64', { args: ['--config=test/package/arm64/vitest.config.mjs'] })])
