-- How many connections a broadcast reaches, and the vehicles of tours.

-- Connections that are subscribed to the channel `all`.
alter table live.processes add column subscribers integer not null default 0;

-- Replaced by functions of the same name with other parameters or results.
drop function if exists live.heartbeat(uuid, integer, integer);
drop function if exists live.connection_totals();

-- The vehicle of a tour, if it belongs to the fleet; car_number is what the supervisor wrote down.
alter table app.tours add column vehicle_id uuid,
	add constraint tours_vehicle foreign key (vehicle_id) references app.vehicles on delete set null;
create index tours_by_vehicle on app.tours (vehicle_id, started_at desc, id desc) where vehicle_id is not null;

-- Tours made before: by name or license plate, where exactly one vehicle has it.
update app.tours t set vehicle_id = m.id
from (
	select o.id as tour_id, (array_agg(v.id))[1] as id
	from app.tours o
	join app.vehicles v on lower(btrim(o.car_number)) in (lower(v.name), lower(v.license_plate))
	group by o.id
	having count(*) = 1
) m
where t.id = m.tour_id;
