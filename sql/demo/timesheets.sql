-- Clara's nights of last week, Monday to Friday. On Wednesday Clara forgot to clock out; Marek
-- corrected the entry and submitted the timesheet, which is pending approval.
-- after: duty_sessions
insert into app.duty_sessions (user_id, location_id, clock_in_time, clock_out_time, created_at, updated_at)
select u.id, p.id, t.clock_in, t.clock_out, t.clock_in, t.clock_out
from (
	select d + interval '21 hours 55 minutes' as clock_in,
		d + case when extract(dow from d) = 3 then interval '33 hours 40 minutes'
			else interval '30 hours 5 minutes' end
			as clock_out
	from generate_series(1, 5) n
	cross join lateral (select date_trunc('day', now())
		+ (n - 7 - extract(dow from now())::integer) * interval '1 day' as d) day
) t
join app.users u on u.email = 'clara.nystrom@marina.example'
left join app.locations p on p.name = 'Great River Ramp';

insert into app.timesheets (id, user_id, week_start_date, status, total_hours, total_entries, total_adjustments,
	submitted_at, submitted_by, created_by)
select '01900000-0000-7000-8000-000000000401', c.id, current_date - extract(dow from now())::integer - 7, 'PENDING',
	40.85, 5, 1, now(), m.id, m.id
from app.users c
join app.users m on m.email = 'marek.dunn@marina.example'
where c.email = 'clara.nystrom@marina.example';

insert into app.timesheet_entries (timesheet_id, user_id, duty_session_id, date, clock_in_time, clock_out_time,
	location_id, was_adjusted, original_clock_in, original_clock_out, original_hours)
select t.id, t.user_id, d.id, d.clock_in_time::date, d.clock_in_time,
	least(d.clock_out_time, d.clock_in_time + interval '8 hours 10 minutes'), d.location_id, o.late,
		case when o.late then d.clock_in_time end, case when o.late then d.clock_out_time end,
	case when o.late then app.hours_worked(d.clock_in_time, d.clock_out_time) end
from app.timesheets t
join app.duty_sessions d on d.user_id = t.user_id
cross join lateral (select d.clock_out_time > d.clock_in_time + interval '8 hours 10 minutes' as late) o
where t.id = '01900000-0000-7000-8000-000000000401';

insert into app.timesheet_adjustments (timesheet_id, number, entry_id, type, field_changed, old_value, new_value, reason,
	adjusted_by)
select e.timesheet_id, 1, e.id, 'TIME_EDITED', 'clock_out_time',
	jsonb_build_object('clock_in_time', e.original_clock_in, 'clock_out_time', e.original_clock_out,
		'hours_worked', e.original_hours),
	jsonb_build_object('clock_in_time', e.clock_in_time, 'clock_out_time', e.clock_out_time,
		'hours_worked', e.hours_worked),
	'Forgot to clock out; left at six according to the morning shift.', t.created_by
from app.timesheet_entries e
join app.timesheets t on t.id = e.timesheet_id
where t.id = '01900000-0000-7000-8000-000000000401' and e.was_adjusted;

-- The first week of the season, by day: one timesheet is a draft, one was rejected, one is approved,
-- and Samir has none yet.
insert into app.duty_sessions (user_id, location_id, clock_in_time, clock_out_time, created_at, updated_at)
select u.id, p.id, t.clock_in, t.clock_in + interval '8 hours', t.clock_in, t.clock_in + interval '8 hours'
from (values ('judith.vance'), ('felix.moreau'), ('clara.nystrom'), ('samir.haddad')) w (login)
join app.users u on u.email = w.login || '@marina.example'
cross join (select timestamptz '2026-06-08 14:00+00' + n * interval '1 day' as clock_in from generate_series(0, 4) n) t
join app.locations p on p.name = 'Great River Ramp';

insert into app.timesheets (id, user_id, week_start_date, status, total_hours, total_entries, submitted_at, submitted_by,
	approved_at, approved_by, rejected_at, rejected_by, rejection_reason, created_by, created_at, updated_at)
select t.id::uuid, u.id, '2026-06-07', t.status::app.timesheet_status, 40, 5,
	case when t.status <> 'DRAFT' then s.at end, case when t.status <> 'DRAFT' then m.id end,
	case when t.status = 'APPROVED' then s.at + interval '1 day' end, case when t.status = 'APPROVED' then a.id end,
	case when t.status = 'REJECTED' then s.at + interval '1 day' end, case when t.status = 'REJECTED' then a.id end,
	t.reason, m.id, s.at, s.at
from (values
	('01900000-0000-7000-8000-000000000402', 'judith.vance', 'DRAFT', null),
	('01900000-0000-7000-8000-000000000403', 'felix.moreau', 'REJECTED', 'Saturday is missing.'),
	('01900000-0000-7000-8000-000000000404', 'clara.nystrom', 'APPROVED', null)
) t (id, login, status, reason)
join app.users u on u.email = t.login || '@marina.example'
join app.users m on m.email = 'marek.dunn@marina.example'
join app.users a on a.email = 'salma.reyes@marina.example'
cross join (select timestamptz '2026-06-15 14:00+00' as at) s;

insert into app.timesheet_entries (id, timesheet_id, user_id, duty_session_id, date, clock_in_time, clock_out_time,
	location_id)
select ('01900000-0000-7000-8000-000000000' || case t.status when 'DRAFT' then 46 when 'REJECTED' then 47 else 48 end
	|| extract(dow from d.clock_in_time))::uuid, t.id, t.user_id, d.id, d.clock_in_time::date, d.clock_in_time, d.clock_out_time,
	d.location_id
from app.timesheets t
join app.duty_sessions d on d.user_id = t.user_id and d.clock_in_time between '2026-06-07' and '2026-06-14'
where t.week_start_date = '2026-06-07';
