#!/bin/sh
# embed.sh PYTHON EMBED: tests that embed.py accepts valid files and reports errors in others.

set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/statements" "$dir/migrations"
status=0

run() {
	"$@" "$dir" "$dir/sql.h" "$dir/sql.c" 2>"$dir/stderr"
}

# refuses STATEMENTS TEXT: checks that the error message contains the text.
refuses() {
	printf '%b' "$1" >"$dir/statements/a.sql"
	if run "$python" "$embed"; then
		echo "accepted: $1"
		status=1
	elif ! grep -qF -- "$2" "$dir/stderr"; then
		echo "expected the error '$2' for: $1"
		cat "$dir/stderr"
		status=1
	fi
}

# makes STATEMENTS TEXT: checks that sql.c contains the text.
makes() {
	printf '%b' "$1" >"$dir/statements/a.sql"
	if ! run "$python" "$embed"; then
		cat "$dir/stderr"
		status=1
	elif ! grep -qF -- "$2" "$dir/sql.c"; then
		echo "expected '$2' in sql.c for: $1"
		grep -F '\001' "$dir/sql.c" || true
		status=1
	fi
}

python=$1
embed=$2

refuses 'select 1;' 'a.sql:1: expected a header'
refuses '-- a reads 5s\nselect 1;' 'expected a header'
refuses '-- a read 5\nselect 1;' 'expected a header'
refuses '-- a read 0s\nselect 1;' 'expected a header'
refuses '-- A read 5s\nselect 1;' 'expected a header'
refuses '-- a read 601s\nselect 1;' 'at most 600s'
refuses '-- a write 5s idempotent with key\nselect 1;' 'expected a header'
refuses '-- a read 5s idempotent\nselect 1;' 'only for writes'
refuses '-- a read 5s\n;' 'a is empty'
refuses '-- a read 5s\nselect 1' 'a does not end with a semicolon'
refuses '-- a read 5s\nselect 1\n-- b read 5s\nselect 2;' 'a.sql:3: a does not end with a semicolon'
refuses '-- a read 5s\nselect 1; select 2;' 'unexpected text after the semicolon'
refuses '-- a read 5s\nselect 1;\n-- a write 5s\nselect 2;' 'a is already defined in'
refuses "-- a read 5s\nselect 'x;\n" 'unterminated quote'
refuses '-- a read 5s\nselect $x$ y $$;\n' 'unterminated dollar quote'
refuses '-- a read 5s\nselect 1 /* /* */;\n' 'unterminated comment'
refuses '-- a read 5s\nselect :body?|array[1];\n' 'put a space before an operator'
refuses '-- a read 5s\nselect \0001;\n' 'control character'
refuses "-- a read 5s\nselect 1 $(seq -f ', :p%.0f' 41 | tr -d '\n');" 'more than 40 parameters'

makes "-- a write 5s idempotent\nselect 1;" "body = a.body\","
makes "-- a write 5s idempotent without key\nselect 1;" "body = (a.body::jsonb - 'key')::json"
makes "-- a read 5s\nselect :b, :a, :b;" '{ "a", SQL_READ, 5000, a_lines, a_params, 2, 0x0ull }'
makes "-- a write 250ms\nselect :b, :a, :b;" '"select \001A, \001B, \001A", 0x0ull'
makes "-- a read 5s\nselect 1\nand x = :x? -- why :not\n;" '"and x = \001A", 0x1ull'
makes "-- a read 5s\nselect :x::text, ':y', \":z\", \$f\$ :q \$f\$ /* :r */;" \
	"\"select \\001A::text, ':y', \\\":z\\\", \$f\$ :q \$f\$\""
makes "-- a read 5s\nselect E'\\\\':no', 'it''s :no', :yes;" '\001A"'
makes "-- a read 5s\nselect :body ? 'x';" '\001A \077'
makes "-- a.sql: about itself\n-- and more\n\n/* between */\n-- a read 5s\nselect :x;" '\001A'
makes "-- a read 5s\nselect 1 $(seq -f ', :p%.0f' 40 | tr -d '\n');" 'a_params, 40, 0x0ull'

rm "$dir/statements/a.sql"
run "$python" "$embed"
grep -q SQL_COUNT "$dir/sql.h"

for name in people.sql 001_people.sql 0001_People.sql; do
	echo 'select 1' >"$dir/migrations/$name"
	if run "$python" "$embed"; then
		echo "accepted: $name"
		status=1
	fi
	rm "$dir/migrations/$name"
done
echo 'select 1' >"$dir/migrations/0001_a.sql"
echo 'select 1' >"$dir/migrations/0001_b.sql"
if run "$python" "$embed"; then
	echo "accepted: two migrations with the same number"
	status=1
fi
rm "$dir/migrations/0001_b.sql"
run "$python" "$embed"
sum=$(sha256sum <"$dir/migrations/0001_a.sql" | cut -d' ' -f1)
grep -qF "$sum" "$dir/sql.c"

# Functions, `name:what it follows` each, and their order in sql.c; or a part of the message.
order() {
	rm -rf "$dir/functions"
	mkdir "$dir/functions"
	wanted=$1
	shift
	for file; do
		name=${file%%:*} after=${file#*:}
		printf -- "-- About $name.\n${after:+-- after: $after\n}select 1;\n" >"$dir/functions/$name.sql"
	done
	if run "$python" "$embed"; then
		got=$(sed -n '/sql_functions/,/^};/s/^\t{ "\([a-z_]*\)",$/\1/p' "$dir/sql.c" | tr '\n' ' ')
	else
		got=$(cat "$dir/stderr")
	fi
	case $got in
	*"$wanted"*) ;;
	*)
		echo "wanted '$wanted' for: $*"
		echo "$got"
		status=1
		;;
	esac
}

order 'a b c ' c: b: a:
order 'b c a ' a:c c:b b:
order 'a c d b ' 'b:c, d' c: a: d:a
order 'a.sql: after:' a:z
order 'has no z.sql' a:z
order 'a.sql:2: expected' 'a:b c' b: c:
order 'b.sql -> c.sql -> b.sql is a cycle' a:b b:c c:b
order 'a.sql -> a.sql is a cycle' a:a

exit $status
