-- A report without signatures.
-- after: logs
insert into app.incident_reports (log_id, incident_number, generated_by, guard_assigned_id, supervisor_assigned_id)
select l.id, 'INC-' || extract(year from l.created_at) || '-' || upper(right(l.id::text, 8)), s.id, l.user_id, s.id
from (select l.id, l.created_at, l.user_id from app.logs l where l.type = 'INCIDENT' and l.reviewed_by is not null
	order by l.created_at desc, l.id limit 1) l
join app.users s on s.email = 'marek.dunn@marina.example';
