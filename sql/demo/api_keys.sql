-- An API key for reading locations, as `binnacle apikey` creates it. The key itself is random and
-- not stored, so it cannot be used.
insert into app.api_keys (id, name, digest, beginning, scopes, created_at, updated_at)
select '01900000-0000-7000-8000-000000000761', 'Harbour display', encode(sha256(convert_to(k.key, 'UTF8')), 'hex'),
	left(k.key, 10), '{places:read}', now() - interval '40 days', now() - interval '40 days'
from (select 'bnk_' || replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '') as key) k;
