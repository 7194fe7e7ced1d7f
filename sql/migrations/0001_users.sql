-- Users and roles, and the trigger function that all tables share.

create schema app;	-- tables
create schema api;	-- views and functions of operations
create schema live;	-- events

create extension if not exists pg_trgm;

-- In ascending order: each role includes the permissions of those before it.
create type app.role as enum ('VISITOR', 'GUARD', 'SUPERVISOR', 'ADMIN', 'SUPER_ADMIN');

-- Counts changes; If-Match refers to this number.
create function app.touch() returns trigger language plpgsql as $$
begin
	new.revision := old.revision + 1;
	new.updated_at := now();
	return new;
end $$;

create table app.users (
	id uuid primary key default gen_random_uuid(),
	issuer text,
	subject text,
	claims text,	-- the issuer's last claims, to detect changes
	email text,
	username text,
	first_name text not null,
	last_name text not null,
	image_url text,
	phone text,
	street_address text,
	city text,
	state text,
	zip_code text,
	role app.role not null default 'GUARD',
	is_anonymous boolean not null default false,
	archived_at timestamptz(3),
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint users_subject_unique unique (issuer, subject),
	constraint users_email_unique unique (email),
	constraint users_username_unique unique (username),
	constraint users_subject_has_issuer check ((issuer is null) = (subject is null)),
	constraint users_first_name_length check (char_length(first_name) between 1 and 100),
	constraint users_last_name_length check (char_length(last_name) between 1 and 100),
	constraint users_state_length check (char_length(state) <= 2),
	constraint users_zip_code_length check (char_length(zip_code) <= 10)
);

create trigger users_touch before update on app.users
	for each row when (old.* is distinct from new.*) execute function app.touch();

-- Invalidates cached users in every process. Sent inside the transaction, so that a crash cannot
-- leave a stale role behind.
create function app.notify_user() returns trigger language plpgsql as $$
begin
	perform pg_notify('binnacle_users', old.id::text);
	return null;
end $$;

create trigger users_notify after update of role, archived_at, issuer, subject or delete on app.users
	for each row execute function app.notify_user();
