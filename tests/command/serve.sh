#!/bin/sh
# serve.sh BINNACLE: tests `serve` with a private database and with an external one.

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

# No token is needed here, so the issuer does not exist.
export OIDC_ISSUERS='http://127.0.0.1:1 nobody' HOST=127.0.0.1

# Waits until the server that logs to $1 listens, and sets $port.
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
	"$@" >refusal 2>&1 && { echo "it did not fail"; return 1; }
	grep -q "$pattern" refusal || { cat refusal; return 1; }
}

ends() {
	kill -TERM "$1"
	wait "$1"
}

"$binnacle" serve --data "$place/data" --port 0 >own.log 2>&1 &
own=$!
is '--data starts a private database' listens own.log
is '… and the server runs' answers 200 /health
is '… with its OpenAPI document' answers 200 /openapi.json
is '… and its AsyncAPI document' answers 200 /asyncapi.json
is '… but without a token issuer' answers 404 /dev/token
is '… and is not ready without the keys' answers 503 /ready
is 'a port in use is reported, with a remedy' refuses 'PORT one that is free' \
	"$binnacle" serve --data "$place/more" --port "$port"

# The cluster has another database, which has not been migrated.
export DATABASE_URL="postgresql://binnacle@/postgres?host=$place/data/pg"
is 'an empty database is rejected' refuses 'no migration has been applied.*binnacle migrate' "$binnacle" serve --port 0
is 'migrate migrates it' "$binnacle" migrate
is '… and can be run again' "$binnacle" migrate
"$binnacle" serve --port 0 >other.log 2>&1 &
other=$!
is 'then the server starts' listens other.log
is '… and is healthy' answers 200 /health
is 'SIGTERM shuts it down' ends "$other"
other=

export DATABASE_URL="postgresql://binnacle@/binnacle?host=$place/nowhere"
: >other.log
"$binnacle" serve --port 0 >other.log 2>&1 &
other=$!
is 'the server starts with an unreachable database' listens other.log
is '… and is healthy' answers 200 /health
is '… but not ready' answers 503 /ready
is '… and can be shut down' ends "$other"
other=

is 'the first server can be shut down' ends "$own"
own=

echo "1..$count"
