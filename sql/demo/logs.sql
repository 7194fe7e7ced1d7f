-- A night at the marinas: five logs of each location, written by its guards. The latest incidents
-- have not been reviewed.
-- after: shifts
insert into app.logs (id, type, title, description, status, location_id, user_id, severity, incident_time,
	actions_taken, follow_up_required, weather_conditions, reviewed_by, reviewed_at, review_notes,
	created_at, updated_at)
select ('01900000-0000-7000-8000-0000000009' || to_hex(p.n) || t.n)::uuid, t.type::app.log_type, t.title,
	t.description, t.status::app.record_status, p.id,
	(array(select u.id from app.users u where u.role = 'GUARD' and u.archived_at is null
		order by u.email))[1 + (p.n + t.n) % 14],
	t.severity::app.severity,
	case when t.type = 'INCIDENT' then now() - t.ago - p.n * interval '11 minutes' end,
	t.actions, t.type = 'INCIDENT' and p.n % 5 = 0, t.weather,
	case when t.type = 'INCIDENT' and p.n % 5 <> 0 then s.id end,
	case when t.type = 'INCIDENT' and p.n % 5 <> 0 then now() - interval '1 hour' end,
	case when t.type = 'INCIDENT' and p.n % 5 <> 0 then 'Reviewed; no further action.' end,
	now() - t.ago - p.n * interval '11 minutes', now() - t.ago - p.n * interval '11 minutes'
from (select l.id, row_number() over (order by l.name)::integer as n from app.locations l
	where l.max_capacity is not null) p
cross join (values
	(1, 'PATROL', 'Round of the docks', 'All berths walked, lines and fenders checked, gates locked.', 'LIVE', null, interval '9 hours', null, null),
	(2, 'WEATHER', 'Wind backing south-west', 'Gusts at the breakwater; small boats doubled their lines.', 'LIVE', null, interval '7 hours', null, 'SW 5, gusts 7, light rain'),
	(3, 'VISITOR_CHECKIN', 'Guest boat arrived', 'Papers checked, berth assigned for one night.', 'LIVE', null, interval '6 hours', null, null),
	(4, 'MAINTENANCE', 'Lamp out at the gangway', 'The second lamp from the gate is out; electrician informed.', 'UPDATED', null, interval '5 hours', 'Informed the electrician; put up a barrier lamp.', null),
	(5, 'INCIDENT', 'Stranger on the fuel dock', 'A person without a boat was asked to leave and left.', 'LIVE', 'MEDIUM', interval '3 hours', 'Escorted to the gate; plate number noted.', null)
) t (n, type, title, description, status, severity, ago, actions, weather)
cross join (select u.id from app.users u where u.role = 'SUPERVISOR' order by u.email limit 1) s;

-- Logs of the staffed locations were written by their previous shift.
update app.logs l set user_id = a.user_id
from app.shifts s join app.shift_assignments a on a.shift_id = s.id
where s.id::text like '01900000-0000-7000-8000-0000000004_1' and l.location_id = s.location_id
	and l.created_at between s.start_time - interval '2 hours' and s.end_time;

-- Logs of the current shift.
insert into app.logs (id, type, title, description, location_id, shift_id, user_id, actions_taken, weather_conditions,
	created_at, updated_at)
select t.id::uuid, t.type::app.log_type, t.title, t.description, d.location_id, d.shift_id, d.user_id, t.actions, t.weather,
	d.clock_in_time + t.later, d.clock_in_time + t.later
from (values
	('01900000-0000-7000-8000-000000000701', 'rosa.brandt', 'PATROL', 'First patrol',
		'Gates locked, all boats afloat, nobody around.', null, null,
		interval '90 minutes'),
	('01900000-0000-7000-8000-000000000702', 'rosa.brandt', 'MAINTENANCE', 'Lines chafing at berth 12',
		'Two of them, at the fairlead of the ketch.', 'Doubled both.', null, interval '165 minutes'),
	('01900000-0000-7000-8000-000000000703', 'jonas.whitlow', 'MAINTENANCE', 'Pump running hot at the west end',
		'Too hot to touch.', 'Switched off, as instructed by Salma.', null, interval '142 minutes'),
	('01900000-0000-7000-8000-000000000704', 'amina.sorel', 'PATROL', 'Round of the docks',
		'The fence is intact; the camera at the ramp was turned back into position.', null, null, interval '100 minutes'),
	('01900000-0000-7000-8000-000000000705', 'luke.petrov', 'WEATHER', 'Fog on the bay',
		'The breakwater light is not visible from here.', null, 'calm, fog, 300 m', interval '133 minutes')
) t (id, login, type, title, description, actions, weather, later)
join app.users u on u.email = t.login || '@marina.example'
join app.duty_sessions d on d.user_id = u.id and d.clock_out_time is null and d.location_id is not null;

-- Rosa corrected the log about the lines.
update app.logs l set status = 'UPDATED', actions_taken = 'Doubled both with old fire hose.'
where l.id = '01900000-0000-7000-8000-000000000702';

insert into app.log_edits (log_id, edited_by, edited_at, field_changed, old_value, new_value, revision)
select l.id, l.user_id, l.updated_at, 'actions_taken', '"Doubled both."', to_jsonb(l.actions_taken), l.revision - 1
from app.logs l where l.id = '01900000-0000-7000-8000-000000000702';

-- An incident of an earlier night.
insert into app.logs (id, type, title, description, status, location_id, user_id, severity, incident_time,
	people_involved, witnesses, actions_taken, weather_conditions, reviewed_by, reviewed_at, review_notes, created_at,
	updated_at)
select '01900000-0000-7000-8000-000000000706', 'INCIDENT', 'Ketch adrift off berth 7',
	'The bow line parted in a gust; the ketch swung against the pier and bent its pulpit.', 'UPDATED', p.id, rosa.id,
	'HIGH', t.at - interval '20 minutes', 'Nobody on board.', 'The owner of the sloop at berth 8.',
	'Brought it back with two lines and informed the owner.', 'W 7, gusts 9', marek.id, t.at + interval '9 hours',
	'Well done. The owner will replace the lines.', t.at, t.at + interval '9 hours'
from (select now() - interval '4 days 2 hours' as at) t
join app.locations p on p.name = 'Atlantique Marina'
join app.users rosa on rosa.email = 'rosa.brandt@marina.example'
join app.users marek on marek.email = 'marek.dunn@marina.example';
