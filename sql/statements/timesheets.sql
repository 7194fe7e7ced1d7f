-- timesheets_list read 5s
with found as (
	select t.week_start_date as week, api.name_sort_key(u.last_name) as name, t.id
	from app.timesheets t
	join app.users u on u.id = t.user_id
	where true
	and t.user_id = :caller_only?::uuid
	and t.user_id = :user_id?::uuid
	and t.status = any (:status?::app.timesheet_status[])
	and t.week_start_date = :week_start_date?::date
)
select coalesce(
		api.sunday_faults(:week_start_date?::date),
		api.timesheet_items(page.ids[1 : :limit::integer])) as body,
	case when cardinality(page.ids) > :limit::integer
		then json_build_array(page.weeks[:limit::integer], page.names[:limit::integer], page.ids[:limit::integer])
		end as next
	, case
	when extract(dow from :week_start_date?::date) <> 0 then 'NOT_A_SUNDAY'
	when :caller_only?::uuid <> :user_id?::uuid then 'FORBIDDEN'
	when false then null end as code
	, (select count(*) from found where :with_total?::boolean) as total
from (
	select array_agg(f.id) as ids, array_agg(f.week) as weeks, array_agg(f.name) as names
	from (
		select * from found f
		where true
		and f.week <= :cursor_1?::date
		and (f.week < :cursor_1?::date or (f.name, f.id) > (:cursor_2?, :cursor_3?::uuid))
		order by f.week desc, f.name, f.id
		limit :limit::integer + 1 offset :skip::integer
	) f
) page;

-- timesheets_candidates read 5s
select coalesce(api.sunday_faults(:week_start_date), json_agg(to_json(shown) order by s.name, s.user_id), '[]') as body,
	case when extract(dow from :week_start_date::date) <> 0 then 'NOT_A_SUNDAY' end as code
from (
	select w.*, u.first_name, u.last_name, api.name_sort_key(u.last_name) as name
	from (
		select d.user_id, count(*) as sessions, sum(app.hours_worked(d.clock_in_time, d.clock_out_time)) as hours
		from app.duty_sessions d
		where d.clock_in_time >= api.week_start(:week_start_date::date)
		and d.clock_in_time < api.week_start(:week_start_date::date + 7)
		and d.clock_out_time > d.clock_in_time
		group by d.user_id
	) w
	join app.users u on u.id = w.user_id
	order by name, w.user_id
	limit :limit::integer offset :skip::integer
) s
left join app.timesheets t on t.user_id = s.user_id and t.week_start_date = :week_start_date::date
cross join lateral (
	select s.user_id, s.sessions as completed_sessions, s.hours as total_hours, t.id as timesheet_id,
		(select count(*) from api.missing_sessions(s.user_id, :week_start_date::date, t.id)) as missing_sessions,
		json_build_object('id', s.user_id, 'first_name', s.first_name, 'last_name', s.last_name) as "user"
) shown;

-- timesheets_read read 2s
select * from api.read_timesheet(:id, :caller_id, :may_access_others);

-- timesheets_history read 5s
select api.history('timesheet', o.id, :limit::integer, :skip::integer) as body
from app.timesheets o
where o.id = :id::uuid and (o.user_id = :caller_id::uuid or :may_access_others::boolean);

-- timesheets_create write 5s idempotent
select * from api.create_timesheet(:new_id, :caller_id, :body);

-- timesheets_refresh write 5s idempotent
select * from api.refresh_timesheet(:id, :if_match);

-- timesheets_submit write 5s idempotent
select * from api.submit_timesheet(:id, :caller_id, :if_match);

-- timesheets_approve write 5s idempotent
select * from api.approve_timesheet(:id, :caller_id, :if_match);

-- timesheets_approve_all write 5s idempotent
select * from api.approve_timesheets(:caller_id, :body);

-- timesheets_reject write 5s idempotent
select * from api.reject_timesheet(:id, :caller_id, :if_match, :body);

-- timesheets_reopen write 5s idempotent
select * from api.reopen_timesheet(:id, :caller_id, :caller_role, :if_match, :body);

-- timesheets_delete write 5s
select * from api.delete_timesheet(:id, :if_match);

-- timesheets_add_entry write 5s idempotent
select * from api.add_timesheet_entry(:new_id, :id, :caller_id, :if_match, :body);

-- timesheets_update_entry write 5s
select * from api.update_timesheet_entry(:id, :caller_id, :if_match, :body);

-- timesheets_delete_entry write 5s
select * from api.delete_timesheet_entry(:id, :caller_id, :if_match, :reason);
