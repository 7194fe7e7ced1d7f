-- Events. Each has an offset in its channel: 1, 2, 3 … without gaps.

create table live.events (
	channel text not null,
	"offset" bigint not null,
	type text not null,
	data jsonb not null,
	at timestamptz(3) not null default now(),
	constraint events_channel_offset primary key (channel, "offset")
);
