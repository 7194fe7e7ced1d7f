-- Comments on the newest incidents.
-- after: logs
insert into app.comments (id, log_id, user_id, content, created_at, updated_at)
select ('01900000-0000-7000-8000-00000000071' || row_number() over (order by l.created_at desc, t.later))::uuid, l.id, u.id,
	t.content, l.created_at + t.later, l.created_at + t.later
from (select l.id, l.created_at from app.logs l where l.type = 'INCIDENT'
	order by l.created_at desc, l.id limit 2) l
cross join (values
	('jonas.whitlow', 'Saw them too; a grey van was parked at the gate.', interval '9 minutes'),
	('salma.reyes', 'Thank you. I will check the fuel dock camera.', interval '16 minutes')
) t (login, content, later)
join app.users u on u.email = t.login || '@marina.example';
