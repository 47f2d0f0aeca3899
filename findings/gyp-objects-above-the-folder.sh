#!/bin/sh
# node-gyp: two targets that compile one source from above their folder write one object file, so that what is linked
# depends on who compiled last. Sources within the folder have an object for each target.
# Seen: node-gyp 12.4.0, make generator. Expected: an object for each target in both.
#   above: 2 targets, 1 object file; within: 2 targets, 2 object files
# Needs npm, python3, make, a C compiler, and Node's headers (npm_config_nodedir, or beside node).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node-gyp@12.4.0
: "${npm_config_nodedir:=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")}"
export npm_config_nodedir
mkdir -p shared/deep project/sub/within
echo 'int value(void) { return VALUE; }' | tee shared/value.c > project/sub/within/value.c

# objects SOURCE: how many object files two targets have of it
objects() {
	cat > project/sub/binding.gyp <<GYP
{ 'targets': [
  { 'target_name': 'one', 'type': 'static_library', 'sources': ['$1'], 'defines': ['VALUE=1'] },
  { 'target_name': 'two', 'type': 'static_library', 'sources': ['$1'], 'defines': ['VALUE=2'] },
] }
GYP
	rm -rf project/sub/build
	node node_modules/node-gyp/bin/node-gyp.js rebuild --silent --directory project/sub >/dev/null 2>&1 || { echo 'the build failed' >&2; exit 2; }
	find project/sub/build -name value.o | wc -l
}

seen="above: 2 targets, $(objects ../../shared/value.c) object file; within: 2 targets, $(objects within/value.c) object files"
echo "$seen"
[ "$seen" = 'above: 2 targets, 1 object file; within: 2 targets, 2 object files' ] || { echo 'the behaviour has changed' >&2; exit 1; }
