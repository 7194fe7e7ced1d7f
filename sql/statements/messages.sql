-- messages_list read 5s
select (t.refusal).code as code, (t.refusal).detail as detail,
	case when (t.refusal).code is null then api.message_items(page.ids[1 : :limit::integer])
		else (t.refusal).body end as body,
	case when cardinality(page.ids) > :limit::integer
		then json_build_array(page.times[:limit::integer], page.ids[:limit::integer]) end as next
	, (select count(*) from app.messages m where m.duty_session_id = t.thread and :with_total?::boolean)
		+ (select count(*) from app.messages m where m.pair_id = t.pair and :with_total?::boolean) as total
from api.find_thread(:caller_id, :guard_id, :duty_session_id, :with_user_id, :may_access_others) t
cross join lateral (
	select array_agg(f.id) as ids, array_agg(f.created_at) as times
	from (
		select * from ((
			select m.id, m.created_at
			from app.messages m
			where m.duty_session_id = t.thread
			and (m.created_at, m.id) > (:cursor_1?::timestamptz, :cursor_2?::uuid)
			order by m.created_at, m.id
			limit :limit::integer + 1 + :skip::integer
		) union all (
			select m.id, m.created_at
			from app.messages m
			where m.pair_id = t.pair
			and (m.created_at, m.id) > (:cursor_1?::timestamptz, :cursor_2?::uuid)
			order by m.created_at, m.id
			limit :limit::integer + 1 + :skip::integer
		)) s
		order by s.created_at, s.id
		limit :limit::integer + 1 offset :skip::integer
	) f
) page;

-- messages_conversations read 5s
select coalesce(json_agg(to_json(shown) order by s.last_message_time desc, s.duty_session_id desc), '[]') as body
from (
	select *
	from api.conversation c
	order by c.last_message_time desc, c.duty_session_id desc
	limit :limit::integer offset :skip::integer
) s
cross join lateral (select s.*, api.unread_count(s.duty_session_id, :caller_id::uuid) as unread_count) shown;

-- messages_direct read 5s
select coalesce(json_agg(to_json(shown) order by s.last_message_time desc, s.pair_id desc), '[]') as body
from (
	select *
	from api.direct_conversations(:caller_id) c
	order by c.last_message_time desc, c.pair_id desc
	limit :limit::integer offset :skip::integer
) s
cross join lateral (
	select s.user_id, s."user", s.last_message, s.last_message_time,
		api.unread_direct_count(s.pair_id, :caller_id::uuid) as unread_count
) shown;

-- messages_read read 2s
select * from api.read_message(:id, :caller_id, :may_access_others);

-- messages_send write 5s idempotent
select * from api.send_message(:new_id, :caller_id, :caller_role, :body);

-- messages_mark_read write 5s idempotent
select * from api.mark_message_read(:id, :caller_id, :may_access_others, :if_match);

-- messages_delete write 5s
select * from api.delete_message(:id, :caller_id, :may_access_others, :if_match);
