-- Notifications that have not been dismissed.
-- after: users
insert into app.notifications (user_id, type, priority, title, message, created_at, updated_at)
select u.id, t.type::app.notification_type, t.priority::app.priority, t.title, t.message, now() - t.ago, now() - t.ago
from (values
	(null, 'INFO', 'LOW', 'New lamps on Thursday', 'The electrician will be at Maple Avenue at nine.', interval '4 hours'),
	('rosa.brandt', 'INFO', 'MEDIUM', 'Fuel dock key', 'It is back in the office.', interval '2 hours'),
	('marek.dunn', 'ALERT', 'URGENT', 'An incident needs your review', 'Stranger on the fuel dock: not yet reviewed.', interval '1 hour')
) t (login, type, priority, title, message, ago)
left join app.users u on u.email = t.login || '@marina.example';
