-- api_keys_find read 2s
select k.id, array_to_string(k.scopes, ' ') as scopes,
	(extract(epoch from k.expires_at) * 1000)::bigint as expires_ms
from app.api_keys k
where k.digest = :digest and k.revoked_at is null;

-- api_keys_list read 5s
select coalesce(json_agg(api.api_key_json(s.id) order by s.created_at desc, s.id desc), '[]') as body
from (
	select k.id, k.created_at
	from app.api_keys k
	order by k.created_at desc, k.id desc
	limit :limit::integer offset :skip::integer
) s;

-- api_keys_read read 2s
select v.revision as etag, api.api_key_json(v.id) as body
from api.api_key_view v
where v.id = :id::uuid;

-- api_keys_history read 5s
select api.history('api_key', o.id, :limit::integer, :skip::integer) as body
from app.api_keys o
where o.id = :id::uuid;

-- api_keys_create write 5s idempotent without key
select * from api.create_api_key(:new_id, :caller_id, :body);

-- api_keys_revoke write 5s
select a.*, :id as invalidates from api.revoke_api_key(:id) a;
