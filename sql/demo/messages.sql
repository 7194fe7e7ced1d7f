-- Messages of this night; two are unread.
-- after: duty_sessions
insert into app.messages (content, type, sender_id, duty_session_id, read_at, created_at, updated_at)
select t.content, t.type::app.message_type, u.id, d.id, now() - t.read, now() - t.ago, now() - coalesce(t.read, t.ago)
from (values
	('jonas.whitlow', 'jonas.whitlow', 'GUARD_TO_SUPERVISOR', 'The pump at the west end is running hot. Should I switch it off?', interval '50 minutes', interval '46 minutes'),
	('salma.reyes', 'jonas.whitlow', 'SUPERVISOR_TO_GUARD', 'Yes, please. I am sending the electrician.', interval '45 minutes', interval '44 minutes'),
	('rosa.brandt', 'rosa.brandt', 'GUARD_TO_SUPERVISOR', 'Two lines at berth 12 are chafing; I doubled them.', interval '25 minutes', null),
	('rosa.brandt', 'rosa.brandt', 'GUARD_TO_SUPERVISOR', 'The stranger is back at the fence. Can someone come?', interval '6 minutes', null)
) t (login, guard, type, content, ago, read)
join app.users u on u.email = t.login || '@marina.example'
join app.users w on w.email = t.guard || '@marina.example'
join app.duty_sessions d on d.user_id = w.id and d.clock_out_time is null;
