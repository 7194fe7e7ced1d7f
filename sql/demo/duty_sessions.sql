-- The night shift: four guards at their locations, and a supervisor who was at Bay Shore and is now
-- at Atlantique; until the supervisor came, Rosa also covered Maple Avenue. Peter has not clocked
-- out after the late watch. Also the sessions of the five nights before.
-- after: locations, users
insert into app.duty_sessions (id, user_id, location_id, clock_in_time, created_at, updated_at)
select t.id::uuid, u.id, p.id, now() - t.ago, now() - t.ago, now() - t.ago
from (values
	('01900000-0000-7000-8000-000000000201', 'rosa.brandt', 'Atlantique Marina', interval '3 hours 12 minutes'),
	('01900000-0000-7000-8000-000000000202', 'jonas.whitlow', 'Bay Shore Marina', interval '3 hours 5 minutes'),
	('01900000-0000-7000-8000-000000000203', 'amina.sorel', 'East Islip Marina', interval '3 hours 1 minute'),
	('01900000-0000-7000-8000-000000000204', 'luke.petrov', 'West Islip Marina', interval '2 hours 48 minutes'),
	('01900000-0000-7000-8000-000000000205', 'salma.reyes', null, interval '2 hours 55 minutes'),
	('01900000-0000-7000-8000-000000000206', 'peter.ahlborn', null, interval '11 hours 4 minutes')
) t (id, login, place, ago)
join app.users u on u.email = t.login || '@marina.example'
left join app.locations p on p.name = t.place;

insert into app.duty_sessions (user_id, location_id, clock_in_time, clock_out_time, notes, created_at, updated_at)
select d.user_id, d.location_id, d.clock_in_time - n * interval '1 day',
	d.clock_in_time - n * interval '1 day' + interval '8 hours',
	case when n % 2 = 0 then 'All quiet; keys handed over.' end,
	d.clock_in_time - n * interval '1 day', d.clock_in_time - n * interval '1 day' + interval '8 hours'
from app.duty_sessions d cross join generate_series(1, 5) n;

insert into app.location_check_ins (id, duty_session_id, location_id, user_id, check_in_time, check_out_time, notes,
	created_at, updated_at)
select t.id::uuid, d.id, p.id, d.user_id, now() - t.arrived_ago, now() - t.left_ago, t.notes, now() - t.arrived_ago,
	now() - coalesce(t.left_ago, t.arrived_ago)
from (values
	('01900000-0000-7000-8000-000000000221', 'rosa.brandt', 'Maple Avenue Dock', interval '3 hours', null,
		'The last ferry is in; the parking is closed.'),
	('01900000-0000-7000-8000-000000000222', 'salma.reyes', 'Bay Shore Marina', interval '2 hours 10 minutes',
		interval '1 hour 35 minutes', 'Round of the docks with Jonas.'),
	('01900000-0000-7000-8000-000000000223', 'salma.reyes', 'Atlantique Marina', interval '20 minutes', null, null)
) t (id, login, place, arrived_ago, left_ago, notes)
join app.locations p on p.name = t.place
join app.users u on u.email = t.login || '@marina.example'
join app.duty_sessions d on d.user_id = u.id and d.clock_out_time is null;
