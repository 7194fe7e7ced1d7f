-- fleet.sql: vehicles and radios, separately and together.

-- vehicles_list read 5s
select coalesce(json_agg(to_json(s) order by s.status, s.name, s.id), '[]') as body
from (
	select v.* from api.vehicle_view v
	where true
	and v.status = any (:status?::app.fleet_status[])
	order by v.status, v.name, v.id
	limit :limit::integer offset :skip::integer
) s;

-- vehicles_read read 2s
select v.revision as etag, api.vehicle_json(v.id) as body
from app.vehicles v
where v.id = :id::uuid and v.archived_at is null;

-- vehicles_create write 5s once
select * from api.create_vehicle(:new_id, :body);

-- vehicles_change write 5s
select * from api.change_vehicle(:id, :if_match, :body);

-- vehicles_archive write 5s
select * from api.archive_vehicle(:id, :if_match);

-- radios_list read 5s
select coalesce(json_agg(to_json(s) order by s.status, s.name, s.id), '[]') as body
from (
	select r.* from api.radio_view r
	where true
	and r.status = any (:status?::app.fleet_status[])
	order by r.status, r.name, r.id
	limit :limit::integer offset :skip::integer
) s;

-- radios_read read 2s
select r.revision as etag, api.radio_json(r.id) as body
from app.radios r
where r.id = :id::uuid and r.archived_at is null;

-- radios_create write 5s once
select * from api.create_radio(:new_id, :body);

-- radios_change write 5s
select * from api.change_radio(:id, :if_match, :body);

-- radios_archive write 5s
select * from api.archive_radio(:id, :if_match);

-- fleet_in_shop read 5s
select coalesce(json_agg(to_json(s) order by s.updated_at desc, s.id desc), '[]') as body
from (
	select f.type, f.id, f.name, f.status, f.location_id, f.notes, f.updated_at
	from api.fleet_item f
	where f.status = 'OUT_OF_SERVICE'
	order by f.updated_at desc, f.id desc
	limit :limit::integer offset :skip::integer
) s;

-- fleet_available read 5s
select coalesce(json_agg(json_build_object('id', s.id, 'identifier', s.name) order by s.name, s.id), '[]') as body
from (
	select f.id, f.name
	from api.fleet_item f
	where f.type = :type and f.status = 'WORKING' and not f.is_out
	order by f.name, f.id
	limit :limit::integer offset :skip::integer
) s;
