-- A report without signatures, one that Marek has signed, and one that Rosa still has to sign. The
-- latter is of an incident with fixed times, so that its digest is always the same.
-- after: logs
insert into app.incident_reports (id, log_id, incident_number, generated_by, guard_assigned_id, supervisor_assigned_id)
select '01900000-0000-7000-8000-000000000721', l.id,
	'INC-' || extract(year from l.created_at) || '-' || upper(right(l.id::text, 8)), s.id, l.user_id, s.id
from (select l.id, l.created_at, l.user_id from app.logs l where l.type = 'INCIDENT' and l.reviewed_by is not null
	order by l.created_at desc, l.id limit 1) l
join app.users s on s.email = 'marek.dunn@marina.example';

insert into app.incident_reports (id, log_id, incident_number, generated_at, generated_by, guard_assigned_id,
	supervisor_assigned_id, created_at, updated_at)
select '01900000-0000-7000-8000-000000000722', l.id,
	'INC-' || extract(year from l.created_at) || '-' || upper(right(l.id::text, 8)), l.reviewed_at, s.id, l.user_id, s.id,
	l.reviewed_at, l.reviewed_at
from app.logs l join app.users s on s.id = l.reviewed_by
where l.id = '01900000-0000-7000-8000-000000000706';

insert into app.report_texts (report_id, edition, content, digest, created_at)
select r.id, r.edition, t.content, api.digest_of(t.content), r.generated_at + interval '5 minutes'
from app.incident_reports r cross join lateral (select api.render_incident_report(r) as content) t
where r.id = '01900000-0000-7000-8000-000000000722';

insert into app.report_signatures (id, report_id, edition, signer, user_id, name, signed_at, ip_address)
select '01900000-0000-7000-8000-000000000731', r.id, r.edition, 'SUPERVISOR', s.id, s.first_name || ' ' || s.last_name,
	r.generated_at + interval '5 minutes', '192.0.2.17'
from app.incident_reports r join app.users s on s.id = r.supervisor_assigned_id
where r.id = '01900000-0000-7000-8000-000000000722';

update app.incident_reports r set supervisor_signature_id = '01900000-0000-7000-8000-000000000731'
where r.id = '01900000-0000-7000-8000-000000000722';

insert into app.logs (id, type, title, description, status, location_id, user_id, severity, incident_time,
	actions_taken, reviewed_by, reviewed_at, review_notes, created_at, updated_at)
select '01900000-0000-7000-8000-000000000707', 'INCIDENT', 'Gate forced at the winter store',
	'The padlock was cut; nothing is missing.', 'UPDATED', p.id, rosa.id, 'MEDIUM', '2026-01-17 03:10Z',
	'Closed the gate with a chain and informed the owner.', marek.id, '2026-01-17 09:00Z', 'New padlock ordered.',
	'2026-01-17 03:30Z', '2026-01-17 09:00Z'
from app.locations p
join app.users rosa on rosa.email = 'rosa.brandt@marina.example'
join app.users marek on marek.email = 'marek.dunn@marina.example'
where p.name = 'Atlantique Marina';

insert into app.incident_reports (id, log_id, incident_number, generated_at, generated_by, guard_assigned_id,
	supervisor_assigned_id, created_at, updated_at)
select '01900000-0000-7000-8000-000000000723', l.id, 'INC-2026-00000707', '2026-01-17 09:00Z', l.reviewed_by, l.user_id,
	l.reviewed_by, '2026-01-17 09:00Z', '2026-01-17 09:00Z'
from app.logs l where l.id = '01900000-0000-7000-8000-000000000707';
