#!/bin/sh
# prom-client 15.1.3: a histogram or summary that its constructor refuses, for a label of the name `le` or `quantile`, is in
# the registry all the same. Pages have its HELP and TYPE, and a second try with other labels is "already registered".
# Expected: what throws has registered nothing. A service that catches the error, and tries again, gets another one.
#   Histogram: le is a reserved label keyword | Summary: quantile is a reserved label keyword
#   page: h, s | again: A metric with the name h has already been registered.
# Needs node and npm.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund prom-client@15.1.3
seen=$(node - <<'NODE'
const { Histogram, Registry, Summary } = require('prom-client')
const register = new Registry()
const refusal = (Class, options) => {
  try {
    new Class({ help: 'help', registers: [register], ...options })
    return 'made'
  } catch (error) {
    return error.message
  }
}
const histogram = refusal(Histogram, { name: 'h', labelNames: ['le'] })
const summary = refusal(Summary, { name: 's', labelNames: ['quantile'] })
console.log(`Histogram: ${histogram} | Summary: ${summary}`)
const again = refusal(Histogram, { name: 'h' })
register.metrics().then((page) => {
  const names = [...page.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name)
  console.log(`page: ${names.join(', ')} | again: ${again}`)
})
NODE
)
echo "$seen"
[ "$seen" = 'Histogram: le is a reserved label keyword | Summary: quantile is a reserved label keyword
page: h, s | again: A metric with the name h has already been registered.' ] ||
  { echo 'the behaviour has changed' >&2; exit 1; }
