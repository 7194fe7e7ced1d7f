-- Writes that carry an Idempotency-Key are executed once.

-- Removes the secret, which must be the last member, from a response. The other members are
-- unchanged byte for byte.
create or replace function api.without_secret(body json, secret text)
returns json language plpgsql immutable as $$
declare
	rest json := regexp_replace(body::text, ', *"' || secret || '": *"[^"]*"\}$', '}');
begin
	return case when rest::jsonb ? secret then (rest::jsonb - secret)::json else rest end;
end $$;

-- Runs before such a write, in the same transaction, and locks the key until the transaction ends.
-- A key with a stored response violates idempotency_keys_unique. A key that another transaction holds is
-- refused, so a concurrent retry gets 409.
create or replace function api.lock_idempotency_key(p_caller uuid, p_operation text, p_key text, p_digest text)
returns void language plpgsql as $$
begin
	if not pg_try_advisory_xact_lock(hashtextextended(p_caller || p_operation || p_key, 0)) then
		raise sqlstate 'HT409' using message = 'IDEMPOTENCY_IN_PROGRESS',
			detail = 'Another request with this key is in progress.';
	end if;
	delete from app.idempotency_keys k where k.caller_id = p_caller and k.operation = p_operation
		and k.key = p_key and k.created_at < now() - interval '24 hours';
	insert into app.idempotency_keys (caller_id, operation, key, digest)
	values (p_caller, p_operation, p_key, p_digest);
end $$;
