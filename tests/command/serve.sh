#!/bin/sh
# serve.sh BINNACLE: the server in earnest, with a database of its own and with somebody else's.

. "$(dirname "$0")/stage.sh"
own=''
other=''

cleanup() {
	for one in $own $other; do
		kill "$one" 2>/dev/null
		wait "$one"
	done
	rm -rf "$place"
}
trap cleanup EXIT

# An issuer that nobody is: no token is true here, and none is needed.
export OIDC_ISSUERS='http://127.0.0.1:1 nobody' HOST=127.0.0.1

# Waits until the server whose lines go to $1 listens; $port is its own.
listens() {
	tries=600
	until port=$(sed -n 's/.*"http.listening".*"port":\([0-9]*\).*/\1/p' "$1") && [ "$port" ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { cat "$1"; return 1; }
		sleep 0.1
	done
}

answers() {
	got=$(curl -sS -o answer -w '%{http_code}' "http://127.0.0.1:$port$2")
	[ "$got" = "$1" ] || { echo "$got:"; cat answer; return 1; }
}

refuses() {
	pattern=$1
	shift
	"$@" >refusal 2>&1 && { echo "it did not refuse"; return 1; }
	grep -q "$pattern" refusal || { cat refusal; return 1; }
}

ends() {
	kill -TERM "$1"
	wait "$1"
}

"$binnacle" serve --data "$place/data" --port 0 >own.log 2>&1 &
own=$!
is 'with --data it brings its own database' listens own.log
is '… and serves' answers 200 /health
is '… the contract, too' answers 200 /openapi.json
is '… and that of the streams' answers 200 /asyncapi.json
is '… but gives no tokens' answers 404 /dev/token
is '… and is not ready without its keys' answers 503 /ready
is 'a port that is taken is told, and what to do' refuses 'PORT one that is free' \
	"$binnacle" serve --data "$place/more" --port "$port"

# The cluster has a second database, which nobody has migrated.
export DATABASE_URL="postgresql://binnacle@/postgres?host=$place/data/pg"
is 'a database at no version is refused' refuses 'nothing was applied yet.*binnacle migrate' "$binnacle" serve --port 0
is 'migrate brings it to this one' "$binnacle" migrate
is '… and then has nothing to do' "$binnacle" migrate
"$binnacle" serve --port 0 >other.log 2>&1 &
other=$!
is 'then it is served' listens other.log
is '… well' answers 200 /health
is 'SIGTERM ends it well' ends "$other"
other=

export DATABASE_URL="postgresql://binnacle@/binnacle?host=$place/nowhere"
: >other.log
"$binnacle" serve --port 0 >other.log 2>&1 &
other=$!
is 'a database out of reach is waited for' listens other.log
is '… by a server that lives' answers 200 /health
is '… and says that it is not ready' answers 503 /ready
is '… and still ends well' ends "$other"
other=

is 'and so does the first' ends "$own"
own=

echo "1..$count"
