-- Salma is on a tour. Rosa made one last week, as acting supervisor.
-- after: locations, users, vehicles
insert into app.tours (id, supervisor_id, title, vehicle_id, car_number, radio_number, starting_mileage, started_at, created_at,
	updated_at)
select '01900000-0000-7000-8000-000000000330', u.id, 'Night tour',
	'01900000-0000-7000-8000-000000000301', 'Car 1', 'Radio 1', 41207,
	now() - interval '2 hours 40 minutes', now() - interval '2 hours 40 minutes', now() - interval '2 hours 40 minutes'
from app.users u where u.email = 'salma.reyes@marina.example';

insert into app.tours (id, supervisor_id, title, status, notes, vehicle_id, car_number, radio_number, starting_mileage,
	ending_mileage, car_returned, radio_returned, keys_returned, started_at, completed_at, created_at, updated_at)
select '01900000-0000-7000-8000-000000000331', u.id, 'After the storm', 'COMPLETED', 'All moorings held.',
	'01900000-0000-7000-8000-000000000304', 'Car 4',
	'Radio 3', 12598, 12640, true, true, true, now() - interval '6 days 4 hours', now() - interval '6 days 2 hours',
	now() - interval '6 days 4 hours', now() - interval '6 days 2 hours'
from app.users u where u.email = 'rosa.brandt@marina.example';

insert into app.tour_stops (id, tour_id, location_id, stop_type, title, observations, guard_user_id,
	guard_performance_notes, arrived_at, departed_at, created_at, updated_at)
select t.id::uuid, t.tour_id::uuid, p.id, t.kind::app.tour_stop_type, t.title, t.observations, u.id, t.evaluation,
	now() - t.arrived_ago, now() - t.left_ago, now() - t.arrived_ago, now() - coalesce(t.left_ago, t.arrived_ago)
from (values
	('01900000-0000-7000-8000-000000000341', '01900000-0000-7000-8000-000000000330', 'Bay Shore Marina',
		'GUARD_EVALUATION', 'Round of the docks with Jonas', 'Gates locked, one fender missing at berth 12.',
		'jonas.whitlow', 'Knows every boat by name.', interval '2 hours 10 minutes', interval '1 hour 35 minutes'),
	('01900000-0000-7000-8000-000000000342', '01900000-0000-7000-8000-000000000330', 'Atlantique Marina',
		'LOCATION_INSPECTION', 'Fuel dock', 'The lamp at the gangway is still out.', null, null,
		interval '20 minutes', null),
	('01900000-0000-7000-8000-000000000343', '01900000-0000-7000-8000-000000000331', 'Ocean Avenue Marina',
		'INCIDENT_CHECK', 'Finger pier damaged', 'Two planks are loose at the end of the finger pier; closed with tape.',
		null, null, interval '6 days 3 hours', interval '6 days 2 hours 30 minutes')
) t (id, tour_id, place, kind, title, observations, login, evaluation, arrived_ago, left_ago)
join app.locations p on p.name = t.place
left join app.users u on u.email = t.login || '@marina.example';
