#!/bin/sh
# dev.sh BINNACLE: tests `binnacle dev`: start, the commands of its banner, crash, restart.

. "$(dirname "$0")/fixture.sh"
data=$dir/data
dev=''

cleanup() {
	[ -z "$dev" ] || kill "$dev" 2>/dev/null
	[ -z "$dev" ] || wait "$dev"
	rm -rf "$dir"
}
trap cleanup EXIT

# Starts `dev` and waits until it is ready; sets $port.
start() {
	: >banner # the background job may truncate it only later
	"$binnacle" dev --data "$data" "$@" >banner 2>&1 </dev/null &
	dev=$!
	tries=600
	until grep -q '^Ready in' banner; do
		tries=$((tries - 1))
		if [ $tries -eq 0 ] || ! kill -0 "$dev" 2>/dev/null; then
			cat banner
			return 1
		fi
		sleep 0.1
	done
	port=$(sed -n 's|^  API  *http://127.0.0.1:\([0-9]*\)/.*|\1|p' banner)
}

# stop_dev SIGNAL: stops `dev` and returns its exit code.
stop_dev() {
	kill "-$1" "$dev"
	wait "$dev"
	status=$?
	dev=
	return $status
}

postmaster() {
	head -1 "$data/pg/cluster/postmaster.pid"
}

# A zombie has no working directory.
is_running() {
	readlink "/proc/$1/cwd" >/dev/null
}

