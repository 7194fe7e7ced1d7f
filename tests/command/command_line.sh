#!/bin/sh
# command_line.sh BINNACLE: tests the exit code and the output of each command line.

. "$(dirname "$0")/stage.sh"
trap 'rm -rf "$place"' EXIT

# says NAME STATUS STREAM PATTERN WORD …: checks that the program exits with STATUS and prints the
# pattern to that stream ("out" or "err"). An invalid command line must not print to stdout.
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
		echo "not ok $count - $name: stdout is not empty"
	elif [ "$stream" = out ] && [ -s err ] && [ "$status" -eq 0 ]; then
		echo "not ok $count - $name: stderr is not empty"
	else
		echo "ok $count - $name"
	fi
}

says 'no command prints the list of commands' 2 err '^Commands:'
says 'help prints it to stdout' 0 out '^Commands:' help
says '--help does, too' 0 out '^Commands:' --help
says 'help --help does, too' 0 out '^Commands:' help --help
says 'help of a command shows examples' 0 out 'binnacle token supervisor --ttl 5m' help token
says '--help of a command shows its options' 0 out '--reset' dev --help
says 'help of an unknown command fails' 2 err 'unknown command "banana"' help banana
says 'a misspelt command is suggested' 2 err 'did you mean "serve"' srve
says 'a misspelt option is suggested' 2 err '(did you mean --port?)' dev --prot 1
says 'a missing argument is named' 2 err 'missing argument WHO' token
says 'an unexpected argument is named' 2 err '"now"' serve now
says 'version' 0 out '^binnacle [0-9]' version
says '--version' 0 out '^binnacle [0-9]' --version
says 'version --json' 0 out '^{"version":"[0-9.]*"}$' version --json
says 'an invalid duration' 2 err '\-\-ttl must be' token guard --ttl soon
says 'a duration that is too long' 2 err '\-\-ttl must be' token guard --ttl 25h
says 'a duration of zero' 2 err '\-\-ttl must be' token guard --ttl 0
says 'help of a group lists its commands' 0 out 'user add EMAIL' help user
says '--help of a group does, too' 0 out 'user role USER ROLE' user --help
says 'a group without a command lists its commands' 2 err 'user add EMAIL' user
says 'a misspelt command of a group is suggested' 2 err 'did you mean "user archive"' user archve x
says 'a misspelt group is suggested' 2 err 'did you mean "user"' usr list
says 'a missing second argument is named' 2 err 'missing argument ROLE' user role x
says 'an invalid role' 2 err 'the role must be' user role x king
says 'an invalid email address' 2 err 'EMAIL must be an email address' user add x
says 'openapi prints the document' 0 out '"openapi":"3\.' openapi
says 'asyncapi prints the document' 0 out '"asyncapi":"3\.' asyncapi

says 'check reports a missing database' 78 err 'DATABASE_URL must be set' check
says 'check reports a missing issuer, too' 78 err 'or OIDC_ISSUERS must be set' check
says 'check prints the settings even if some are invalid' 78 out '^PORT  *4711  *--port' check --port 4711
says 'check rejects an invalid port' 78 err 'PORT must be a whole number' check --port ten
says 'serve reports a missing database' 78 err 'DATABASE_URL must be set' serve
says 'serve reports a missing issuer, too' 78 err 'or OIDC_ISSUERS must be set' serve
says 'migrate requires a database' 78 err 'DATABASE_URL must be set' migrate
says 'health without a server fails' 1 err 'cannot reach' health --port 1
says 'token without a server fails' 1 err 'no server on port 1' token guard --port 1

export OIDC_ISSUERS='https://id.example.com api' DATABASE_URL=postgresql://me:hush@localhost:1/x
says 'check succeeds' 0 out '^OIDC_ISSUERS  *https://id.example.com api  *environment' check
says 'check masks a secret' 0 out '^DATABASE_URL  *\*\*\*\*' check
count=$((count + 1))
if grep -q hush out err; then echo "not ok $count - no secret is printed"; else echo "ok $count - no secret is printed"; fi
says 'two databases are rejected' 78 err 'cannot be used together' serve --data ./x
says 'migrate reports an unreachable database' 1 err 'cannot connect to the database: .*refused\. Is the server' migrate
says 'a directory that cannot be created is reported, with a remedy' 1 err 'cannot create /proc/x.*--data DIR' dev --port 0 --data /proc/x
export OIDC_ISSUERS='http://id.example.com api'
says 'an issuer over http is rejected' 78 err 'OIDC_ISSUERS: http://id.example.com must begin with https' serve
export OIDC_ISSUERS='https://id.example.com'
says 'an issuer without an audience is rejected' 78 err 'add the audience, or \* for any' check
export OIDC_ISSUERS='https://id.example.com api' CORS_ORIGIN='*'
says 'a CORS wildcard is rejected' 78 err 'CORS_ORIGIN' serve
unset CORS_ORIGIN
export HOST=harbour
says 'a HOST that is not an address is rejected' 78 err 'HOST must be an address .* not "harbour"' check
export HOST='[::1]'
says 'a HOST in brackets is accepted' 0 out '^HOST  *\[::1\]' check
export HOST=localhost
says 'localhost is accepted' 0 out '^HOST  *localhost' check
export PROT=1 HOST=0.0.0.0
says 'dev listens on loopback only' 1 err 'HOST is 0.0.0.0' dev --data ./x

echo "1..$count"
