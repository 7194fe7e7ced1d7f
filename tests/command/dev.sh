#!/bin/sh
# dev.sh BINNACLE: a day of `binnacle dev`: begun, used as it says one may, killed, begun again.

. "$(dirname "$0")/stage.sh"
data=$place/data
dev=''

cleanup() {
	[ -z "$dev" ] || kill "$dev" 2>/dev/null
	[ -z "$dev" ] || wait "$dev"
	rm -rf "$place"
}
trap cleanup EXIT

# Starts `dev`; true when it says that it is ready, and then $port is its own.
begin() {
	: >screen # the shell would empty it a moment later
	"$binnacle" dev --data "$data" "$@" >lines 2>screen </dev/null &
	dev=$!
	tries=600
	until grep -q '^Ready in' screen; do
		tries=$((tries - 1))
		if [ $tries -eq 0 ] || ! kill -0 "$dev" 2>/dev/null; then
			cat screen lines
			return 1
		fi
		sleep 0.1
	done
	port=$(sed -n 's|^  API  *http://127.0.0.1:\([0-9]*\)/.*|\1|p' screen)
}

# $1 SIGNAL; gives what `dev` ended with.
end() {
	kill "-$1" "$dev"
	wait "$dev"
	status=$?
	dev=
	return $status
}

postmaster() {
	head -1 "$data/pg/cluster/postmaster.pid"
}

# A zombie has no directory to be in.
is_running() {
	readlink "/proc/$1/cwd" >/dev/null
}

runs_no_more() {
	tries=100
	while is_running "$1"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

every_address_answers() {
	for url in $(grep -o 'http://127[^ ]*' screen | grep -v -e '/api/v1' -e '/dev$') \
		"http://127.0.0.1:$port/ready" "http://127.0.0.1:$port/metrics" \
		"http://127.0.0.1:$port/dev/.well-known/jwks.json" \
		"http://127.0.0.1:$port/dev/.well-known/openid-configuration"; do
		curl -sS -f -o /dev/null "$url" || { echo "$url"; return 1; }
	done
}

# The n-th line to try out, as it is printed.
line() {
	sed -e ':a' -e '/\\$/N; s/\\\n//; ta' screen | grep '^    curl' | sed -n "$1p" | sed 's/curl/curl -sS -f/'
}

printed() {
	line "$1" >line.sh
	sh ./line.sh
}

# hears PATTERN: within a while, what listens writes it down.
hears() {
	tries=200
	until grep -q "$1" heard; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { cat heard; return 1; }
		sleep 0.1
	done
}

# The third line hears what the second one writes.
is_heard() {
	line 3 | sed 's/curl/exec curl/' >listen.sh
	sh ./listen.sh >heard 2>&1 &
	listener=$!
	hears '^id: ' && printed 2 && hears '"log.created"'
	heard=$?
	kill $listener
	wait $listener
	return $heard
}

who_am_i() {
	curl -sS -f -H "Authorization: Bearer $("$binnacle" token "$1" --port "$port")" \
		"http://127.0.0.1:$port/api/v1/users/me"
}

# ask STATUS [option of curl …]: POST /dev/token answers so.
token_is() {
	wanted=$1
	shift
	got=$(curl -sS -o answer -w '%{http_code}' -H 'Content-Type: application/json' "$@" "http://127.0.0.1:$port/dev/token")
	[ "$got" = "$wanted" ] || { echo "$got:"; cat answer; return 1; }
}

is 'it begins by itself, and says when it is ready' begin --port 0
is 'every address that it prints answers' every_address_answers
is 'the first line to try tells who one is' printed 1
is '… a guard' has '"role":"GUARD"'
is 'the second line writes a log' printed 2
is '… which comes back' has '"title":"All quiet"'
is 'the third line hears of it' is_heard
is 'a token of each role: supervisor' who_am_i supervisor
is '… is one' has '"role":"SUPERVISOR"'
is 'admin' who_am_i admin
is '… is one' has '"role":"ADMIN"'
is 'super_admin' who_am_i super_admin
is '… is one' has '"role":"SUPER_ADMIN"'
is 'a token by e-mail' who_am_i felix.moreau@marina.example
is '… is that person' has '"email":"felix.moreau@marina.example"'
is 'a short token' "$binnacle" token guard --ttl 5m --port "$port"
is 'nobody else is given one' token_is 422 --data '{"who":"me"}'
is 'nor without a word' token_is 422 --data '{}'
is 'nor for ever' token_is 422 --data '{"who":"guard","ttl":1000000}'
is 'nor for what is no JSON' token_is 400 --data 'who=guard'
is 'nor a page in a browser' token_is 403 --data '{"who":"guard"}' -H 'Origin: https://evil.example'
is 'nor under another name' token_is 403 --data '{"who":"guard"}' -H 'Host: evil.example'
is 'nor under another port' token_is 403 --data '{"who":"guard"}' -H 'Host: localhost:1'
is 'the page of this very server is' token_is 200 --data '{"who":"guard"}' \
	-H "Host: localhost:$port" -H "Origin: http://localhost:$port"
is 'health is well' "$binnacle" health --port "$port"
is 'and ready' "$binnacle" health --ready --port "$port"

"$binnacle" dev --data "$data" --port 0 >said 2>&1
is 'a second one on the same data says so' has 'in use by a binnacle'
"$binnacle" dev --data "$place/other" --port "$port" >said 2>&1
is 'a second one on the same port says so' has "Port $port of 127.0.0.1 cannot be had"

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
is 'a PostgreSQL that is killed comes again' is_ready_again

old=$(postmaster)
is 'Ctrl-C ends it well' end INT
is 'and its PostgreSQL' runs_no_more "$old"

is 'it begins again' begin --port 0
guard=$("$binnacle" token guard --port "$port")
is 'what was written is still there' curl -sS -f -H "Authorization: Bearer $guard" \
	"http://127.0.0.1:$port/api/v1/logs?limit=500"
is '… all of it' has '"title":"All quiet"'

old=$(postmaster)
kill -9 "$dev"
is 'after SIGKILL it begins again at once, on another port' begin --port 0
is '… without the old PostgreSQL' runs_no_more "$old"
is 'and people are who they were' who_am_i guard
is '… a guard' has '"role":"GUARD"'

kill -STOP "$dev"
old=$(postmaster)
kill -9 "$dev"
wait "$dev" 2>/dev/null
dev=''
is 'killed, it leaves no PostgreSQL behind' runs_no_more "$old"

is 'a reset begins anew' begin --port 0 --reset
guard=$("$binnacle" token guard --port "$port")
curl -sS -f -H "Authorization: Bearer $guard" "http://127.0.0.1:$port/api/v1/logs?limit=500" >said
is '… without what was written' sh -c '! grep -q "All quiet" said'
is 'SIGTERM ends it well' end TERM

echo "1..$count"
