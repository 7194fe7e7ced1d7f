#!/bin/sh
# words.sh BINNACLE: what is typed, what comes back, and where it is printed.

. "$(dirname "$0")/stage.sh"
trap 'rm -rf "$place"' EXIT

# says NAME STATUS STREAM PATTERN WORD …: the program ends with STATUS, the
# pattern is in that stream ("out" or "err"), and a failure prints no data.
says() {
	name=$1 status=$2 stream=$3 pattern=$4
	shift 4
	"$binnacle" "$@" >out 2>err </dev/null
	got=$?
	count=$((count + 1))
	if [ $got -ne "$status" ]; then
		echo "not ok $count - $name: exit $got instead of $status"
	elif ! grep -qe "$pattern" "$stream"; then
		echo "not ok $count - $name: no \"$pattern\" in std$stream: $(head -c 300 "$stream" | tr '\n' ' ')"
	elif [ "$stream" = err ] && [ "$status" -eq 2 ] && [ -s out ]; then
		echo "not ok $count - $name: something in stdout"
	elif [ "$stream" = out ] && [ -s err ] && [ "$status" -eq 0 ]; then
		echo "not ok $count - $name: something in stderr"
	else
		echo "ok $count - $name"
	fi
}

says 'nothing typed is answered with the list' 2 err '^Commands:'
says 'help is data' 0 out '^Commands:' help
says '--help too' 0 out '^Commands:' --help
says 'and help of help' 0 out '^Commands:' help --help
says 'help of a command begins with examples' 0 out 'binnacle token supervisor --ttl 5m' help token
says 'a command explains itself' 0 out '--reset' dev --help
says 'help of something unknown' 2 err 'no command "banana"' help banana
says 'a typing error is understood' 2 err 'did you mean "serve"' srve
says 'an unknown option is named' 2 err '(did you mean --port?)' dev --prot 1
says 'a missing word is named' 2 err 'token needs its WHO' token
says 'a word too many is named' 2 err '"now"' serve now
says 'the version' 0 out '^binnacle [0-9]' version
says 'the version, as an option' 0 out '^binnacle [0-9]' --version
says 'the version in JSON' 0 out '^{"version":"[0-9.]*"}$' version --json
says 'a time that is none' 2 err '\-\-ttl must be' token guard --ttl soon
says 'a time that is too long' 2 err '\-\-ttl must be' token guard --ttl 25h
says 'a time of nothing' 2 err '\-\-ttl must be' token guard --ttl 0
says 'a family of commands is listed' 0 out 'user add EMAIL' help user
says 'a family asked for help, too' 0 out 'user role WHO ROLE' user --help
says 'what it should do must be said' 2 err 'user add EMAIL' user
says 'one of a family is guessed' 2 err 'did you mean "user archive"' user archve x
says 'the family is guessed' 2 err 'did you mean "user"' usr list
says 'the second word that is missing is named' 2 err 'user role needs its ROLE' user role x
says 'a role that is none' 2 err 'the role must be' user role x king
says 'an address that is none' 2 err 'EMAIL must be an email address' user add x
says 'the contract' 0 out '"openapi":"3\.' openapi
says 'the contract of the streams' 0 out '"asyncapi":"3\.' asyncapi

says 'check names a missing database' 78 err 'DATABASE_URL must be set' check
says 'check names a missing issuer, too' 78 err 'or OIDC_ISSUERS must be set' check
says 'check prints what is set all the same' 78 out '^PORT  *4711  *--port' check --port 4711
says 'check refuses a port that is none' 78 err 'PORT must be a whole number' check --port ten
says 'serve names every fault' 78 err 'DATABASE_URL must be set' serve
says 'serve names every fault at once' 78 err 'or OIDC_ISSUERS must be set' serve
says 'migrate wants a database' 78 err 'DATABASE_URL must be set' migrate
says 'health of nobody' 1 err 'does not answer' health --port 1
says 'a token of nobody' 1 err 'nothing answers on port 1' token guard --port 1

export OIDC_ISSUERS='https://id.example.com api' DATABASE_URL=postgresql://me:hush@localhost:1/x
says 'check is content' 0 out '^OIDC_ISSUERS  *https://id.example.com api  *environment' check
says 'check masks a secret' 0 out '^DATABASE_URL  *\*\*\*\*' check
count=$((count + 1))
if grep -q hush out err; then echo "not ok $count - no secret is printed"; else echo "ok $count - no secret is printed"; fi
says 'two databases are one too many' 78 err 'leave one of them out' serve --data ./x
says 'a database out of reach is named by migrate' 1 err 'The database cannot be reached: .*refused\. Is the server' migrate
says 'a directory that cannot be made is named, and a way out' 1 err '/proc/x cannot be made.*--data DIR' dev --port 0 --data /proc/x
export OIDC_ISSUERS='http://id.example.com api'
says 'keys over http are refused' 78 err 'OIDC_ISSUERS: http://id.example.com must begin with https' serve
export OIDC_ISSUERS='https://id.example.com'
says 'an issuer for everybody is refused' 78 err 'name the audience, or \* for any' check
export OIDC_ISSUERS='https://id.example.com api' CORS_ORIGIN='*'
says 'everybody may call: refused' 78 err 'CORS_ORIGIN' serve
unset CORS_ORIGIN
export HOST=harbour
says 'a host that is no address: refused' 78 err 'HOST must be an address .* is "harbour"' check
export HOST='[::1]'
says 'one in brackets is one' 0 out '^HOST  *\[::1\]' check
export HOST=localhost
says 'and so is the name of this machine' 0 out '^HOST  *localhost' check
export PROT=1 HOST=0.0.0.0
says 'dev listens on loopback only' 1 err 'HOST is 0.0.0.0' dev --data ./x

echo "1..$count"
