-- tours_list read 5s
with found as (
	select t.started_at, t.id
	from app.tours t
	where true
	and t.supervisor_id = :caller_only?::uuid
	and t.supervisor_id = :supervisor_id?::uuid
	and t.status = any (:status?::app.tour_status[])
	and t.started_at >= api.range_start(:start_date?)
	and t.started_at < api.range_end(:end_date?)
)
select api.tour_items(page.ids[1 : :limit::integer]) as body,
	case when cardinality(page.ids) > :limit::integer
		then json_build_array(page.times[:limit::integer], page.ids[:limit::integer]) end as next
	, (select count(*) from found where :with_total?::boolean) as total
from (
	select array_agg(f.id) as ids, array_agg(f.started_at) as times
	from (
		select * from found f
		where true
		and (f.started_at, f.id) < (:cursor_1?::timestamptz, :cursor_2?::uuid)
		order by f.started_at desc, f.id desc
		limit :limit::integer + 1 offset :skip::integer
	) f
) page;

-- tours_read read 2s
select * from api.read_tour(:id, :caller_id, :may_access_others);

-- tours_history read 5s
select api.history('tour', o.id, :limit::integer, :skip::integer) as body
from app.tours o
where o.id = :id::uuid and (o.supervisor_id = :caller_id::uuid or :may_access_others::boolean);

-- tours_read_stop read 2s
select * from api.read_tour_stop(:stop_id, :id, :caller_id, :may_access_others);

-- tours_start write 5s idempotent
select * from api.start_tour(:new_id, :caller_id, :body);

-- tours_add_stop write 5s idempotent
select * from api.add_tour_stop(:new_id, :id, :caller_id, :may_access_others, :if_match, :body);

-- tours_complete_stop write 5s idempotent
select * from api.complete_tour_stop(:stop_id, :id, :caller_id, :may_access_others, :if_match);

-- tours_complete write 5s idempotent
select * from api.complete_tour(:id, :caller_id, :may_access_others, :if_match, :body);

-- tours_cancel write 5s idempotent
select * from api.cancel_tour(:id, :caller_id, :may_access_others, :if_match, :body);
