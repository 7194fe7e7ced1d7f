-- Salma and Noor each have a vehicle and a radio. Noor left last night without returning them or
-- clocking out.
-- after: duty_sessions, radios, vehicles
-- Users who are already on duty keep their session.
insert into app.duty_sessions (id, user_id, clock_in_time, created_at, updated_at)
select '01900000-0000-7000-8000-000000000320', u.id, now() - interval '15 hours', now() - interval '15 hours',
	now() - interval '15 hours'
from app.users u where u.email = 'noor.castellan@marina.example'
on conflict do nothing;

insert into app.equipment_checkouts (id, duty_session_id, vehicle_id, radio_id, checkout_mileage, checkout_time,
	created_at, updated_at)
select t.id::uuid, d.id, t.vehicle::uuid, t.radio::uuid, t.mileage, now() - t.ago, now() - t.ago, now() - t.ago
from (values
	('01900000-0000-7000-8000-000000000321', 'noor.castellan', '01900000-0000-7000-8000-000000000302',
		'01900000-0000-7000-8000-000000000312', 38850, interval '14 hours 40 minutes'),
	('01900000-0000-7000-8000-000000000322', 'salma.reyes', '01900000-0000-7000-8000-000000000301',
		'01900000-0000-7000-8000-000000000311', 41207, interval '2 hours 50 minutes')
) t (id, login, vehicle, radio, mileage, ago)
join app.users u on u.email = t.login || '@marina.example'
join app.duty_sessions d on d.user_id = u.id and d.clock_out_time is null;
