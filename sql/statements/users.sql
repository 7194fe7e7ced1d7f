-- users_read_me read 2s
select u.revision as etag, to_json(v) as body
from app.users u, api.user_self_view v
where u.id = :caller_id::uuid and v.id = :caller_id::uuid;

-- users_my_stats read 5s
select json_build_object(
	'total_logs', (select count(*) from app.logs l where l.user_id = :caller_id::uuid and l.archived_at is null),
	'total_sessions', count(*),
	'total_check_ins', (select count(*) from app.location_check_ins c where c.user_id = :caller_id::uuid),
	'total_duty_hours', coalesce(round(sum(extract(epoch from coalesce(d.clock_out_time, now()) - d.clock_in_time))
		/ 3600, 1), 0),
	'unread_messages', api.unread_messages(:caller_id)) as body
from app.duty_sessions d
where d.user_id = :caller_id::uuid;

-- users_update_me write 5s
select * from api.update_me(:caller_id, :if_match, :body);

-- users_sync write 2s idempotent
select * from api.sync_user(:caller_id, :caller_email);

-- users_list read 5s
with found as (
	select k.sort_key, v.id
	from app.users v
	-- Subqueries that PostgreSQL inlines, so that the index on the key is used.
	cross join lateral (select app.is_guest(v.role, v.is_anonymous, v.display_name, v.first_name, v.last_name) as guest) g
	cross join lateral (select app.user_list_key(v.archived_at, v.first_name, v.role, g.guest) as sort_key) k
	where k.sort_key >= (select api.user_sort_key_from(:archived, :role::app.role[], :guests))
	and k.sort_key < (select api.user_sort_key_to(:archived, :role::app.role[], :guests))
	-- With archived users, guests may be in the middle of the range.
	and (:guests = 'ALL' or g.guest = (:guests = 'YES'))
	and v.role = any (:role?::app.role[])
	-- A subquery, so that the search uses the text index instead of scanning the list.
	and v.id = any (array(select n.id from api.user_search n where n.words ilike any (array(select api.like_patterns(:q?)))))
)
select api.user_items(page.ids[1 : :limit::integer], :caller_role) as body,
	case when cardinality(page.ids) > :limit::integer
		then json_build_array(page.sort_keys[:limit::integer], page.ids[:limit::integer]) end as next
	, (select count(*) from found where :with_total?::boolean) as total
from (
	select array_agg(f.id) as ids, array_agg(f.sort_key) as sort_keys
	from (
		select * from found f
		where true
		and (f.sort_key, f.id) > (:cursor_1?, :cursor_2?::uuid)
		order by f.sort_key, f.id
		limit :limit::integer + 1 offset :skip::integer
	) f
) page;

-- users_read read 2s
select * from api.read_user(:id, :caller_id, :caller_role, :may_access_others);

-- users_history read 5s
select api.history('user', o.id, :limit::integer, :skip::integer) as body
from app.users o
where o.id = :id::uuid;

-- users_create write 5s idempotent
select * from api.create_user(:new_id, :caller_role, :body);

-- users_update_role write 5s
select a.*, :id as invalidates from api.update_role(:id, :caller_id, :caller_role, :if_match, :body) a;

-- users_archive write 5s idempotent
select a.*, :id as invalidates from api.archive_user(:id, :caller_id, :caller_role, :if_match) a;

-- users_unarchive write 5s idempotent
select a.*, :id as invalidates from api.unarchive_user(:id, :caller_id, :caller_role, :if_match) a;

-- users_update write 5s
select a.*, :id as invalidates from api.update_user(:id, :caller_id, :caller_role, :if_match, :body) a;

-- users_erase write 30s idempotent
select a.*, :id as invalidates from api.erase_user(:id, :caller_id, :caller_role, :if_match) a;

-- users_withdraw write 5s
select a.*, :id as invalidates from api.withdraw_invitation(:id, :caller_id, :caller_role, :if_match) a;

-- users_find read 5s
select u.id
from app.users u
where u.id = :id::uuid or u.email = lower(:email collate "C") collate "default";

-- users_expire_guests write 30s
select g.more from api.expire_guests(:days, 100) g (more);
