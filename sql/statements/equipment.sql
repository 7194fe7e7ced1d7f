-- checkouts_list read 5s
with found as (
	select c.checkout_time, c.id
	from app.equipment_checkouts c
	where true
	and c.duty_session_id = :duty_session_id?::uuid
	and c.vehicle_id = :vehicle_id?::uuid
	and c.radio_id = :radio_id?::uuid
	and (c.checkin_time is null) = :open?::boolean
)
select api.checkout_items(page.ids[1 : :limit::integer]) as body,
	case when cardinality(page.ids) > :limit::integer
		then json_build_array(page.times[:limit::integer], page.ids[:limit::integer]) end as next
	, (select count(*) from found where :with_total?::boolean) as total
from (
	select array_agg(f.id) as ids, array_agg(f.checkout_time) as times
	from (
		select * from found f
		where true
		and (f.checkout_time, f.id) < (:cursor_1?::timestamptz, :cursor_2?::uuid)
		order by f.checkout_time desc, f.id desc
		limit :limit::integer + 1 offset :skip::integer
	) f
) page;

-- checkouts_read read 2s
select v.revision as etag, v.body
from api.checkout_view v
where v.id = :id::uuid;

-- checkouts_history read 5s
select api.history('equipment_checkout', o.id, :limit::integer, :skip::integer) as body
from app.equipment_checkouts o
where o.id = :id::uuid;

-- checkouts_create write 5s idempotent
select * from api.check_out_equipment(:new_id, :caller_id, :body);

-- checkouts_return write 5s idempotent
select * from api.return_checkout(:id, :caller_id, :may_access_others, :if_match, :body);

-- equipment_return write 5s idempotent
select * from api.return_equipment(:caller_id, :body);
