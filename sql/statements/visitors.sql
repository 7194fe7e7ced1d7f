-- visitors_list read 5s
with found as (
	select v.check_in_time, v.id
	from app.visitors v
	where true
	and v.location_id = :location_id?::uuid
	and (v.check_out_time is null) = :present?::boolean
	and app.visitor_search_text(v.first_name, v.last_name, v.company, v.license_plate, v.badge_number) ilike api.like_pattern(:search?)
	and v.check_in_time >= api.range_start(:start_date?)
	and v.check_in_time < api.range_end(:end_date?)
)
select api.visitor_items(page.ids[1 : :limit::integer]) as body,
	case when cardinality(page.ids) > :limit::integer
		then json_build_array(page.times[:limit::integer], page.ids[:limit::integer]) end as next
	, (select count(*) from found where :with_total?::boolean) as total
from (
	select array_agg(f.id) as ids, array_agg(f.check_in_time) as times
	from (
		select * from found f
		where true
		and (f.check_in_time, f.id) < (:cursor_1?::timestamptz, :cursor_2?::uuid)
		order by f.check_in_time desc, f.id desc
		limit :limit::integer + 1 offset :skip::integer
	) f
) page;

-- visitors_read read 2s
select v.revision as etag, v.body
from api.visitor_view v
where v.id = :id::uuid;

-- visitors_history read 5s
select api.history('visitor', o.id, :limit::integer, :skip::integer) as body
from app.visitors o
where o.id = :id::uuid;

-- visitors_check_in write 5s idempotent
select * from api.check_in_visitor(:new_id, :caller_id, :body);

-- visitors_update write 5s
select * from api.update_visitor(:id, :if_match, :body);

-- visitors_check_out write 5s idempotent
select * from api.check_out_visitor(:id, :caller_id, :if_match, :body);
