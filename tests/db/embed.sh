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
refuses '-- a read 5s untracked\nselect 1;' 'only for writes'
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
makes "-- a write 5s\nselect * from f();" "set_config('binnacle.context', \001A, true)"
makes "-- a write 5s idempotent without key\nselect 1;" "body = api.without_secret(a.body, 'key')"
makes "-- a read 5s\nselect :b, :a, :b;" '{ "a", SQL_READ, 5000, a_lines, a_params, 2, 0x0ull, a_problems, false }'
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

# order WANTED FUNCTION…: each FUNCTION is `name:the function it must follow`; WANTED is the
# order in sql.c, or a part of the error message.
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

# Tables: rows in functions, and the problems of statements.
rm -rf "$dir/functions" "$dir/migrations"
mkdir "$dir/functions" "$dir/migrations" "$dir/tables"
tables() {
	"$python" "$embed" "$dir" "$dir/sql.h" "$dir/sql.c" "$dir/sql.d" "$dir/tables" 2>"$dir/stderr"
}

# problems STATEMENT FUNCTION TEXT: checks that sql.c or the error message contains the text.
problems() {
	printf '%b' "-- a write 5s\n$1;\n" >"$dir/statements/a.sql"
	printf '%b' "$2" >"$dir/functions/f.sql"
	tables || true
	if ! cat "$dir/stderr" "$dir/sql.c" | grep -qF -- "$3"; then
		echo "expected '$3' for: $1 with $2"
		cat "$dir/stderr"
		grep a_problems "$dir/sql.c"
		status=1
	fi
}

cat >"$dir/migrations/0001_a.sql" <<END
create table app.a (id uuid primary key, b text, constraint a_unique unique (b));
END
cat >"$dir/tables/problems.def" <<END
/* GONE(1) */
PROBLEM(NOT_FOUND, 404, "Not found", "a" "b")
PROBLEM(TAKEN, 409, "Taken (already)", "a")
PROBLEM(ID_TAKEN, 409, "Taken", "a")
END
printf 'CONSTRAINT("a_pkey", ID_TAKEN, "")\nCONSTRAINT("a_unique", TAKEN, "b")\n' >"$dir/tables/constraints.def"
body='create function api.f() returns api.result language plpgsql as $$ begin %s; end $$;'
f() {
	printf "$body" "$1"
}

problems "select api.refuse('NOT_FOUND', null)" '' 'a_problems[] = { "NOT_FOUND", NULL }'
problems "select case when true then 'NOT_FOUND' end as code" '' 'a_problems[] = { "NOT_FOUND", NULL }'
problems "select 1 -- api.refuse('NOT_FOUND', '')\n" '' 'a_problems[] = { NULL }'
problems "select 'api.refuse(''NOT_FOUND'', null)'" '' 'a_problems[] = { NULL }'
problems 'insert into app.a (id) select 1' '' 'a_problems[] = { "ID_TAKEN", NULL }'
problems 'insert into app.a as x (id, b) select 1' '' 'a_problems[] = { "ID_TAKEN", "TAKEN", NULL }'
problems "update app.a x set b = (select 1 where id = 2), c = id where id = 1" '' 'a_problems[] = { "TAKEN", NULL }'
problems 'select api.f()' "$(f "return api.refuse('TAKEN', null)")" 'a_problems[] = { "TAKEN", NULL }'
problems 'select api.f()' "$(f "raise sqlstate 'HT409' using message = 'TAKEN'")" 'a_problems[] = { "TAKEN", NULL }'
problems 'select api.f()' "\n$(f "raise sqlstate 'HT404' using message = 'TAKEN'")" 'f.sql:2: TAKEN has status 409, not 404'
problems 'select 1' "\n$(f "return api.refuse('GONE', null)")" 'f.sql:2: GONE is not in problems.def'
problems "select\napi.refuse('GONE', null)" '' 'a.sql:3: GONE is not in problems.def'
problems 'select api.refuse(:code, null)' '' 'a.sql:2: the code of a refusal must be a literal'
problems 'select 1' "$(f 'raise exception using constraint = x')" 'f.sql:1: RAISE must be'
problems 'select 1' "-- constraints.def: when '{1}' then '{2}'" "when 'a_unique' then 'TAKEN'"
problems 'select 1' '-- others.def: {1}' 'others.def: no such table'
grep -qF "$dir/tables/constraints.def" "$dir/sql.d"
echo 'CONSTRAINT("b_unique", TAKEN, "b")' >>"$dir/tables/constraints.def"
problems 'select 1' '' 'b_unique is not a constraint of sql/migrations'

exit $status
