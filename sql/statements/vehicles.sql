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

-- vehicles_history read 5s
select api.history('vehicle', o.id, :limit::integer, :skip::integer) as body
from app.vehicles o
where o.id = :id::uuid and o.archived_at is null;

-- vehicles_create write 5s idempotent
select * from api.create_vehicle(:new_id, :body);

-- vehicles_update write 5s
select * from api.update_vehicle(:id, :if_match, :body);

-- vehicles_archive write 5s
select * from api.archive_vehicle(:id, :if_match);
