-- Three shifts at four marinas and the headquarters: the previous one, the current one with the
-- users on duty, and the next one.
-- after: duty_sessions
insert into app.shifts (id, name, start_time, end_time, location_id)
select ('01900000-0000-7000-8000-0000000004' || place.n || watch.n)::uuid, watch.name,
	date_trunc('minute', now()) - watch.ago, date_trunc('minute', now()) - watch.ago + interval '8 hours', p.id
from (values
	(1, 'Atlantique Marina'), (2, 'Bay Shore Marina'), (3, 'East Islip Marina'), (4, 'West Islip Marina'),
	(5, 'HQ - Headquarters')
) place (n, name)
join app.locations p on p.name = place.name
cross join (values
	(1, 'Late watch', interval '11 hours'), (2, 'Night watch', interval '3 hours'), (3, 'Early watch', interval '-5 hours')
) watch (n, name, ago);

insert into app.shift_assignments (shift_id, start_time, user_id, role)
select s.id, s.start_time, u.id, t.role
from (values
	('11', 'clara.nystrom', 'PRIMARY'), ('12', 'rosa.brandt', 'PRIMARY'), ('13', 'wanda.kessler', 'PRIMARY'),
	('21', 'samir.haddad', 'PRIMARY'), ('22', 'jonas.whitlow', 'PRIMARY'), ('23', 'diego.harlan', 'PRIMARY'),
	('31', 'judith.vance', 'PRIMARY'), ('32', 'amina.sorel', 'PRIMARY'), ('33', 'mei.tanaka', 'PRIMARY'),
	('41', 'felix.moreau', 'PRIMARY'), ('42', 'luke.petrov', 'PRIMARY'), ('43', 'owen.barrow', 'PRIMARY'),
	('51', 'peter.ahlborn', 'SUPERVISOR'), ('52', 'salma.reyes', 'SUPERVISOR'), ('53', 'marek.dunn', 'SUPERVISOR'),
	('12', 'tessa.quill', 'BACKUP'), ('32', 'anton.grieg', 'BACKUP')
) t (shift, login, role)
join app.users u on u.email = t.login || '@marina.example'
join app.shifts s on s.id = ('01900000-0000-7000-8000-0000000004' || t.shift)::uuid;

update app.duty_sessions d set shift_id = a.shift_id
from app.shift_assignments a
where d.clock_out_time is null and a.user_id = d.user_id and a.shift_id::text like '01900000-0000-7000-8000-0000000004_2';
