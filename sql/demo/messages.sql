-- Messages of this night; the last three are unread.
-- after: duty_sessions
insert into app.messages (id, content, type, sender_id, duty_session_id, reply_to_id, read_at, created_at, updated_at)
select t.id::uuid, t.content, t.type::app.message_type, u.id, d.id, t.reply_to::uuid,
	now() - t.read, now() - t.ago, now() - coalesce(t.read, t.ago)
from (values
	('01900000-0000-7000-8000-000000000741', 'jonas.whitlow', 'jonas.whitlow', 'GUARD_TO_SUPERVISOR',
		'The pump at the west end is running hot. Should I switch it off?', null::text,
		interval '50 minutes', interval '46 minutes'),
	('01900000-0000-7000-8000-000000000742', 'salma.reyes', 'jonas.whitlow', 'SUPERVISOR_TO_GUARD',
		'Yes, please. I am sending the electrician.', '01900000-0000-7000-8000-000000000741',
		interval '45 minutes', interval '44 minutes'),
	('01900000-0000-7000-8000-000000000743', 'rosa.brandt', 'rosa.brandt', 'GUARD_TO_SUPERVISOR',
		'Two lines at berth 12 are chafing; I doubled them.', null,
		interval '25 minutes', null),
	('01900000-0000-7000-8000-000000000744', 'salma.reyes', 'rosa.brandt', 'SUPERVISOR_TO_GUARD',
		'Thank you. I will look at them on my tour.', '01900000-0000-7000-8000-000000000743',
		interval '19 minutes', null),
	('01900000-0000-7000-8000-000000000745', 'rosa.brandt', 'rosa.brandt', 'GUARD_TO_SUPERVISOR',
		'The stranger is back at the fence. Can someone come?', null,
		interval '6 minutes', null)
) t (id, login, guard, type, content, reply_to, ago, read)
join app.users u on u.email = t.login || '@marina.example'
join app.users w on w.email = t.guard || '@marina.example'
join app.duty_sessions d on d.user_id = w.id and d.clock_out_time is null;

insert into app.message_reads (message_id, user_id, read_at)
select m.id, u.id, m.read_at
from app.messages m
join app.duty_sessions d on d.id = m.duty_session_id
join app.users u on case m.type when 'GUARD_TO_SUPERVISOR' then u.role >= 'SUPERVISOR' else u.id = d.user_id end
where m.read_at is not null;

-- Salma writes to another supervisor, and to a guard off duty.
insert into app.message_pairs (id, first_id, second_id) values
	('01900000-0000-7000-8000-000000000748', '01900000-0000-7000-8000-000000000105',
		'01900000-0000-7000-8000-000000000106'),
	('01900000-0000-7000-8000-000000000749', '01900000-0000-7000-8000-000000000106',
		'01900000-0000-7000-8000-000000000113');

insert into app.messages (id, content, type, sender_id, pair_id, read_at, created_at, updated_at)
select t.id::uuid, t.content, 'DIRECT', t.sender::uuid, t.pair::uuid, now() - t.read, now() - t.ago, now() - coalesce(t.read, t.ago)
from (values
	('01900000-0000-7000-8000-000000000746', '01900000-0000-7000-8000-000000000748',
		'01900000-0000-7000-8000-000000000106',
		'The west pump is off until the electrician has been.', interval '40 minutes', interval '38 minutes'),
	('01900000-0000-7000-8000-000000000747', '01900000-0000-7000-8000-000000000749',
		'01900000-0000-7000-8000-000000000106',
		'Can you take the night shift on Friday?', interval '12 minutes', null)
) t (id, pair, sender, content, ago, read);
