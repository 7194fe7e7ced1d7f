-- Notifications that have not been dismissed.
-- after: users
insert into app.notifications (id, user_id, type, priority, title, message, created_at, updated_at)
select t.id::uuid, u.id, t.type::app.notification_type, t.priority::app.priority, t.title, t.message, now() - t.ago, now() - t.ago
from (values
	('01900000-0000-7000-8000-000000000751', null, 'INFO', 'LOW', 'New lamps on Thursday',
		'The electrician will be at Maple Avenue at nine.', interval '4 hours'),
	('01900000-0000-7000-8000-000000000752', 'rosa.brandt', 'INFO', 'MEDIUM', 'Fuel dock key',
		'It is back in the office.', interval '2 hours'),
	('01900000-0000-7000-8000-000000000753', 'marek.dunn', 'ALERT', 'URGENT', 'An incident needs your review',
		'Stranger on the fuel dock: not yet reviewed.', interval '1 hour')
) t (id, login, type, priority, title, message, ago)
left join app.users u on u.email = t.login || '@marina.example';
