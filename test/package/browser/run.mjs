// npm run test:package -- browser: shows the benchmark's pages to a real browser without a network, and ends with one line
// of totals. CHROMIUM=COMMAND names another browser of that family.
import { finish, mustHave, mustRun, vitest } from '../../support/runner.mjs'

const chromium = process.env.CHROMIUM ?? 'chromium'
mustHave(chromium, "install Debian's chromium")
mustRun('npm', ['run', '--silent', 'build:ts'])
finish([vitest('browser', { args: ['--config=test/package/browser/vitest.config.mjs'] })])
