-- idempotency_begin write 5s untracked
select api.lock_idempotency_key(:actor_id, :operation, :idempotency_key, :idempotency_digest);

-- idempotency_replay read 2s
select d.code, null as detail, k.status, k.etag, k.location, case when d.code is null then k.body
	else json_build_array(api.fault('header', 'Idempotency-Key', 'invalid', 'was used for another request')) end as body
from (
	select * from app.idempotency_keys k
	where k.caller_id = :actor_id::uuid and k.operation = :operation and k.key = :idempotency_key
) k
cross join lateral (
	select case when k.digest <> :idempotency_digest then 'IDEMPOTENCY_KEY_REUSED' end as code
) d;

-- idempotency_expire write 10s untracked
with deleted as (
	delete from app.idempotency_keys k where k.ctid = any (array(
		select o.ctid from app.idempotency_keys o where o.created_at < now() - interval '24 hours' limit 5000))
	returning 1
)
select count(*) = 5000 as more from deleted;
