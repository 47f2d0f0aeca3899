// The alert rules of docs/integrations/alerts.yaml.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../support/runner.mjs'

function promtool(...args) {
  const { error, stdout, stderr } = spawnSync('promtool', args, { cwd: root, encoding: 'utf8' })
  if (error !== undefined) throw new Error(`promtool is missing: install Debian's prometheus`)
  return `${stdout}${stderr}`.trim().split('\n').at(-1).trim()
}

export const rows = [
  [
    'Alerts: promtool check rules, and test rules',
    ['SUCCESS: 5 rules found', 'SUCCESS'],
    () => [
      promtool('check', 'rules', join('docs', 'integrations', 'alerts.yaml')),
      promtool('test', 'rules', join('test', 'production', 'alerts.test.yaml')),
    ],
  ],
]
