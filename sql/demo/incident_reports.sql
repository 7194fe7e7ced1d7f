-- A report without signatures, and one that Rosa still has to sign.
-- after: logs
insert into app.incident_reports (id, log_id, incident_number, generated_by, guard_assigned_id, supervisor_assigned_id)
select '01900000-0000-7000-8000-000000000721', l.id,
	'INC-' || extract(year from l.created_at) || '-' || upper(right(l.id::text, 8)), s.id, l.user_id, s.id
from (select l.id, l.created_at, l.user_id from app.logs l where l.type = 'INCIDENT' and l.reviewed_by is not null
	order by l.created_at desc, l.id limit 1) l
join app.users s on s.email = 'marek.dunn@marina.example';

insert into app.incident_reports (id, log_id, incident_number, generated_at, generated_by, guard_assigned_id,
	supervisor_assigned_id, supervisor_signed_by, supervisor_signed_name, supervisor_signed_at,
	supervisor_signed_ip_address, created_at, updated_at)
select '01900000-0000-7000-8000-000000000722', l.id,
	'INC-' || extract(year from l.created_at) || '-' || upper(right(l.id::text, 8)), l.reviewed_at, s.id, l.user_id, s.id,
	s.id, s.first_name || ' ' || s.last_name, l.reviewed_at + interval '5 minutes', '192.0.2.17', l.reviewed_at,
	l.reviewed_at + interval '5 minutes'
from app.logs l join app.users s on s.id = l.reviewed_by
where l.id = '01900000-0000-7000-8000-000000000706';
