-- duty_sessions_active read 2s
select coalesce((
	select api.session_json(d.id) from app.duty_sessions d
	where d.user_id = :caller_id::uuid and d.clock_out_time is null), 'null') as body;

-- duty_sessions_list read 5s
with found as (
	select v.clock_in_time, v.id
	from app.duty_sessions v
	where true
	and v.user_id = :caller_only?::uuid
	and v.user_id = :user_id?::uuid
	and v.location_id = :location_id?::uuid
	and v.clock_in_time >= api.range_start(:start_date?)
	and v.clock_in_time < api.range_end(:end_date?)
	and v.clock_out_time is null and v.clock_in_time < now() - make_interval(hours => :longer_than?::integer)
)
select api.session_items(page.ids[1 : :limit::integer]) as body,
	case when cardinality(page.ids) > :limit::integer
		then json_build_array(page.times[:limit::integer], page.ids[:limit::integer]) end as next
	, case when :caller_only?::uuid <> :user_id?::uuid then 'FORBIDDEN' end as code
	, (select count(*) from found where :with_total?::boolean) as total
from (
	select array_agg(f.id) as ids, array_agg(f.clock_in_time) as times
	from (
		select * from found f
		where true
		and (f.clock_in_time, f.id) < (:cursor_1?::timestamptz, :cursor_2?::uuid)
		order by f.clock_in_time desc, f.id desc
		limit :limit::integer + 1 offset :skip::integer
	) f
) page;

-- duty_sessions_read read 2s
select * from api.read_session(:id, :caller_id, :may_access_others);

-- duty_sessions_history read 5s
select api.history('duty_session', o.id, :limit::integer, :skip::integer) as body
from app.duty_sessions o
where o.id = :id::uuid and (o.user_id = :caller_id::uuid or :may_access_others::boolean);

-- duty_sessions_clock_in write 5s idempotent
select * from api.clock_in(:new_id, :caller_id, :caller_role, :hq_location_name, :body);

-- duty_sessions_clock_out write 5s idempotent
select * from api.clock_out(:id, :caller_id, :if_match, :body);

-- duty_sessions_end write 5s idempotent
select * from api.end_session(:id, :caller_id, :if_match, :body);