has_ended() {
	tries=100
	while is_running "$1"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

# Each line of the banner has a URL, and paths of the same server after it.
banner_urls() {
	sed -n 's|^  [A-Z][A-Za-z ]*  *http://127[^/]*||p' banner | grep -o '^/[^ ]*\|   /[^ ]*' | tr -d ' '
}

every_url_works() {
	for path in $(banner_urls) /dev/.well-known/jwks.json /dev/.well-known/openid-configuration; do
		for accept in '*/*' 'text/html,application/xhtml+xml,*/*;q=0.8'; do
			curl -sS -f -o /dev/null -H "Accept: $accept" "http://127.0.0.1:$port$path" ||
				{ echo "$path"; return 1; }
		done
	done
	[ "$(banner_urls | wc -l)" -ge 10 ]
}

banner_is_last() {
	! sed '1,/^Ready in/d' banner | grep -v '"message":"request"' | grep .
}

# The n-th command of the banner.
banner_command() {
	sed -e ':a' -e '/\\$/N; s/\\\n//; ta' banner | grep '^    curl' | sed -n "$1p" | sed 's/curl/curl -sS -f/'
}

run_command() {
	banner_command "$1" >banner_command.sh
	sh ./banner_command.sh
}

# stream_contains PATTERN: waits until the event stream contains it.
stream_contains() {
	tries=200
	until grep -q "$1" stream; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { cat stream; return 1; }
		sleep 0.1
	done
}

# The third command receives the event of the second.
streams_event() {
	banner_command 3 | sed 's/curl/exec curl/' >listen.sh
	sh ./listen.sh >stream 2>&1 &
	listener=$!
	stream_contains '^id: ' && run_command 2 && stream_contains '"log.created"'
	stream=$?
	kill $listener
	wait $listener
	return $stream
}

get_current_user() {
	curl -sS -f -H "Authorization: Bearer $("$binnacle" token "$1" --port "$port")" \
		"http://127.0.0.1:$port/api/v1/users/me"
}

# token_status_is STATUS [curl option …]: checks the status of POST /dev/token.
token_status_is() {
	expected=$1
	shift
	got=$(curl -sS -o answer -w '%{http_code}' -H 'Content-Type: application/json' "$@" "http://127.0.0.1:$port/dev/token")
	[ "$got" = "$expected" ] || { echo "$got:"; cat answer; return 1; }
}

is 'it starts and prints that it is ready' start --port 0
is 'every URL of the banner works, in a browser and in a program' every_url_works
is 'no line about the start follows the banner' banner_is_last
is 'the first command of the banner shows the current user' run_command 1
is '… a guard' has '"role":"GUARD"'
is 'the second command creates a log' run_command 2
is '… and prints it' has '"title":"All quiet"'
is 'the third command streams its event' streams_event
is 'a token for supervisor' get_current_user supervisor
is '… has the role' has '"role":"SUPERVISOR"'
is 'a token for admin' get_current_user admin
is '… has the role' has '"role":"ADMIN"'
is 'a token for super_admin' get_current_user super_admin
is '… has the role' has '"role":"SUPER_ADMIN"'
is 'a token by email' get_current_user felix.moreau@marina.example
is '… is for that user' has '"email":"felix.moreau@marina.example"'
is 'a token with a short lifetime' "$binnacle" token guard --ttl 5m --port "$port"
is 'an unknown user gets no token' token_status_is 422 --data '{"who":"me"}'
is 'a request without a user is rejected' token_status_is 422 --data '{}'
is 'a lifetime that is too long is rejected' token_status_is 422 --data '{"who":"guard","ttl":1000000}'
is 'a request that is not JSON is rejected' token_status_is 400 --data 'who=guard'
is 'a cross-origin request is rejected' token_status_is 403 --data '{"who":"guard"}' -H 'Origin: https://evil.example'
is 'another Host is rejected' token_status_is 403 --data '{"who":"guard"}' -H 'Host: evil.example'
is 'another port in Host is rejected' token_status_is 403 --data '{"who":"guard"}' -H 'Host: localhost:1'
is 'a same-origin request gets a token' token_status_is 200 --data '{"who":"guard"}' \
	-H "Host: localhost:$port" -H "Origin: http://localhost:$port"
is 'health succeeds' "$binnacle" health --port "$port"
is 'health --ready succeeds' "$binnacle" health --ready --port "$port"

"$binnacle" dev --data "$data" --port 0 >last_output 2>&1
is 'a directory in use is reported' has 'in use by another binnacle'
"$binnacle" dev --data "$dir/other" --port "$port" >last_output 2>&1
is 'a port in use is reported' has "cannot listen on 127.0.0.1:$port"

kill -9 "$(postmaster)"
is_ready_again() {
	tries=200
	until curl -sS -f -o /dev/null "http://127.0.0.1:$port/ready"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}
sleep 0.3
is 'PostgreSQL is restarted after SIGKILL' is_ready_again

old=$(postmaster)
is 'Ctrl-C shuts it down' stop_dev INT
is '… with its PostgreSQL' has_ended "$old"

is 'it starts again' start --port 0
guard=$("$binnacle" token guard --port "$port")
is 'the data is still there' curl -sS -f -H "Authorization: Bearer $guard" \
	"http://127.0.0.1:$port/api/v1/logs?limit=500"
is '… including the new log' has '"title":"All quiet"'

old=$(postmaster)
kill -9 "$dev"
is 'it restarts right after SIGKILL, on another port' start --port 0
is '… without the old PostgreSQL' has_ended "$old"
is '… with the same users' get_current_user guard
is '… and roles' has '"role":"GUARD"'

kill -STOP "$dev"
old=$(postmaster)
kill -9 "$dev"
wait "$dev" 2>/dev/null
dev=''
is 'after SIGKILL no PostgreSQL is left behind' has_ended "$old"

sed -i 's/^[0-9a-f]* logs$/0 logs/' "$data/demo_loaded"
is 'a directory with the demo data of an earlier version works' start --port 0
is '… reports how to load the current one' grep -q 'from an earlier version.*dev --reset' banner
guard=$("$binnacle" token guard --port "$port")
curl -sS -f -H "Authorization: Bearer $guard" "http://127.0.0.1:$port/api/v1/logs?limit=500" >last_output
is '… and does not load it again' [ "$(grep -o 'Fog on the bay' last_output | wc -l)" -eq 1 ]
is '… and stops' stop_dev TERM

is '--reset starts with fresh data' start --port 0 --reset
guard=$("$binnacle" token guard --port "$port")
curl -sS -f -H "Authorization: Bearer $guard" "http://127.0.0.1:$port/api/v1/logs?limit=500" >last_output
is '… without the new log' sh -c '! grep -q "All quiet" last_output'
is 'SIGTERM shuts it down' stop_dev TERM

echo "1..$count"
