#!/bin/sh
# A range over two majors, of which only the older one allows this Node: what do installers take?
# npm 11 takes the older one without a word. pnpm 12 takes the newer one and warns, Yarn 4 and Bun 1.4 take it and say nothing. Yarn 1
# chooses the newer one and then refuses the whole installation for its engines, though the older one would do.
# So a library whose optional peer is "2 || 3" is tested with 2 by npm's users on Node 20, and with 3 by everybody else's.
# Seen: Node 20.20.2, npm 11.19.1, pnpm 12.21.0, Yarn 4.18.1, Yarn 1.22.22, Bun 1.4.5. Expected: one answer, and a warning.
# Needs Node before 22.15 and npm on an x86-64 Linux.
set -eu
name=@opentelemetry/sdk-metrics # 2.12.1: node ^18.19.0 || >=20.6.0; 3.1.1: node >=22.15.0
node -e 'const [a, b] = process.versions.node.split("."); process.exit(a < 22 || (a == 22 && b < 15) ? 0 : 1)' ||
	{ echo 'run it with a Node before 22.15' >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
registry=$(npm config get registry)
export npm_config_registry="$registry" YARN_NPM_REGISTRY_SERVER="$registry" YARN_UNSAFE_HTTP_WHITELIST='*'
export YARN_NODE_LINKER=node-modules YARN_ENABLE_TELEMETRY=0
mkdir tools
(
	cd tools
	echo '{ "private": true }' >package.json
	npm install --silent --no-audit --no-fund --ignore-scripts \
		npm@11.19.1 @pnpm/exe.linux-x64@12.21.0 @yarnpkg/cli-dist@4.18.1 yarn@1.22.22 @oven/bun-linux-x64@1.4.5
)
at=$folder/tools/node_modules
chmod +x "$at/@pnpm/exe.linux-x64/pnpm" "$at/@oven/bun-linux-x64/bin/bun"

# name, command...: what it installed, and how it ended
try() {
	who=$1
	shift
	mkdir "$who"
	(
		cd "$who"
		echo "{ \"name\": \"p\", \"private\": true, \"dependencies\": { \"$name\": \"2.12.1 || 3.1.1\" } }" >package.json
		[ "$who" != yarn4 ] || : >yarn.lock
		status=0
		"$@" >out 2>&1 || status=$?
		file=node_modules/$name/package.json
		version=nothing
		[ ! -e "$file" ] || version=$(node -p 'require("./" + process.argv[1]).version' "$file")
		word=''
		! grep -qiE 'engine|requires node|unsupported' out || word=', which speaks of engines'
		echo "$who: $version, exit $status$word"
	)
}
seen=$(
	try npm node "$at/npm/bin/npm-cli.js" install --no-audit --no-fund
	try pnpm "$at/@pnpm/exe.linux-x64/pnpm" install
	try yarn4 node "$at/@yarnpkg/cli-dist/bin/yarn.js" install
	try yarn1 node "$at/yarn/bin/yarn.js" install --non-interactive --registry "$registry"
	try bun "$at/@oven/bun-linux-x64/bin/bun" install
)
echo "Node $(node -p process.versions.node)"
echo "$seen"
[ "$seen" = 'npm: 2.12.1, exit 0
pnpm: 3.1.1, exit 0, which speaks of engines
yarn4: 3.1.1, exit 0
yarn1: nothing, exit 1, which speaks of engines
bun: 3.1.1, exit 0' ] || { echo 'the behaviour has changed' >&2; exit 1; }
