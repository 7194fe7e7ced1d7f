-- Logs of the four staffed locations come from their late shift, which also signs the report; the
-- night shift has written logs since; and reviewed incidents have the status that a review sets.
update app.logs l set user_id = a.user_id
from app.shifts s join app.shift_assignments a on a.shift_id = s.id
where s.id::text like '01900000-0000-7000-8000-0000000004_1' and l.location_id = s.location_id
	and l.created_at between s.start_time - interval '2 hours' and s.end_time;

update app.incident_reports r set guard_assigned_id = l.user_id
from app.logs l
where l.id = r.log_id and l.title = 'Stranger on the fuel dock' and r.guard_signed_at is null;

insert into app.logs (type, title, description, location_id, shift_id, user_id, actions_taken, weather_conditions,
	created_at, updated_at)
select t.type::app.log_type, t.title, t.description, d.location_id, d.shift_id, d.user_id, t.actions, t.weather,
	d.clock_in_time + t.later, d.clock_in_time + t.later
from (values
	('rosa.brandt', 'PATROL', 'First patrol', 'Gates locked, all boats afloat, nobody around.', null, null,
		interval '90 minutes'),
	('rosa.brandt', 'MAINTENANCE', 'Lines chafing at berth 12', 'Two of them, at the fairlead of the ketch.',
		'Doubled both.', null, interval '165 minutes'),
	('jonas.whitlow', 'MAINTENANCE', 'Pump running hot at the west end', 'Too hot to touch.',
		'Switched off, as instructed by Salma.', null, interval '142 minutes'),
	('amina.sorel', 'PATROL', 'Round of the docks', 'The fence is intact; the camera at the ramp was turned back into position.',
		null, null, interval '100 minutes'),
	('luke.petrov', 'WEATHER', 'Fog on the bay', 'The breakwater light is not visible from here.', null,
		'calm, fog, 300 m', interval '133 minutes')
) t (who, type, title, description, actions, weather, later)
join app.users u on u.email = t.who || '@marina.example'
join app.duty_sessions d on d.user_id = u.id and d.clock_out_time is null and d.location_id is not null;

update app.logs l set status = 'UPDATED'
where l.type = 'INCIDENT' and l.title = 'Stranger on the fuel dock' and l.reviewed_at is not null and l.status = 'LIVE';
