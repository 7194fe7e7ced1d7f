-- Two visitors, one of whom is still present.
-- after: locations, users
insert into app.visitors (id, first_name, last_name, company, purpose, location_id, check_in_time, check_out_time,
	expected_duration, checked_in_by, checked_out_by, license_plate, badge_number, created_at, updated_at)
select t.id::uuid, t.first_name, t.last_name, t.company, t.purpose, p.id, now() - t.arrived_ago, now() - t.left_ago, 60, u.id,
	case when t.left_ago is not null then u.id end, t.plate, t.badge, now() - t.arrived_ago,
		now() - coalesce(t.left_ago, t.arrived_ago)
from (values
	('01900000-0000-7000-8000-000000000731', 'Nils', 'Aker', 'Bay Fuel', 'Reading the fuel dock meters',
		interval '2 hours', interval '70 minutes', 'NY 4711', 'V-3'),
	('01900000-0000-7000-8000-000000000732', 'Carla', 'Reuss', null, 'Guest on the ketch at berth 12',
		interval '50 minutes', null, null, 'V-4')
) t (id, first_name, last_name, company, purpose, arrived_ago, left_ago, plate, badge)
join app.locations p on p.name = 'Atlantique Marina'
join app.users u on u.email = 'rosa.brandt@marina.example';
