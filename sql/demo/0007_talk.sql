-- Comments on the newest incidents, messages of which two are unread, undismissed notifications,
-- two visitors of whom one is still present, and a report without signatures.
insert into app.comments (log_id, user_id, content, created_at, updated_at)
select l.id, u.id, t.content, l.created_at + t.later, l.created_at + t.later
from (select l.id, l.created_at from app.logs l where l.type = 'INCIDENT'
	order by l.created_at desc, l.id limit 2) l
cross join (values
	('jonas.whitlow', 'Saw them too; a grey van was parked at the gate.', interval '9 minutes'),
	('salma.reyes', 'Thank you. I will check the fuel dock camera.', interval '16 minutes')
) t (who, content, later)
join app.users u on u.email = t.who || '@marina.example';

insert into app.notifications (user_id, type, priority, title, message, created_at, updated_at)
select u.id, t.type::app.notification_type, t.priority::app.priority, t.title, t.message, now() - t.ago, now() - t.ago
from (values
	(null, 'INFO', 'LOW', 'New lamps on Thursday', 'The electrician will be at Maple Avenue at nine.', interval '4 hours'),
	('rosa.brandt', 'INFO', 'MEDIUM', 'Fuel dock key', 'It is back in the office.', interval '2 hours'),
	('marek.dunn', 'ALERT', 'URGENT', 'An incident needs your review', 'Stranger on the fuel dock: not yet reviewed.', interval '1 hour')
) t (who, type, priority, title, message, ago)
left join app.users u on u.email = t.who || '@marina.example';

insert into app.visitors (first_name, last_name, company, purpose, location_id, check_in_time, check_out_time,
	expected_duration, checked_in_by, checked_out_by, license_plate, badge_number, created_at, updated_at)
select t.first_name, t.last_name, t.company, t.purpose, p.id, now() - t.came, now() - t.went, 60, u.id,
	case when t.went is not null then u.id end, t.plate, t.badge, now() - t.came, now() - coalesce(t.went, t.came)
from (values
	('Nils', 'Aker', 'Bay Fuel', 'Reading the fuel dock meters', interval '2 hours', interval '70 minutes', 'NY 4711', 'V-3'),
	('Carla', 'Reuss', null, 'Guest on the ketch at berth 12', interval '50 minutes', null, null, 'V-4')
) t (first_name, last_name, company, purpose, came, went, plate, badge)
join app.locations p on p.name = 'Atlantique Marina'
join app.users u on u.email = 'rosa.brandt@marina.example';

insert into app.incident_reports (log_id, incident_number, generated_by, guard_assigned_id, supervisor_assigned_id)
select l.id, 'INC-' || extract(year from l.created_at) || '-' || upper(right(l.id::text, 8)), s.id, l.user_id, s.id
from (select l.id, l.created_at, l.user_id from app.logs l where l.type = 'INCIDENT' and l.reviewed_by is not null
	order by l.created_at desc, l.id limit 1) l
join app.users s on s.email = 'marek.dunn@marina.example';

insert into app.messages (content, type, sender_id, duty_session_id, read_at, created_at, updated_at)
select t.content, t.type::app.message_type, u.id, d.id, now() - t.read, now() - t.ago, now() - coalesce(t.read, t.ago)
from (values
	('jonas.whitlow', 'jonas.whitlow', 'GUARD_TO_SUPERVISOR', 'The pump at the west end is running hot. Should I switch it off?', interval '50 minutes', interval '46 minutes'),
	('salma.reyes', 'jonas.whitlow', 'SUPERVISOR_TO_GUARD', 'Yes, please. I am sending the electrician.', interval '45 minutes', interval '44 minutes'),
	('rosa.brandt', 'rosa.brandt', 'GUARD_TO_SUPERVISOR', 'Two lines at berth 12 are chafing; I doubled them.', interval '25 minutes', null),
	('rosa.brandt', 'rosa.brandt', 'GUARD_TO_SUPERVISOR', 'The stranger is back at the fence. Can someone come?', interval '6 minutes', null)
) t (who, whose, type, content, ago, read)
join app.users u on u.email = t.who || '@marina.example'
join app.users w on w.email = t.whose || '@marina.example'
join app.duty_sessions d on d.user_id = w.id and d.clock_out_time is null;
