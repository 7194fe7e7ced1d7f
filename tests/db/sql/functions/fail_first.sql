-- Fails with this SQLSTATE as often as is said, then says how often it was called.
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

-- The same where nothing may be written: a lock that outlives the failure counts.
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
