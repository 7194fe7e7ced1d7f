-- notifications_list read 2s
select api.notification_items(array(
	select s.id
	from (
		(
			select n.id, n.priority, n.created_at
			from app.notifications n
			where n.user_id = :caller_id::uuid and n.dismissed_at is null
			order by n.priority desc, n.created_at desc, n.id desc
			limit :limit::integer
		) union all (
			select n.id, n.priority, n.created_at
			from app.notifications n
			where n.user_id is null and not exists (select from app.notification_dismissals d
				where d.notification_id = n.id and d.user_id = :caller_id::uuid)
			order by n.priority desc, n.created_at desc, n.id desc
			limit :limit::integer
		)
	) s
	order by s.priority desc, s.created_at desc, s.id desc
	limit :limit::integer)) as body;

-- notifications_read read 2s
select * from api.read_notification(:id, :caller_id, :may_access_others);

-- notifications_create write 5s idempotent
select * from api.create_notification(:new_id, :caller_id, :body);

-- notifications_dismiss write 5s idempotent
select * from api.dismiss_notification(:id, :caller_id, :if_match);
