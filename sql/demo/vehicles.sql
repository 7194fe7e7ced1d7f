-- Four vehicles, one of them out of service.
insert into app.vehicles (id, name, make, model, year, license_plate, mileage, mileage_updated_at, status, notes)
select t.id::uuid, t.name, t.make, t.model, t.year, t.plate, t.mileage, now() - t.ago, t.status::app.fleet_status,
	t.notes
from (values
	('01900000-0000-7000-8000-000000000301', 'Car 1', 'Ford', 'Escape', 2022, 'MP 1101', 41207,
		interval '3 hours', 'WORKING', null),
	('01900000-0000-7000-8000-000000000302', 'Car 2', 'Ford', 'Escape', 2022, 'MP 1102', 38850,
		interval '14 hours', 'WORKING', null),
	('01900000-0000-7000-8000-000000000303', 'Car 3', 'Chevrolet', 'Colorado', 2019, 'MP 1103', 96412,
		interval '9 days', 'OUT_OF_SERVICE', 'Brake repair; back on Monday.'),
	('01900000-0000-7000-8000-000000000304', 'Car 4', 'Chevrolet', 'Colorado', 2023, 'MP 1104', 12640,
		interval '2 days', 'WORKING', null)
) t (id, name, make, model, year, plate, mileage, ago, status, notes);
