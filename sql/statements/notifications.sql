-- notifications_list read 2s
select api.notification_items(page.ids[1 : :limit::integer]) as body,
	case when cardinality(page.ids) > :limit::integer
		then json_build_array(page.priorities[:limit::integer], page.times[:limit::integer], page.ids[:limit::integer])
		end as next
	, (select count(*) from api.open_notifications(:caller_id) where :with_total?::boolean) as total
from (
	select array_agg(f.id) as ids, array_agg(f.priority) as priorities, array_agg(f.created_at) as times
	from (
		select * from ((
			select n.id, n.priority, n.created_at
			from app.notifications n
			where n.user_id = :caller_id::uuid and n.dismissed_at is null
			and (n.expires_at is null or n.expires_at > now())
			and (n.priority, n.created_at, n.id) < (api.priority(:cursor_1?), :cursor_2?::timestamptz, :cursor_3?::uuid)
			order by n.priority desc, n.created_at desc, n.id desc
			limit :limit::integer + 1 + :skip::integer
		) union all (
			select n.id, n.priority, n.created_at
			from app.notifications n
			where n.user_id is null and not exists (select from app.notification_dismissals d
				where d.notification_id = n.id and d.user_id = :caller_id::uuid)
			and (n.expires_at is null or n.expires_at > now())
			and (n.priority, n.created_at, n.id) < (api.priority(:cursor_1?), :cursor_2?::timestamptz, :cursor_3?::uuid)
			order by n.priority desc, n.created_at desc, n.id desc
			limit :limit::integer + 1 + :skip::integer
		)) s
		order by s.priority desc, s.created_at desc, s.id desc
		limit :limit::integer + 1 offset :skip::integer
	) f
) page;

-- notifications_read read 2s
select * from api.read_notification(:id, :caller_id, :may_access_others);

-- notifications_history read 5s
select api.history('notification', o.id, :limit::integer, :skip::integer) as body
from app.notifications o
where o.id = :id::uuid;

-- notifications_create write 5s idempotent
select * from api.create_notification(:new_id, :caller_id, :body);

-- notifications_update write 5s
select * from api.update_notification(:id, :caller_id, :if_match, :body);

-- notifications_withdraw write 5s
select * from api.withdraw_notification(:id, :if_match);

-- notifications_dismiss write 5s idempotent
select * from api.dismiss_notification(:id, :caller_id, :if_match);
