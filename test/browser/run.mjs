// npm run test:browser: shows the benchmark's pages to a real browser without a network, and ends with one line
// of totals. CHROMIUM=COMMAND names another browser of that family.
import { finish, mustHave, vitest } from '../runner.mjs'

const chromium = process.env.CHROMIUM ?? 'chromium'
mustHave(chromium, "install Debian's chromium")
finish([vitest('browser', { args: ['--config=test/browser/vitest.config.mjs'] })])
