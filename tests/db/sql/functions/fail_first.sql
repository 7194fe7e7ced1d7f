-- Fails with this SQLSTATE the given number of times, then returns the number of calls.
create or replace function fail_first(code text, often integer) returns bigint
language plpgsql as $$
declare
	n bigint := nextval('tries');
begin
	if n <= often then
		raise exception using errcode = code, message = 'not yet';
	end if;
	return n;
end
$$;

-- Fails once, in a read-only transaction: a session lock, which outlives the failure, counts.
create or replace function fail_first_read(code text, key text) returns text
language plpgsql as $$
begin
	if not exists (select from pg_locks where locktype = 'advisory' and objid = key::oid and granted) then
		perform pg_advisory_lock(key::bigint);
		raise exception using errcode = code, message = 'not yet';
	end if;
	return 'again';
end
$$;
