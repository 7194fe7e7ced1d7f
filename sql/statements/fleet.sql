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
