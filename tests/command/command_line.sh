#!/bin/sh
# command_line.sh BINNACLE: tests the exit code and the output of each command line.

. "$(dirname "$0")/fixture.sh"
trap 'rm -rf "$dir"' EXIT

# expect NAME STATUS STREAM PATTERN WORD …: checks that the program exits with STATUS and prints the
# pattern to that stream ("out" or "err"). An invalid command line must not print to stdout.
expect() {
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

expect 'no command prints the list of commands' 2 err '^Commands:'
expect 'help prints it to stdout' 0 out '^Commands:' help
expect '--help does, too' 0 out '^Commands:' --help
expect 'help --help does, too' 0 out '^Commands:' help --help
expect 'help of a command shows examples' 0 out 'binnacle token supervisor --ttl 5m' help token
expect '--help of a command shows its options' 0 out '--reset' dev --help
expect 'help of an unknown command fails' 2 err 'unknown command "banana"' help banana
expect 'a misspelt command is suggested' 2 err 'did you mean "serve"' srve
expect 'a misspelt option is suggested' 2 err '(did you mean --port?)' dev --prot 1
expect 'a missing argument is named' 2 err 'missing argument WHO' token
expect 'an unexpected argument is named' 2 err '"output"' serve output
expect 'version' 0 out '^binnacle [0-9]' version
expect '--version' 0 out '^binnacle [0-9]' --version
expect 'version --json' 0 out '^{"version":"[0-9.]*"}$' version --json
expect 'an invalid duration' 2 err '\-\-ttl must be' token guard --ttl soon
expect 'a duration that is too long' 2 err '\-\-ttl must be' token guard --ttl 25h
expect 'a duration of zero' 2 err '\-\-ttl must be' token guard --ttl 0
expect 'help of a group lists its commands' 0 out 'user add EMAIL' help user
expect '--help of a group does, too' 0 out 'user role USER ROLE' user --help
expect 'a group without a command lists its commands' 2 err 'user add EMAIL' user
expect 'a misspelt command of a group is suggested' 2 err 'did you mean "user archive"' user archve x
expect 'a misspelt group is suggested' 2 err 'did you mean "user"' usr list
expect 'a missing second argument is named' 2 err 'missing argument ROLE' user role x
expect 'an invalid role' 2 err 'the role must be' user role x king
expect 'an invalid email address' 2 err 'EMAIL must be an email address' user add x
expect 'openapi prints the document' 0 out '"openapi":"3\.' openapi
expect 'asyncapi prints the document' 0 out '"asyncapi":"3\.' asyncapi
export DOMAINS=places
expect 'openapi prints the selected domains' 0 out '"/api/v1/locations":' openapi
count=$((count + 1))
if grep -q '"/api/v1/logs":' out; then echo "not ok $count - logs are omitted"; else echo "ok $count - logs are omitted"; fi
expect 'asyncapi needs event streams' 1 err '"live" is not one of DOMAINS' asyncapi
export DOMAINS=harbour
expect 'openapi rejects an unknown domain' 78 err 'unknown domain "harbour"' openapi
unset DOMAINS

expect 'check reports a missing database' 78 err 'DATABASE_URL must be set' check
expect 'check reports a missing issuer, too' 78 err 'or OIDC_ISSUERS must be set' check
expect 'check prints the settings even if some are invalid' 78 out '^PORT  *4711  *--port' check --port 4711
expect 'check rejects an invalid port' 78 err 'PORT must be a whole number' check --port ten
expect 'serve reports a missing database' 78 err 'DATABASE_URL must be set' serve
expect 'serve reports a missing issuer, too' 78 err 'or OIDC_ISSUERS must be set' serve
expect 'migrate requires a database' 78 err 'DATABASE_URL must be set' migrate
expect 'health without a server fails' 1 err 'cannot reach' health --port 1
expect 'a seal that cannot be read' 2 err 'cannot read ./none' audit verify --from ./none
for seal in '{' '[]' '{"number":1,"hash":"ab"}' '{"number":"1","hash":"ab","heads":[]}' \
	'{"number":1,"hash":"ab","heads":[[1,2]]}' '{"number":1,"hash":"ab","heads":[[256,2,"cd"]]}'
do
	echo "$seal" >seal.json
	expect "no seal: $seal" 2 err 'seal.json is not a seal' audit verify --from seal.json
done
expect 'pruning needs a retention' 78 err 'AUDIT_RETENTION must say what to prune' audit prune
for retention in visitor visitors=3 visitor= visitor=0 visitor=+3 'visitor= 3' visitor=36501 visitor=3,log
do
	export AUDIT_RETENTION="$retention"
	expect "no retention: $retention" 78 err 'is not KIND=DAYS.* 1 to 36500 days' audit prune
done
unset AUDIT_RETENTION
expect 'token without a server fails' 1 err 'no server on port 1' token guard --port 1

export OIDC_ISSUERS='https://id.example.com api' DATABASE_URL=postgresql://me:hush@localhost:1/x
expect 'check succeeds' 0 out '^OIDC_ISSUERS  *https://id.example.com api  *environment' check
expect 'check masks a secret' 0 out '^DATABASE_URL  *\*\*\*\*' check
count=$((count + 1))
if grep -q hush out err; then echo "not ok $count - no secret is printed"; else echo "ok $count - no secret is printed"; fi
expect 'two databases are rejected' 78 err 'cannot be used together' serve --data ./x
expect 'migrate reports an unreachable database' 1 err 'cannot connect to the database: .*refused\. Is the server' migrate
expect 'a directory that cannot be created is reported, with a remedy' 1 err 'cannot create /proc/x.*--data DIR' dev --port 0 --data /proc/x
export OIDC_ISSUERS='http://id.example.com api'
expect 'an issuer over http is rejected' 78 err 'OIDC_ISSUERS: http://id.example.com must begin with https' serve
export OIDC_ISSUERS='https://id.example.com'
expect 'an issuer without an audience is rejected' 78 err 'add the audience, or \* for any' check
export OIDC_ISSUERS='https://id.example.com api' CORS_ORIGIN='*'
expect 'a CORS wildcard is rejected' 78 err 'CORS_ORIGIN' serve
unset CORS_ORIGIN
export HOST=harbour
expect 'a HOST that is not an address is rejected' 78 err 'HOST must be an address .* not "harbour"' check
export HOST='[::1]'
expect 'a HOST in brackets is accepted' 0 out '^HOST  *\[::1\]' check
export HOST=localhost
expect 'localhost is accepted' 0 out '^HOST  *localhost' check
export PROT=1 HOST=0.0.0.0
expect 'dev listens on loopback only' 1 err 'HOST is 0.0.0.0' dev --data ./x

echo "1..$count"
