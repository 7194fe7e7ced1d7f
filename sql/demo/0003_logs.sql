-- A night at the marinas: five logs of each location, written by its guards. The latest incidents
-- have not been reviewed.
insert into app.logs (type, title, description, status, location_id, user_id, severity, incident_time,
	actions_taken, follow_up_required, weather_conditions, reviewed_by, reviewed_at, review_notes,
	created_at, updated_at)
select t.type::app.log_type, t.title, t.description, t.status::app.record_status, p.id,
	(array(select u.id from app.users u where u.role = 'GUARD' order by u.email))[1 + (p.n + t.n) % 14],
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
