-- Three vehicles and five radios, one of each out of service. Salma is on a tour with one of each;
-- Noor left last night without returning hers or clocking out.
insert into app.vehicles (id, name, make, model, year, license_plate, mileage, mileage_updated_at, status, notes)
select t.id::uuid, t.name, t.make, t.model, t.year, t.plate, t.mileage, now() - t.ago, t.status::app.fleet_status,
	t.notes
from (values
	('01900000-0000-7000-8000-000000000301', 'Car 1', 'Ford', 'Escape', 2022, 'MP 1101', 41207,
		interval '3 hours', 'WORKING', null),
	('01900000-0000-7000-8000-000000000302', 'Car 2', 'Ford', 'Escape', 2022, 'MP 1102', 38850,
		interval '14 hours', 'WORKING', null),
	('01900000-0000-7000-8000-000000000303', 'Car 3', 'Chevrolet', 'Colorado', 2019, 'MP 1103', 96412,
		interval '9 days', 'OUT_OF_SERVICE', 'Brake repair; back on Monday.')
) t (id, name, make, model, year, plate, mileage, ago, status, notes);

insert into app.radios (id, name, serial_number, model, channel, status, notes)
select ('01900000-0000-7000-8000-00000000031' || n)::uuid, 'Radio ' || n, 'TR-2200-0' || n, 'TR-2200', '16',
	(case when n = 5 then 'OUT_OF_SERVICE' else 'WORKING' end)::app.fleet_status,
	case when n = 5 then 'Fell into the water.' end
from generate_series(1, 5) n;

-- Users who are already on duty stay so.
insert into app.duty_sessions (id, user_id, clock_in_time, created_at, updated_at)
select '01900000-0000-7000-8000-000000000320', u.id, now() - interval '15 hours', now() - interval '15 hours',
	now() - interval '15 hours'
from app.users u where u.email = 'noor.castellan@marina.example'
on conflict do nothing;

insert into app.equipment_checkouts (duty_session_id, vehicle_id, radio_id, checkout_mileage, checkout_time,
	created_at, updated_at)
select d.id, t.vehicle::uuid, t.radio::uuid, t.mileage, now() - t.ago, now() - t.ago, now() - t.ago
from (values
	('noor.castellan', '01900000-0000-7000-8000-000000000302', '01900000-0000-7000-8000-000000000312', 38850,
		interval '14 hours 40 minutes'),
	('salma.reyes', '01900000-0000-7000-8000-000000000301', '01900000-0000-7000-8000-000000000311', 41207,
		interval '2 hours 50 minutes')
) t (who, vehicle, radio, mileage, ago)
join app.users u on u.email = t.who || '@marina.example'
join app.duty_sessions d on d.user_id = u.id and d.clock_out_time is null;

insert into app.tours (id, supervisor_id, title, car_number, radio_number, starting_mileage, started_at, created_at,
	updated_at)
select '01900000-0000-7000-8000-000000000330', u.id, 'Night tour', 'Car 1', 'Radio 1', 41207,
	now() - interval '2 hours 40 minutes', now() - interval '2 hours 40 minutes', now() - interval '2 hours 40 minutes'
from app.users u where u.email = 'salma.reyes@marina.example';

insert into app.tour_stops (tour_id, location_id, stop_type, title, observations, guard_user_id,
	guard_performance_notes, arrived_at, departed_at, created_at, updated_at)
select '01900000-0000-7000-8000-000000000330', p.id, t.kind::app.tour_stop_type, t.title, t.observations, u.id, t.seen,
	now() - t.came, now() - t.went, now() - t.came, now() - coalesce(t.went, t.came)
from (values
	('Bay Shore Marina', 'GUARD_EVALUATION', 'Round of the docks with Jonas', 'Gates locked, one fender missing at berth 12.',
		'jonas.whitlow', 'Knows every boat by name.', interval '2 hours 10 minutes', interval '1 hour 35 minutes'),
	('Atlantique Marina', 'LOCATION_INSPECTION', 'Fuel dock', 'The lamp at the gangway is still out.', null, null,
		interval '20 minutes', null)
) t (place, kind, title, observations, who, seen, came, went)
join app.locations p on p.name = t.place
left join app.users u on u.email = t.who || '@marina.example';

-- The items that these marinas use.
update app.checklist_items i set is_active = true
where i.name in ('Fire extinguishers', 'Communication equipment', 'Lighting', 'Gates and locks',
	'Life jackets and rescue gear', 'Dock lines and cleats');
