-- What the streams need beside the events: who streams, which database this is, and how far
-- old events were dropped.

-- Part of what live.epoch() says; one row.
create table live.epoch (
	id uuid not null default gen_random_uuid(),
	one boolean not null default true,
	constraint epoch_one primary key (one),
	constraint epoch_is_one check (one)
);

insert into live.epoch default values;

-- Every process says how many it serves, again and again; who has not for a minute is gone.
-- (Not worth a place in the log of the database: they say it again.)
create unlogged table live.processes (
	id uuid primary key,
	connections integer not null,
	subscriptions integer not null,
	seen_at timestamptz(3) not null default now()
);

-- Events are dropped in the order of their times; up to this one it was done. One row.
create table live.dropped (
	until timestamptz(3) not null default '-infinity',
	one boolean not null default true,
	constraint dropped_one primary key (one),
	constraint dropped_is_one check (one)
);

insert into live.dropped default values;

create index events_at on live.events (at);
