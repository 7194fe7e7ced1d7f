-- Writes that carry an Idempotency-Key happen once.

-- Goes ahead of such a write, in its transaction, and holds the key until its end. A key
-- whose answer is kept already violates idempotency_once; one that somebody is just
-- using is refused: whoever asks meanwhile is told to wait.
create or replace function api.take_once(p_caller uuid, p_operation text, p_key text, p_digest text)
returns void language plpgsql as $$
begin
	if not pg_try_advisory_xact_lock(hashtextextended(p_caller || p_operation || p_key, 0)) then
		raise sqlstate 'HT409' using message = 'IDEMPOTENCY_IN_PROGRESS',
			detail = 'A request with this key is being answered.';
	end if;
	delete from app.idempotency_keys k where k.caller_id = p_caller and k.operation = p_operation
		and k.key = p_key and k.created_at < now() - interval '24 hours';
	insert into app.idempotency_keys (caller_id, operation, key, digest)
	values (p_caller, p_operation, p_key, p_digest);
end $$;
