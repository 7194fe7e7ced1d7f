#!/bin/sh
# serve.sh BINNACLE: tests `serve` with a private database and with an external one.

. "$(dirname "$0")/fixture.sh"
private_pid=''
external_pid=''

cleanup() {
	for one in $private_pid $external_pid; do
		kill "$one" 2>/dev/null
		wait "$one"
	done
	rm -rf "$dir"
}
trap cleanup EXIT

# No token is needed here, so the issuer does not have to exist.
export OIDC_ISSUERS='http://127.0.0.1:1 nobody' HOST=127.0.0.1

# Waits until the server that logs to $1 is listening; sets $port.
wait_until_listening() {
	tries=600
	until port=$(sed -n 's/.*"http.listening".*"port":\([0-9]*\).*/\1/p' "$1") && [ "$port" ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { cat "$1"; return 1; }
		sleep 0.1
	done
}

has_status() {
	got=$(curl -sS -o answer -w '%{http_code}' "http://127.0.0.1:$port$2")
	[ "$got" = "$1" ] || { echo "$got:"; cat answer; return 1; }
}

# fails_with PATTERN COMMAND …: checks that the command fails with such a message.
fails_with() {
	pattern=$1
	shift
	"$@" >failure_output 2>&1 && { echo "it did not fail"; return 1; }
	grep -q "$pattern" failure_output || { cat failure_output; return 1; }
}

stop() {
	kill -TERM "$1"
	wait "$1"
}

"$binnacle" serve --data "$dir/data" --port 0 >private.log 2>&1 &
private_pid=$!
is '--data starts a private database' wait_until_listening private.log
is '… and the server runs' has_status 200 /health
is '… with its OpenAPI document' has_status 200 /openapi.json
is '… and its AsyncAPI document' has_status 200 /asyncapi.json
is '… but without a token issuer' has_status 404 /dev/token
is '… and is not ready without the keys' has_status 503 /ready
is 'a port in use is reported, with a remedy' fails_with 'PORT to a free port' \
	"$binnacle" serve --data "$dir/more" --port "$port"

# The cluster has another database, which has not been migrated.
export DATABASE_URL="postgresql://binnacle@/postgres?host=$dir/data/pg"
is 'an empty database is rejected' fails_with 'no migration has been applied.*binnacle migrate' "$binnacle" serve --port 0
is 'migrate migrates it' "$binnacle" migrate
is '… and can be run again' "$binnacle" migrate
"$binnacle" serve --port 0 >external.log 2>&1 &
external_pid=$!
is 'then the server starts' wait_until_listening external.log
is '… and is healthy' has_status 200 /health
is 'SIGTERM shuts it down' stop "$external_pid"
external_pid=

export DATABASE_URL="postgresql://binnacle@/binnacle?host=$dir/nowhere"
: >external.log
"$binnacle" serve --port 0 >external.log 2>&1 &
external_pid=$!
is 'the server starts with an unreachable database' wait_until_listening external.log
is '… and is healthy' has_status 200 /health
is '… but not ready' has_status 503 /ready
is '… and can be shut down' stop "$external_pid"
external_pid=

is 'the first server can be shut down' stop "$private_pid"
private_pid=

echo "1..$count"
