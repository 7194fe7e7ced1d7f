-- The one shape of result, and the few words in which functions give it.

create schema if not exists api;

do $$ begin
	create type api.answer as (
		status integer,
		code text,
		detail text,
		etag text,
		location text,
		next text,
		body json,
		events jsonb
	);
exception when duplicate_object then null;
end $$;

-- A refusal is a row, not an error: its neighbours in a Sync go on.
create or replace function api.refuse(code text, detail text)
returns api.answer language sql immutable
as $$ select null::integer, code, detail, null::text, null::text, null::text, null::json, null::jsonb $$;

-- Does the revision satisfy what If-Match asked for? (null: nothing was asked)
create or replace function api.matches(asked bigint[], revision bigint)
returns boolean language sql immutable
as $$ select asked is null or revision = any (asked) $$;

-- A day or a moment from a filter, as the first moment it means, and the first
-- moment after it: a day ends with the next one's beginning, in our time zone.
create or replace function api.moment(given text)
returns timestamptz language sql stable
as $$ select case when given ~ '^\d{4}-\d\d-\d\d$'
	then given::timestamp at time zone current_setting('binnacle.timezone')
	else given::timestamptz end $$;

create or replace function api.moment_after(given text)
returns timestamptz language sql stable
as $$ select case when given ~ '^\d{4}-\d\d-\d\d$'
	then (given::timestamp + interval '1 day') at time zone current_setting('binnacle.timezone')
	else date_trunc('milliseconds', given::timestamptz) + interval '1 millisecond' end $$;

-- The first moment of a year, or of a month of it.
create or replace function api.month_begin(year integer, month integer)
returns timestamptz language sql stable
as $$ select make_timestamp(year + (month - 1) / 12, (month - 1) % 12 + 1, 1, 0, 0, 0)
	at time zone current_setting('binnacle.timezone') $$;

create or replace function api.day_of_week(at timestamptz)
returns integer language sql stable
as $$ select extract(dow from at at time zone current_setting('binnacle.timezone'))::integer $$;

-- A pattern that finds the words as they are, whatever signs are among them.
create or replace function api.containing(words text)
returns text language sql immutable
as $$ select '%' || regexp_replace(words, '([\\%_])', '\\\1', 'g') || '%' $$;

-- A text array out of a JSON array. (PL/pgSQL keeps its plan.)
create or replace function api.texts(given jsonb)
returns text[] language plpgsql immutable as $$
begin
	return coalesce(array(select jsonb_array_elements_text(given)), '{}');
end $$;
