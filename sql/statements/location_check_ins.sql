-- check_ins_list read 5s
with found as (
	select v.check_in_time, v.id
	from app.location_check_ins v
	where true
	and v.user_id = :caller_only?::uuid
	and v.user_id = :user_id?::uuid
	and v.duty_session_id = :duty_session_id?::uuid
	and v.location_id = :location_id?::uuid
	and v.check_out_time is null and v.check_in_time < now() - make_interval(hours => :longer_than?::integer)
)
select api.check_in_items(page.ids[1 : :limit::integer]) as body,
	case when cardinality(page.ids) > :limit::integer
		then json_build_array(page.times[:limit::integer], page.ids[:limit::integer]) end as next
	, case when :caller_only?::uuid <> :user_id?::uuid then 'FORBIDDEN' end as code
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

-- check_ins_read read 2s
select * from api.read_check_in(:id, :caller_id, :may_access_others);

-- check_ins_history read 5s
select api.history('check_in', o.id, :limit::integer, :skip::integer) as body
from app.location_check_ins o
where o.id = :id::uuid and (o.user_id = :caller_id::uuid or :may_access_others::boolean);

-- check_ins_open write 5s idempotent
select * from api.check_in(:new_id, :id, :caller_id, :if_match, :body);

-- check_ins_close write 5s idempotent
select * from api.check_out(:id, :caller_id, :if_match);
