-- State of event delivery: the processes, the database's epoch, and the progress of event expiry.

-- Part of live.epoch(); one row.
create table live.epoch (
	id uuid not null default gen_random_uuid(),
	one boolean not null default true,
	constraint epoch_one primary key (one),
	constraint epoch_is_one check (one)
);

insert into live.epoch default values;

-- Each process updates its row periodically; a row without an update for a minute is stale.
-- (Unlogged: the next update restores it after a crash.)
create unlogged table live.processes (
	id uuid primary key,
	connections integer not null,
	subscriptions integer not null,
	seen_at timestamptz(3) not null default now()
);

-- Events are deleted in order of time; all up to this time have been visited. One row.
create table live.event_expiry (
	until timestamptz(3) not null default '-infinity',
	one boolean not null default true,
	constraint event_expiry_one primary key (one),
	constraint event_expiry_is_one check (one)
);

insert into live.event_expiry default values;

create index events_at on live.events (at);
