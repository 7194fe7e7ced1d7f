-- API keys. Only the digests of keys are stored, so this table does not reveal them.

create table app.api_keys (
	id uuid primary key default gen_random_uuid(),
	name text not null,
	digest text not null,	-- SHA-256 of the key, in hexadecimal
	beginning text not null,	-- first characters of the key, to identify it
	scopes text[] not null,
	created_by uuid,	-- null: created on the command line
	expires_at timestamptz(3),
	revoked_at timestamptz(3),
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint api_keys_digest_unique unique (digest),
	constraint api_keys_created_by foreign key (created_by) references app.users,
	constraint api_keys_name_length check (char_length(name) between 1 and 100),
	constraint api_keys_digest_form check (digest ~ '^[0-9a-f]{64}$'),
	constraint api_keys_scopes_some check (cardinality(scopes) between 1 and 32)
);

create trigger api_keys_touch before update on app.api_keys
	for each row when (old.* is distinct from new.*) execute function app.touch();

-- Invalidates cached API keys in every process.
create function app.notify_api_key() returns trigger language plpgsql as $$
begin
	perform pg_notify('binnacle_api_keys', old.id::text);
	return null;
end $$;

create trigger api_keys_notify after update or delete on app.api_keys
	for each row execute function app.notify_api_key();
