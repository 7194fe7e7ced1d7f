-- patterns_list read 5s
with page as (
	select row_number() over () as n, s.name, s.id, s.body as item
	from (
		select v.* from api.pattern_view v
		where true
		and v.location_id = :location_id?::uuid
		and v.is_active = :is_active?::boolean
		and (v.name, v.id) > (:cursor_1?, :cursor_2?::uuid)
		order by v.name, v.id
		limit :limit::integer + 1 offset :skip::integer
	) s
)
select coalesce(json_agg(item order by n) filter (where n <= :limit::integer), '[]') as body,
	case when count(*) > :limit::integer
		then (select json_build_array(p.name, p.id) from page p where p.n = :limit::integer) end as next
from page;

-- patterns_read read 2s
select v.revision as etag, v.body
from api.pattern_view v
where v.id = :id::uuid;

-- patterns_history read 5s
select api.history('recurring_shift', o.id, :limit::integer, :skip::integer) as body
from app.recurring_patterns o
where o.id = :id::uuid;

-- patterns_create write 10s idempotent
select * from api.create_pattern(:new_id, :body);

-- patterns_update write 5s
select * from api.update_pattern(:id, :if_match, :body);

-- patterns_delete write 5s
select * from api.delete_pattern(:id, :if_match);

-- patterns_generate write 10s idempotent
select * from api.generate_shifts(:id, :if_match, :body);
