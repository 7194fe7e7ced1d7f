-- locations_list read 5s
with page as (
	select row_number() over () as n, s.name, s.id,
		case when :caller_role::app.role >= 'ADMIN' then to_json(s)
			else (select to_json(b) from api.location_summary b where b.id = s.id) end as item
	from (
		select v.* from api.location_view v
		where true
		and (v.name, v.id) > (:cursor_1?, :cursor_2?::uuid)
		order by v.name, v.id
		limit :limit::integer + 1 offset :skip::integer
	) s
)
select coalesce(json_agg(item order by n) filter (where n <= :limit::integer), '[]') as body,
	case when count(*) > :limit::integer
		then (select json_build_array(p.name, p.id) from page p where p.n = :limit::integer) end as next
	, (select count(*) from app.locations where :with_total?::boolean) as total
from page;

-- locations_active read 2s
select coalesce(json_agg(json_build_object('id', l.id, 'name', l.name) order by l.name), '[]') as body
from app.locations l
where l.is_active;

-- locations_read read 2s
select l.revision as etag,
	case when :caller_role::app.role >= 'ADMIN' then (select to_json(v) from api.location_view v where v.id = l.id)
		else (select to_json(b) from api.location_summary b where b.id = l.id) end as body
from app.locations l
where l.id = :id::uuid;

-- locations_history read 5s
select api.history('location', o.id, :limit::integer, :skip::integer) as body
from app.locations o
where o.id = :id::uuid;

-- locations_create write 5s idempotent
select * from api.create_location(:new_id, :body);

-- locations_update write 5s
select * from api.update_location(:id, :if_match, :body);

-- locations_toggle write 5s idempotent
select * from api.toggle_location(:id, :if_match, :body);
