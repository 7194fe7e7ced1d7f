-- Responses of writes that carried an Idempotency-Key, kept for a day.

create table app.idempotency_keys (
	caller_id uuid not null,
	operation text not null,
	key text not null,
	digest text not null,	-- of the request; a different request with this key is refused
	status integer,
	etag text,
	location text,
	body json,	-- not jsonb: a replay returns the same bytes
	created_at timestamptz(3) not null default now(),
	constraint idempotency_keys_unique primary key (caller_id, operation, key)
);

create index idempotency_keys_created_at on app.idempotency_keys (created_at);
