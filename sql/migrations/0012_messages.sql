-- Messages between guards on duty and supervisors. A thread belongs to a duty session.

create type app.message_type as enum ('GUARD_TO_SUPERVISOR', 'SUPERVISOR_TO_GUARD', 'BROADCAST');

create table app.messages (
	id uuid primary key default gen_random_uuid(),
	content text not null,
	type app.message_type not null,
	sender_id uuid not null,
	duty_session_id uuid not null,	-- always the guard's
	reply_to_id uuid,
	read_at timestamptz(3),	-- time of the first reading
	read_by uuid[] not null default '{}',	-- readers of a broadcast
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint messages_of_thread_unique unique (id, duty_session_id),
	constraint messages_sender foreign key (sender_id) references app.users on delete restrict,
	constraint messages_session foreign key (duty_session_id) references app.duty_sessions on delete cascade,
	-- A reply belongs to the same thread as its original, and is kept when that is deleted.
	constraint messages_reply_to foreign key (reply_to_id, duty_session_id) references app.messages (id, duty_session_id) on delete set null (reply_to_id),
	constraint messages_content_length check (char_length(content) between 1 and 1000),
	constraint messages_read_by check (type = 'BROADCAST' or read_by = '{}')
);

create trigger messages_touch before update on app.messages
	for each row when (old.* is distinct from new.*) execute function app.touch();

create index messages_of_thread on app.messages (duty_session_id, created_at, id);
create index messages_replies on app.messages (reply_to_id) where reply_to_id is not null;
create index messages_unread on app.messages (duty_session_id)
	where read_at is null and type = 'GUARD_TO_SUPERVISOR';
