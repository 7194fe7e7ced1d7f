-- Notifications that cannot be dismissed expire.

alter table app.notifications add column expires_at timestamptz(3);	-- no longer listed from then on

update app.notifications set expires_at = now() + interval '168 hours' where not dismissible;

-- Every change of a row sets updated_at, so a correction can prolong a notification by 7 days.
alter table app.notifications add constraint notifications_expiry check (
	dismissible or (expires_at is not null and expires_at <= updated_at + interval '168 hours'));

-- Who has read which message. Messages that had been read count as read by all who received them.

create table app.message_reads (
	message_id uuid not null,
	user_id uuid not null,
	read_at timestamptz(3) not null default now(),
	constraint message_reads_unique primary key (message_id, user_id),
	constraint message_reads_message foreign key (message_id) references app.messages on delete cascade,
	constraint message_reads_user foreign key (user_id) references app.users on delete cascade
);

insert into app.message_reads (message_id, user_id, read_at)
select m.id, u.id, m.read_at
from app.messages m
join app.users u on u.role >= 'SUPERVISOR' and u.archived_at is null and u.id <> m.sender_id
where m.read_at is not null and m.type = 'GUARD_TO_SUPERVISOR';

insert into app.message_reads (message_id, user_id, read_at)
select m.id, s.user_id, m.read_at
from app.messages m
join app.duty_sessions s on s.id = m.duty_session_id and s.user_id <> m.sender_id
where m.read_at is not null and m.type <> 'GUARD_TO_SUPERVISOR';

-- Replaced in sql/functions/messages.sql.
drop view if exists api.conversation;
drop function if exists api.find_thread(uuid, uuid, boolean);
