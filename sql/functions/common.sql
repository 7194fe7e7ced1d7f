-- The result type of all operations, and helper functions that several of them use.

create schema if not exists api;

do $$ begin
	create type api.result as (
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

-- SQL functions, so that PostgreSQL inlines them. Arguments are evaluated in order: the body is built
-- before live.emit() locks channels. `events` are those that live.emit() returned. `location` is a path
-- without the mount of the API version (/api/v1), which the server prepends.
create or replace function api.ok(revision bigint, body json, events jsonb default null)
returns api.result language sql immutable
as $$ select row(null, null, null, revision, null, null, body, events)::api.result $$;

create or replace function api.created(revision bigint, location text, body json, events jsonb default null)
returns api.result language sql immutable
as $$ select row(null, null, null, revision, location, null, body, events)::api.result $$;

create or replace function api.no_content(events jsonb default null)
returns api.result language sql immutable
as $$ select row(204, null, null, null, null, null, null, events)::api.result $$;

-- Refusals are rows, not errors, so that other statements in the same Sync still succeed.
create or replace function api.refuse(code text, detail text)
returns api.result language sql immutable
as $$ select row(null, code, detail, null, null, null, null, null)::api.result $$;

-- One error of a request, for the problems with status 422. `place` is pointer (a JSON Pointer into the
-- body), parameter or header.
create or replace function api.fault(place text, name text, code text, detail text)
returns json language sql stable
as $$ select json_build_object(place, name, 'code', code, 'detail', detail) $$;

-- A refusal with status 422. Its body is the list of the first 50 errors, as in validation_errors.c.
create or replace function api.refuse_input(code text, detail text, variadic faults json[])
returns api.result language sql immutable
as $$ select row(null, code, detail, null, null, null, to_json(faults[:50]), null)::api.result $$;

-- Whether a revision satisfies If-Match; null: the request has no If-Match.
create or replace function api.if_match(revisions bigint[], revision bigint)
returns boolean language sql stable
as $$ select revisions is null or revision = any (revisions) $$;

-- Checks If-Match and whether a row (`what`, for example a vehicle) was found: null, or the refusal.
create or replace function api.check_row(found boolean, what text, if_match bigint[], revision bigint)
returns api.result language sql immutable
as $$ select case
	when not found then api.refuse('NOT_FOUND', 'There is no ' || what || ' with this id.')
	when not api.if_match(if_match, revision) then api.refuse('PRECONDITION_FAILED', null) end $$;

-- The body, with surrounding spaces removed from a member that is unique. (Unique indexes ignore case.)
create or replace function api.trim_member(p_body jsonb, p_name text)
returns jsonb language sql immutable
as $$ select case when p_body ? p_name then p_body || jsonb_build_object(p_name, btrim(p_body ->> p_name))
	else p_body end $$;

-- Whether a location is active, which it then stays for the transaction: null, or the refusal. (An
-- unknown location violates a foreign key.)
create or replace function api.check_active(p_location uuid)
returns api.result language plpgsql as $$
declare
	active boolean;
begin
	select l.is_active into active from app.locations l where l.id = p_location for share;
	if not active then
		return api.refuse('LOCATION_INACTIVE', null);
	end if;
	return null;
end $$;

-- The start of a filter's date or time, and the first time after it. A date covers the whole day in
-- the time zone of the setting TIMEZONE.
create or replace function api.range_start(value text)
returns timestamptz language sql stable
as $$ select case when value ~ '^\d{4}-\d\d-\d\d$'
	then value::timestamp at time zone current_setting('binnacle.timezone')
	else value::timestamptz end $$;

create or replace function api.range_end(value text)
returns timestamptz language sql stable
as $$ select case when value ~ '^\d{4}-\d\d-\d\d$'
	then (value::timestamp + interval '1 day') at time zone current_setting('binnacle.timezone')
	else date_trunc('milliseconds', value::timestamptz) + interval '1 millisecond' end $$;

-- The start of a year, or of a month of that year.
create or replace function api.month_start(year integer, month integer)
returns timestamptz language sql stable
as $$ select make_timestamp(year + (month - 1) / 12, (month - 1) % 12 + 1, 1, 0, 0, 0)
	at time zone current_setting('binnacle.timezone') $$;

create or replace function api.year_or_current(year integer)
returns integer language sql stable
as $$ select coalesce(year, extract(year from now() at time zone current_setting('binnacle.timezone'))::integer) $$;

-- The errors of a query for a week that does not start on a Sunday; null: there are none.
create or replace function api.sunday_faults(day date)
returns json language sql immutable
as $$ select case when extract(dow from day) <> 0
	then json_build_array(api.fault('parameter', 'week_start_date', 'invalid', 'must be a Sunday')) end $$;

create or replace function api.day_of_week(at timestamptz)
returns integer language sql stable
as $$ select extract(dow from at at time zone current_setting('binnacle.timezone'))::integer $$;

-- A LIKE pattern that matches the phrase literally; wildcards in it are escaped.
create or replace function api.like_pattern(phrase text)
returns text language sql immutable
as $$ select '%' || regexp_replace(phrase, '([\\%_])', '\\\1', 'g') || '%' $$;

-- Appends the members that only the response to a change has (TRANSIENT in include/schema.h). The
-- other members are unchanged byte for byte, so the ETag is that of GET.
create or replace function api.with_transient(body json, more jsonb)
returns json language sql immutable
as $$ select (left(body::text, -1) || ',' || substr(more::text, 2))::json $$;

-- Converts a JSON array to a text array. (PL/pgSQL, because it keeps its plan.)
create or replace function api.text_array(value jsonb)
returns text[] language plpgsql immutable as $$
begin
	return coalesce(array(select jsonb_array_elements_text(value)), '{}');
end $$;
