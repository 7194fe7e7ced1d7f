-- shifts_list read 5s
with found as (
	select v.start_time, v.id
	from app.shifts v
	join app.shift_assignments a on a.shift_id = v.id and a.start_time = v.start_time and a.user_id = :user_id?::uuid
	where true
	and v.location_id = :location_id?::uuid
	-- A shift lasts at most 26 hours (shifts_length), so the index is entered that much earlier.
	and v.end_time > api.range_start(:start_date?) and v.start_time > api.range_start(:start_date?) - interval '26 hours'
	and v.start_time < api.range_end(:end_date?)
	-- Repeated as row comparisons, so that the index on a user's assignments is entered at the
	-- right position.
	and (a.user_id, a.start_time) > (:user_id?::uuid, api.range_start(:start_date?) - interval '26 hours')
	and (a.user_id, a.start_time) < (:user_id?::uuid, api.range_end(:end_date?))
	and (a.user_id, a.start_time, a.shift_id) > (:user_id?::uuid, :cursor_1?::timestamptz, :cursor_2?::uuid)
)
select api.shift_items(page.ids[1 : :limit::integer]) as body,
	case when cardinality(page.ids) > :limit::integer
		then json_build_array(page.times[:limit::integer], page.ids[:limit::integer]) end as next
from (
	select array_agg(f.id) as ids, array_agg(f.start_time) as times
	from (
		select * from found f
		where true
		and (f.start_time, f.id) > (:cursor_1?::timestamptz, :cursor_2?::uuid)
		order by f.start_time, f.id
		limit :limit::integer + 1 offset :skip::integer
	) f
) page;

-- shifts_read read 2s
select v.revision as etag, v.body
from api.shift_view v
where v.id = :id::uuid;

-- shifts_history read 5s
select api.history('shift', o.id, :limit::integer, :skip::integer) as body
from app.shifts o
where o.id = :id::uuid;

-- shifts_create write 5s idempotent
select * from api.create_shift(:new_id, :body);

-- shifts_update write 5s
select * from api.update_shift(:id, :if_match, :body);

-- shifts_delete write 5s
select * from api.delete_shift(:id, :if_match);

-- shifts_assign write 5s idempotent
select * from api.assign_user(:id, :if_match, :body);

-- shifts_unassign write 5s
select * from api.unassign_user(:id, :user_id, :if_match);
