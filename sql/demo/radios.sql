-- Five radios, one of them out of service.
insert into app.radios (id, name, serial_number, model, channel, status, notes)
select ('01900000-0000-7000-8000-00000000031' || n)::uuid, 'Radio ' || n, 'TR-2200-0' || n, 'TR-2200', '16',
	(case when n = 5 then 'OUT_OF_SERVICE' else 'WORKING' end)::app.fleet_status,
	case when n = 5 then 'Fell into the water.' end
from generate_series(1, 5) n;
