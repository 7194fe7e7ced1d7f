-- guards_on_duty read 5s
select coalesce(json_agg(to_json(shown) order by s.clock_in_time desc, s.id desc), '[]') as body
from (
	select d.id, d.clock_in_time, d.user_id, d.location_id
	from app.duty_sessions d
	where d.clock_out_time is null
	and (select u.role from app.users u where u.id = d.user_id) = any (:role?::app.role[])
	order by d.clock_in_time desc, d.id desc
	limit :limit::integer offset :skip::integer
) s
cross join lateral (
	select s.user_id, u.first_name || ' ' || u.last_name as user_name, u.email as user_email, u.role,
		s.id as duty_session_id, s.location_id,
		(select p.name from app.locations p where p.id = s.location_id) as location_name,
		s.clock_in_time, api.hours(s.clock_in_time, now()) as hours_on_duty
	from app.users u where u.id = s.user_id
) shown;

-- guards_at_my_location read 5s
select coalesce(json_agg(to_json(shown) order by s.clock_in_time desc, s.id desc), '[]') as body
from (
	select d.id, d.clock_in_time, d.user_id
	from app.duty_sessions d
	where d.clock_out_time is null
	and d.location_id = (select own.location_id from app.duty_sessions own
		where own.user_id = :caller_id::uuid and own.clock_out_time is null)
	order by d.clock_in_time desc, d.id desc
	limit :limit::integer offset :skip::integer
) s
cross join lateral (
	select s.user_id, u.first_name || ' ' || u.last_name as user_name, u.role, s.clock_in_time
	from app.users u where u.id = s.user_id
) shown;

-- guards_end_duty write 5s idempotent
select * from api.end_guard_duty(:id, :caller_id, :caller_role, :if_match, :body);
