-- API keys. A key is shown once, when it is created, and stored as a digest.
-- after: common

create or replace view api.api_key_view as
select k.id, k.name, k.beginning, k.scopes, k.expires_at, k.revoked_at, k.created_at, k.revision,
	(select to_json(b) from (select u.id, u.first_name, u.last_name from app.users u
		where u.id = k.created_by) b) as creator
from app.api_keys k;

create or replace function api.api_key_json(p_id uuid)
returns json language plpgsql stable as $$
begin
	return (select to_json(shown) from (select v.id, v.name, v.beginning, v.scopes, v.expires_at,
		v.revoked_at, v.created_at, v.creator from api.api_key_view v where v.id = p_id) shown);
end $$;

-- Only this response contains the key, which has 244 random bits. (The response stored for an
-- Idempotency-Key omits it: api.without_secret().)
create or replace function api.create_api_key(p_id uuid, p_caller uuid, p_body jsonb)
returns api.result language plpgsql as $$
declare
	key text := 'bnk_' || replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
	new app.api_keys;
begin
	if (p_body ->> 'expires_at')::timestamptz <= now() then
		return api.refuse_input('VALIDATION_FAILED', '`expires_at` must be in the future.',
			api.fault('pointer', '/expires_at', 'out_of_range', 'must be in the future'));
	end if;
	insert into app.api_keys (id, name, digest, beginning, scopes, created_by, expires_at)
	values (p_id, p_body ->> 'name', encode(sha256(convert_to(key, 'UTF8')), 'hex'), left(key, 10),
		array(select distinct s from unnest(api.text_array(p_body -> 'scopes')) s order by s), p_caller,
		(p_body ->> 'expires_at')::timestamptz)
	returning * into new;
	return api.created(new.revision, '/api-keys/' || new.id,
		api.with_transient(api.api_key_json(new.id), jsonb_build_object('key', key)));
end $$;

-- Revocation is permanent; revoking a key again changes nothing.
create or replace function api.revoke_api_key(p_id uuid)
returns api.result language plpgsql as $$
begin
	update app.api_keys k set revoked_at = coalesce(k.revoked_at, now()) where k.id = p_id;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no API key with this id.');
	end if;
	return api.no_content();
end $$;
