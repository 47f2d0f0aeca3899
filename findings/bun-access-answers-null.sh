#!/bin/sh
# Bun: of 18 synchronous fs functions that return nothing, accessSync alone returns null and not undefined, so a test of its
# result by === undefined says that a file cannot be accessed. Node: all return undefined.
# Seen: Bun 1.4.5. Expected: undefined from each.
#   Bun: access:null; Node: none
# Needs npm, and x86-64.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @oven/bun-linux-x64@1.4.5
cat > results.cjs <<'JS'
const fs = require('fs')
process.chdir(fs.mkdtempSync('results-'))
fs.writeFileSync('a', 'x')
const fd = fs.openSync('a', 'r+')
const results = {
  access: fs.accessSync('a'),
  append: fs.appendFileSync('a', 'y'),
  chmod: fs.chmodSync('a', 0o600),
  copyFile: fs.copyFileSync('a', 'b'),
  fsync: fs.fsyncSync(fd),
  ftruncate: fs.ftruncateSync(fd, 1),
  futimes: fs.futimesSync(fd, 1, 1),
  link: fs.linkSync('a', 'c'),
  rename: fs.renameSync('c', 'd'),
  symlink: fs.symlinkSync('a', 'e'),
  unlink: fs.unlinkSync('e'),
  utimes: fs.utimesSync('a', 1, 1),
  mkdir: fs.mkdirSync('f'),
  rmdir: fs.rmdirSync('f'),
  rm: fs.rmSync('b'),
  truncate: fs.truncateSync('a', 1),
  writeFile: fs.writeFileSync('a', 'z'),
  close: fs.closeSync(fd),
}
const others = Object.entries(results).filter(([, value]) => value !== undefined)
console.log(others.map(([name, value]) => `${name}:${value}`).join(' ') || 'none')
JS
seen="Bun: $(node_modules/@oven/bun-linux-x64/bin/bun results.cjs); Node: $(node results.cjs)"
echo "$seen"
[ "$seen" = 'Bun: access:null; Node: none' ] || { echo 'the behaviour has changed' >&2; exit 1; }
