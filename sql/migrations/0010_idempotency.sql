-- What was done once, and is not to be done again: the answers of writes that carried
-- an Idempotency-Key, for a day.

create table app.idempotency_keys (
	caller_id uuid not null,
	operation text not null,
	key text not null,
	digest text not null,	-- of what was asked: another question under this key is refused
	status integer,
	etag text,
	location text,
	body json,	-- not jsonb: the very bytes are said again
	created_at timestamptz(3) not null default now(),
	constraint idempotency_once primary key (caller_id, operation, key)
);

create index idempotency_keys_created_at on app.idempotency_keys (created_at);
