#!/bin/sh
# client_ts.sh: builds the TypeScript client and runs its tests against the server.
#
#     client_ts.sh [TEST …]
#
# BINNACLE is the path of the server. Without a TEST, all of them run. CREATIONS and KILLS: see
# exactly_once.

cd "$(dirname "$0")/../../subprojects/client-ts" || exit 1
if [ ! -d node_modules ] || ! node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)'; then
	echo 'skipped: needs Node 20 and npm packages, which ./dev test installs'
	exit 77
fi
[ $# -gt 0 ] || set -- client exactly_once browser
npm run --silent build && npx --no-install tsc -p examples || exit 1
for name; do
	set -- "$@" "test/$name.test.mjs"
	shift
done
exec node --test --test-reporter=tap "$@"
