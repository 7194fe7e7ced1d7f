-- Direct messages belong to a pair of people: supervisors, or a supervisor and a guard who was off duty.

create table app.message_pairs (
	id uuid primary key default gen_random_uuid(),
	first_id uuid not null,
	second_id uuid not null,
	created_at timestamptz(3) not null default now(),
	constraint message_pairs_unique unique (first_id, second_id),
	constraint message_pairs_first foreign key (first_id) references app.users on delete restrict,
	constraint message_pairs_second foreign key (second_id) references app.users on delete restrict,
	constraint message_pairs_ordered check (first_id < second_id)
);

create index message_pairs_of_second on app.message_pairs (second_id);

alter type app.message_type add value 'DIRECT';

alter table app.messages alter column duty_session_id drop not null;
alter table app.messages add column pair_id uuid;
alter table app.messages add constraint messages_pair foreign key (pair_id) references app.message_pairs on delete restrict;
alter table app.messages add constraint messages_of_pair_unique unique (id, pair_id);
alter table app.messages add constraint messages_reply_to_direct foreign key (reply_to_id, pair_id) references app.messages (id, pair_id) on delete set null (reply_to_id);
-- A message belongs to a duty session, as broadcasts also do, or to a pair of people. (This
-- transaction cannot use the new value as an enum.)
alter table app.messages add constraint messages_thread check (
	case when type::text = 'DIRECT' then pair_id is not null and duty_session_id is null
	else duty_session_id is not null and pair_id is null end);

create index messages_direct on app.messages (pair_id, created_at, id) where pair_id is not null;
-- A direct message has one recipient, so read_at tells whether they have read it.
create index messages_direct_unread on app.messages (pair_id) where pair_id is not null and read_at is null;

-- Unread messages of guards are counted with app.message_reads.
drop index app.messages_unread;

-- Replaced in sql/functions/messages.sql.
drop function if exists api.find_thread(uuid, uuid, uuid, boolean);
drop function if exists api.lock_threads(uuid, app.role, uuid);
