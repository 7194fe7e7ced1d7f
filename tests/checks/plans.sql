-- plans.sql: two years of a logbook: 200,000 logs by 25 users at 15 locations, with values that are
-- common, rare and absent; 50,000 duty sessions; 20,000 check-ins; and 20,000 users who are VISITORs.
--
-- The indexes of app.logs are created at the end. plans_ids.py names some of the rows.

begin;

set local session_replication_role = replica;	-- foreign keys are valid; do not check them
create temp table dropped_indexes as
select i.indexname, i.indexdef from pg_indexes i
where i.schemaname = 'app' and i.tablename = 'logs' and i.indexname <> 'logs_pkey';
do $$
declare
	name text;
begin
	for name in select indexname from dropped_indexes loop
		execute format('drop index app.%I', name);
	end loop;
end $$;

select setseed(0.42);

insert into app.users (id, email, first_name, last_name, role)
select ('01900000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid, 'user' || n || '@example.com',
	'First' || n, 'Last' || n, 'GUARD'
from generate_series(1, 25) n;

insert into app.users (id, email, first_name, last_name, role)
select ('01900000-0000-7000-8001-0000000000f' || n)::uuid, 'admin' || n || '@example.com', 'Admin', 'One',
	'SUPER_ADMIN'
from generate_series(1, 2) n;

insert into app.users (id, email, first_name, last_name, role, archived_at)
select ('01900000-0000-7000-8004-' || lpad(to_hex(n), 12, '0'))::uuid, 'visitor' || n || '@example.com',
	'First' || n, 'Last' || n, 'VISITOR', case when n % 5 = 0 then timestamptz '2026-10-01 00:00+00' end
from generate_series(1, 20000) n;

insert into app.users (id, first_name, last_name, role, issuer, subject)
values ('01900000-0000-7000-8004-000000004e21', 'Some', 'Body', 'VISITOR', 'https://id', 'signed-in');

insert into app.users (id, first_name, last_name, role, issuer, subject, is_anonymous)
values ('01900000-0000-7000-8004-000000004e22', 'Unknown', 'User', 'VISITOR', 'https://id', 'anonymous', true);

insert into app.locations (id, name)
select ('01900000-0000-7000-8002-' || lpad(to_hex(n), 12, '0'))::uuid, 'Location ' || n
from generate_series(1, 15) n;

insert into app.api_keys (id, name, digest, beginning, scopes)
values ('01900000-0000-7000-8009-000000000001', 'Key', repeat('0', 64), 'bnk_', '{places:read}');

create temp table sentences as
select s, string_agg(word, ' ' order by random()) as words
from generate_series(0, 199) s
cross join unnest(string_to_array('lines fenders gate lamp checked locked walked quiet wind rain '
	'boat guest berth engine water night called police noted key', ' ')) word
where random() < 0.3
group by s;

-- A log every five minutes. One in 10 is archived and about one in 1,000 is a draft; none has the type
-- WEATHER; one in 20,000 contains the word albatross.
insert into app.logs (id, type, title, description, status, location_id, user_id, severity, created_at,
	updated_at, archived_at, published_at, revision)
select ('01900000-0000-7000-8003-' || lpad(to_hex(n), 12, '0'))::uuid,
	(array['PATROL', 'PATROL', 'PATROL', 'PATROL', 'PATROL', 'VISITOR_CHECKIN', 'MAINTENANCE', 'OTHER',
		'ON_DUTY_CHECKLIST', 'INCIDENT'])[1 + floor(r1 * 10)]::app.log_type,
	'Round ' || n || ' of the ' || (array['docks', 'gate', 'fuel berth', 'office', 'ramp'])[1 + n % 5],
	coalesce(s.words, 'nothing') || case when n % 20000 = 0 then ' albatross' else '' end,
	state::app.record_status,
	('01900000-0000-7000-8002-' || lpad(to_hex(1 + floor(r3 * 15)::integer), 12, '0'))::uuid,
	('01900000-0000-7000-8001-' || lpad(to_hex(1 + floor(r4 * 25)::integer), 12, '0'))::uuid,
	case when r5 < 0.3 then (array['LOW', 'LOW', 'LOW', 'MEDIUM', 'MEDIUM', 'HIGH'])[1 + floor(r5 * 20)]::app.severity
		when r5 < 0.31 then 'CRITICAL' end,
	t, t, case when state = 'ARCHIVED' then t + interval '1 day' end, case when state <> 'DRAFT' then t end,
	case when state = 'UPDATED' then 2 else 1 end
from (
	select n, random() as r1, random() as r2, random() as r3, random() as r4, random() as r5,
		timestamptz '2026-11-01 00:00+00' - (200000 - n) * interval '5 minutes' as t,
		case when n % 10 = 0 then 'ARCHIVED' when n % 997 = 0 then 'DRAFT' when n % 7 = 0 then 'UPDATED'
			else 'LIVE' end as state
	from generate_series(1, 200000) n) g
left join sentences s on s.s = floor(g.r2 * 200);

-- An incident that has not been reviewed.
insert into app.logs (id, type, title, description, severity, location_id, user_id)
values ('01900000-0000-7000-8003-0000000fffff', 'INCIDENT', 'Lamp out', 'Dark.', 'HIGH',
	'01900000-0000-7000-8002-000000000003', '01900000-0000-7000-8001-000000000003');

insert into app.log_edits (log_id, edited_by, field_changed, old_value, new_value, revision)
select l.id, l.user_id, 'title', '"a"', '"b"', 1 from app.logs l where l.status = 'UPDATED';

-- Two messages in most threads, and two hundred in one of the third guard (GUARD).
insert into app.messages (id, content, type, sender_id, duty_session_id, read_at, created_at)
select ('01900000-0000-7000-800e-' || lpad(to_hex(n), 12, '0'))::uuid, 'Lamp out.', 'GUARD_TO_SUPERVISOR',
	('01900000-0000-7000-8001-' || lpad(to_hex(case when n <= 200 then 3 else 1 + n % 25 end), 12, '0'))::uuid,
	('01900000-0000-7000-8005-' || lpad(to_hex(case when n <= 200 then 49977 else 1 + n % 50000 end), 12, '0'))::uuid,
	case when n % 10 > 0 and n > 1 then timestamptz '2026-11-01 00:00+00' end,
	timestamptz '2025-08-31 23:00+00' + n * interval '5 minutes'
from generate_series(1, 100000) n;

-- Twenty thousand direct messages of a guard and an administrator, the last ten of which are not read, and some
-- of the other guards.
insert into app.message_pairs (id, first_id, second_id)
select ('01900000-0000-7000-8014-' || lpad(to_hex(n), 12, '0'))::uuid,
	('01900000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid, '01900000-0000-7000-8001-0000000000f1'
from generate_series(1, 25) n;

insert into app.messages (id, content, type, sender_id, pair_id, read_at, created_at)
select ('01900000-0000-7000-8013-' || lpad(to_hex(n), 12, '0'))::uuid, 'Lamp out.', 'DIRECT', p.first_id, p.id,
	case when n > 10 then timestamptz '2026-11-01 00:00+00' end,
	timestamptz '2026-10-31 23:00+00' - n * interval '5 minutes'
from generate_series(1, 30000) n
join app.message_pairs p
on p.id = ('01900000-0000-7000-8014-' || lpad(to_hex(case when n <= 20000 then 3 else 1 + n % 25 end), 12, '0'))::uuid;

-- A hundred comments on one log, and one on each of many others.
insert into app.comments (id, log_id, user_id, content, created_at)
select ('01900000-0000-7000-800b-' || lpad(to_hex(n), 12, '0'))::uuid,
	('01900000-0000-7000-8003-' || lpad(to_hex(case when n <= 100 then 1 else 10 * n end), 12, '0'))::uuid,
	('01900000-0000-7000-8001-' || lpad(to_hex(1 + n % 25), 12, '0'))::uuid, 'Seen it, too.',
	timestamptz '2025-09-01 00:00+00' + n * interval '1 minute'
from generate_series(1, 20000) n;

-- Notes, of which every fourth is public; a hundred comments on one of them, and a few on many others.
insert into app.notes (id, owner_id, title, content, is_public, published_at, created_at)
select ('01900000-0000-7000-8011-' || lpad(to_hex(n), 12, '0'))::uuid,
	case when n <= 200 then '01900000-0000-7000-8001-000000000003'
		else ('01900000-0000-7000-8004-' || lpad(to_hex(1 + n % 1000), 12, '0'))::uuid end,
	'Note ' || n, 'Milk. ' || repeat('bread ', n % 50), n % 4 = 0, case when n % 4 = 0 then t + interval '1 hour' end, t
from (select n, timestamptz '2025-05-01 00:00+00' + n * interval '10 minutes' as t
	from generate_series(1, 50000) n) g;

insert into app.comments (id, note_id, user_id, content, created_at)
select ('01900000-0000-7000-8012-' || lpad(to_hex(n), 12, '0'))::uuid,
	('01900000-0000-7000-8011-' || lpad(to_hex(case when n <= 100 then 4 else 1 + n % 50000 end), 12, '0'))::uuid,
	('01900000-0000-7000-8001-' || lpad(to_hex(1 + n % 25), 12, '0'))::uuid, 'Well said.',
	timestamptz '2025-09-01 00:00+00' + n * interval '1 minute'
from generate_series(1, 20000) n;

-- Three notes of an anonymous user, each with a comment.
insert into app.notes (id, owner_id, content)
select ('01900000-0000-7000-8011-' || lpad(to_hex(50000 + n), 12, '0'))::uuid,
	'01900000-0000-7000-8004-000000004e22', 'Milk.'
from generate_series(1, 3) n;

insert into app.comments (id, note_id, user_id, content)
select ('01900000-0000-7000-8012-' || lpad(to_hex(20000 + n), 12, '0'))::uuid,
	('01900000-0000-7000-8011-' || lpad(to_hex(50000 + n), 12, '0'))::uuid,
	'01900000-0000-7000-8004-000000004e22', 'And bread.'
from generate_series(1, 3) n;

-- Eight hundred notifications of each guard, a few of which are not dismissed, and some for all users.
insert into app.notifications (id, user_id, priority, title, message, dismissed_at, created_at)
select ('01900000-0000-7000-800a-' || lpad(to_hex(n), 12, '0'))::uuid,
	case when n % 400 <> 0 then ('01900000-0000-7000-8001-' || lpad(to_hex(n / 32 % 25 + 1), 12, '0'))::uuid end,
	(array['LOW', 'MEDIUM', 'MEDIUM', 'HIGH', 'URGENT'])[1 + n % 5]::app.priority, 'News ' || n, 'Lamp out.',
	case when n % 400 <> 0 and n % 32 > 1 then timestamptz '2026-10-01 00:00+00' end,
	timestamptz '2026-01-01 00:00+00' + n * interval '10 minutes'
from generate_series(1, 20000) n;

-- A visitor every half hour; the last hundred are not checked out.
insert into app.visitors (id, first_name, last_name, company, location_id, check_in_time, check_out_time,
	checked_in_by, checked_out_by)
select ('01900000-0000-7000-800c-' || lpad(to_hex(n), 12, '0'))::uuid, 'Guest' || n, 'Last' || n % 97, 'Fuel',
	('01900000-0000-7000-8002-' || lpad(to_hex(1 + n % 15), 12, '0'))::uuid, t,
	case when n <= 19900 then t + interval '2 hours' end, by, case when n <= 19900 then by end
from (
	select n, timestamptz '2026-11-01 00:00+00' - (20000 - n) * interval '30 minutes' as t,
		('01900000-0000-7000-8001-' || lpad(to_hex(1 + n % 25), 12, '0'))::uuid as by
	from generate_series(1, 20000) n) g;

insert into app.logs (id, type, title, description, location_id, user_id)
values ('01900000-0000-7000-8003-0000000ffffe', 'INCIDENT', 'Lamp out', 'Dark.',
	'01900000-0000-7000-8002-000000000003', '01900000-0000-7000-8001-000000000003');

insert into app.incident_reports (id, log_id, incident_number, generated_at, generated_by, guard_assigned_id,
	supervisor_assigned_id)
select ('01900000-0000-7000-800d-' || lpad(to_hex(n), 12, '0'))::uuid,
	('01900000-0000-7000-8003-' || lpad(to_hex(100 * n), 12, '0'))::uuid, 'INC-' || n,
	timestamptz '2025-01-01 00:00+00' + n * interval '8 hours', '01900000-0000-7000-8001-0000000000f1',
	'01900000-0000-7000-8001-000000000003', '01900000-0000-7000-8001-0000000000f1'
from generate_series(1, 2000) n;

-- The body of a request by which the guard signs the report.
create function public.signature_of(p_report uuid) returns jsonb language sql stable as $$
	select jsonb_build_object('signer_type', 'GUARD', 'digest', api.digest_of(api.incident_report_content(r)))
	from app.incident_reports r where r.id = p_report
$$;

insert into app.report_texts (report_id, edition, content, digest)
select r.id, 1, '{}', encode(sha256('{}'), 'hex') from app.incident_reports r
where r.id <> '01900000-0000-7000-800d-000000000001';

insert into app.report_signatures (id, report_id, edition, signer, user_id, name)
select r.id, r.id, 1, 'SUPERVISOR', r.supervisor_assigned_id, 'Some Boss' from app.incident_reports r
where r.id <> '01900000-0000-7000-800d-000000000001';

update app.incident_reports r set supervisor_signature_id = r.id
where r.id <> '01900000-0000-7000-800d-000000000001';

insert into live.events (channel, "offset", type, data)
select 'location:' || l.location_id, row_number() over (partition by l.location_id), 'log.created', '{}'
from app.logs l;

update live.events e set at = e.at - interval '30 days'
where e.channel = 'location:01900000-0000-7000-8002-000000000003' and e."offset" <= 50;

-- A duty session every twenty minutes; the last one of each guard is open. GUARD's is at LOCATION.
insert into app.duty_sessions (id, user_id, location_id, clock_in_time, clock_out_time)
select ('01900000-0000-7000-8005-' || lpad(to_hex(n), 12, '0'))::uuid,
	('01900000-0000-7000-8001-' || lpad(to_hex(1 + n % 25), 12, '0'))::uuid,
	('01900000-0000-7000-8002-' || lpad(to_hex(1 + n % 25 % 15), 12, '0'))::uuid,
	t, case when n <= 49975 then t + interval '8 hours' end
from (select n, timestamptz '2026-11-01 00:00+00' - (50000 - n) * interval '20 minutes' as t
	from generate_series(1, 50000) n) g;

insert into app.location_check_ins (id, duty_session_id, location_id, user_id, check_in_time, check_out_time)
select ('01900000-0000-7000-8006-' || lpad(to_hex(n), 12, '0'))::uuid,
	('01900000-0000-7000-8005-' || lpad(to_hex(n), 12, '0'))::uuid,
	('01900000-0000-7000-8002-' || lpad(to_hex(1 + n % 15), 12, '0'))::uuid,
	('01900000-0000-7000-8001-' || lpad(to_hex(case when n = 20000 then 241 else 1 + n % 25 end), 12, '0'))::uuid,
	t, case when n < 20000 then t + interval '10 minutes' end
from (select n, timestamptz '2026-11-01 00:00+00' - (20000 - n) * interval '50 minutes' as t
	from generate_series(1, 20000) n) g;

-- Three shifts a day at each location, each with two of the 25 guards, and some with a supervisor. Those of the last 5
-- days were generated from the patterns of their locations.
insert into app.recurring_patterns (id, name, location_id, start_time, end_time, days_of_week, start_date)
select ('01900000-0000-7000-800f-' || lpad(to_hex(n), 12, '0'))::uuid, 'Watch ' || n,
	('01900000-0000-7000-8002-' || lpad(to_hex(n), 12, '0'))::uuid, '22:00', '06:00', '{0,1,2,3,4,5,6}', '2026-11-21'
from generate_series(1, 15) n;
insert into app.recurring_assignments (recurring_pattern_id, user_id)
select ('01900000-0000-7000-800f-' || lpad(to_hex(n), 12, '0'))::uuid,
	('01900000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid
from generate_series(1, 15) n;
insert into app.shifts (id, name, start_time, end_time, location_id, recurring_pattern_id)
select ('01900000-0000-7000-8010-' || lpad(to_hex(n), 12, '0'))::uuid, 'Watch', t, t + interval '8 hours',
	('01900000-0000-7000-8002-' || lpad(to_hex(1 + n % 15), 12, '0'))::uuid,
	case when n > 29775 then ('01900000-0000-7000-800f-' || lpad(to_hex(1 + n % 15), 12, '0'))::uuid end
from (select n, timestamptz '2026-11-01 00:00+00' - (2000 - (n - 1) / 15) * interval '8 hours' as t
	from generate_series(1, 30000) n) g;
insert into app.shift_assignments (shift_id, start_time, user_id)
select s.id, s.start_time, ('01900000-0000-7000-8001-' || lpad(to_hex(1 + (s.n + k * 7) % 25), 12, '0'))::uuid
from (select s.id, s.start_time, row_number() over (order by s.id) as n from app.shifts s) s
cross join generate_series(0, 1) k;
insert into app.shift_assignments (shift_id, start_time, user_id, role)
select s.id, s.start_time, '01900000-0000-7000-8001-0000000000f1', 'SUPERVISOR'
from (select s.id, s.start_time, row_number() over (order by s.id) as n from app.shifts s) s
where s.n % 300 = 0;

-- One of two vehicles and one of two radios are checked out by the fourth guard (DRIVER). Three tours a day; the last
-- one of each guard is in progress.
insert into app.vehicles (id, name, make, model, year)
select ('01900000-0000-7000-800a-0000000000' || n)::uuid, 'Car ' || n, 'Ford', 'Escape', 2022
from unnest(array['01', '11']) n;
insert into app.radios (id, name)
select ('01900000-0000-7000-800a-0000000000' || n)::uuid, 'Radio ' || n from unnest(array['02', '12']) n;
insert into app.equipment_checkouts (id, duty_session_id, vehicle_id, radio_id, checkout_mileage, checkin_mileage,
	checkout_time, checkin_time)
select case when n = 5000 then '01900000-0000-7000-800a-000000000006' else gen_random_uuid() end,
	('01900000-0000-7000-8005-' || lpad(to_hex(44978 + n), 12, '0'))::uuid,
	('01900000-0000-7000-800a-0000000000' || case n % 2 when 1 then '01' else '11' end)::uuid,
	('01900000-0000-7000-800a-0000000000' || case n % 2 when 1 then '02' else '12' end)::uuid, 5,
	case when n < 5000 then 6 end, t, case when n < 5000 then t + interval '2 hours' end
from (select n, timestamptz '2026-11-01 00:00+00' - (5000 - n) * interval '3 hours' as t
	from generate_series(1, 5000) n) g;

insert into app.tours (id, supervisor_id, status, car_number, radio_number, starting_mileage, started_at, completed_at)
select case when n = 4977 then '01900000-0000-7000-800a-000000000003' else gen_random_uuid() end,
	('01900000-0000-7000-8001-' || lpad(to_hex(1 + n % 25), 12, '0'))::uuid,
	(case when n > 4975 then 'IN_PROGRESS' else 'COMPLETED' end)::app.tour_status, 'Car 1', 'Radio 1', 5, t,
	case when n <= 4975 then t + interval '2 hours' end
from (select n, timestamptz '2026-11-01 00:00+00' - (5000 - n) * interval '8 hours' as t
	from generate_series(1, 5000) n) g;
insert into app.tour_stops (id, tour_id, title, observations)
values ('01900000-0000-7000-800a-000000000004', '01900000-0000-7000-800a-000000000003', 'Fence', 'Whole.');

-- The timesheets of two hundred users for a hundred weeks. Those of the last week are pending, one in a hundred is
-- rejected, and one is a draft.
insert into app.timesheets (id, user_id, week_start_date, status, total_hours, total_entries, created_by, submitted_at,
	submitted_by, approved_at, approved_by, rejected_at, rejected_by, rejection_reason)
select ('01900000-0000-7000-800f-' || lpad(to_hex(n), 12, '0'))::uuid,
	('01900000-0000-7000-8004-' || lpad(to_hex(1 + (n - 1) % 200), 12, '0'))::uuid,
	date '2025-03-02' + 7 * ((n - 1) / 200), s::app.timesheet_status, 8, 1, super_admin,
	case when s <> 'DRAFT' then t end, case when s <> 'DRAFT' then super_admin end,
	case when s = 'APPROVED' then t end, case when s = 'APPROVED' then super_admin end,
	case when s = 'REJECTED' then t end, case when s = 'REJECTED' then super_admin end,
	case when s = 'REJECTED' then 'Wrong.' end
from (select n, timestamptz '2026-11-01 00:00+00' as t, uuid '01900000-0000-7000-8001-0000000000f1' as super_admin,
		case when n = 1 then 'DRAFT' when n > 19800 then 'PENDING' when n % 100 = 2 then 'REJECTED'
			else 'APPROVED' end as s
	from generate_series(1, 20000) n) g;
insert into app.timesheet_entries (id, timesheet_id, user_id, date, clock_in_time, clock_out_time)
select ('01900000-0000-7000-8010-' || lpad(to_hex(n), 12, '0'))::uuid, s.id, s.user_id, t::date, t, t + interval '8 hours'
from (select n, date '2025-03-02' + 7 * ((n - 1) / 200) + interval '6 hours' as t from generate_series(1, 20000) n) g
join app.timesheets s on s.id = ('01900000-0000-7000-800f-' || lpad(to_hex(n), 12, '0'))::uuid;
-- A session that the draft lacks.
insert into app.duty_sessions (user_id, clock_in_time, clock_out_time)
select s.user_id, '2025-03-04 06:00+00', '2025-03-04 14:00+00' from app.timesheets s
where s.id = '01900000-0000-7000-800f-000000000001';

insert into app.checklist_items (id, name, "order") values ('01900000-0000-7000-800a-000000000005', 'Ladder rungs', 20);

-- The trail: a change every five minutes, nine in ten of a log, one in a hundred of LOG, one in a thousand of a location
-- and one in ten deletes.
insert into audit.entries (id, chain, seq, at, kind, object_id, action, actor_id, origin, after, salt, digest, hash)
select nextval('audit.entry_ids'), n % 256, n / 256 + 1000, timestamptz '2024-12-01 00:00+00' + n * interval '5 minutes',
	case when n % 1000 = 5 then 'location' when n % 10 = 5 then 'visitor' else 'log' end,
	('01900000-0000-7000-8003-' || lpad(to_hex(case when n % 100 = 7 then 7 else n % 20000 end), 12, '0'))::uuid,
	case when n % 10 = 3 then 'deleted' else 'updated' end,
	('01900000-0000-7000-8001-' || lpad(to_hex(1 + n % 25), 12, '0'))::uuid, 'server', '{"title": "x"}', '', '', ''
from generate_series(1, 200000) n;

set local maintenance_work_mem = '256MB';
do $$
declare
	def text;
begin
	for def in select indexdef from dropped_indexes loop
		execute def;
	end loop;
end $$;

commit;
vacuum analyze app.logs, app.log_edits, app.locations, app.users, app.comments, app.notes, app.notifications,
	app.messages, app.message_pairs, app.visitors, app.incident_reports, app.report_texts, app.report_signatures, app.duty_sessions, app.location_check_ins, app.tours,
	app.tour_stops, app.equipment_checkouts, app.shifts, app.shift_assignments, app.recurring_patterns,
	app.recurring_assignments, app.timesheets, app.timesheet_entries, live.events, audit.entries;
