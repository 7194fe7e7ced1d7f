-- A pattern of each marina, from which nothing has been generated yet.
-- after: locations, users
insert into app.recurring_patterns (id, name, location_id, start_time, end_time, days_of_week, start_date)
select ('01900000-0000-7000-8000-00000000050' || t.n)::uuid, 'Weekend nights', p.id, '22:00', '06:00', '{5,6}',
	current_date
from (values
	(1, 'Atlantique Marina'), (2, 'Bay Shore Marina'), (3, 'East Islip Marina'), (4, 'West Islip Marina')
) t (n, place)
join app.locations p on p.name = t.place;

insert into app.recurring_assignments (recurring_pattern_id, user_id, role)
select r.id, u.id, 'PRIMARY'
from (values
	('1', 'clara.nystrom'), ('2', 'samir.haddad'), ('3', 'judith.vance'), ('4', 'felix.moreau')
) t (n, login)
join app.users u on u.email = t.login || '@marina.example'
join app.recurring_patterns r on r.id = ('01900000-0000-7000-8000-00000000050' || t.n)::uuid;
