-- my_notes_list read 5s
select api.note_items(page.ids[1 : :limit::integer]) as body,
	case when cardinality(page.ids) > :limit::integer
		then json_build_array(page.times[:limit::integer], page.ids[:limit::integer]) end as next
	, (select count(*) from app.notes n where n.owner_id = :caller_id::uuid and :with_total?::boolean) as total
from (
	select array_agg(f.id) as ids, array_agg(f.created_at) as times
	from (
		select n.id, n.created_at
		from app.notes n
		where n.owner_id = :caller_id::uuid
		and (n.created_at, n.id) < (:cursor_1?::timestamptz, :cursor_2?::uuid)
		order by n.created_at desc, n.id desc
		limit :limit::integer + 1 offset :skip::integer
	) f
) page;

-- my_notes_read read 2s
select v.revision as etag, v.body
from api.note_view v
where v.id = :id::uuid and v.owner_id = :caller_id::uuid;

-- my_notes_history read 5s
select api.note_history(n.id, n.owner_id, :limit::integer, :skip::integer) as body
from app.notes n
where n.id = :id::uuid and n.owner_id = :caller_id::uuid;

-- my_notes_create write 5s idempotent
select * from api.create_note(:new_id, :caller_id, :body);

-- my_notes_update write 5s
select * from api.update_note(:id, :caller_id, :if_match, :body);

-- my_notes_delete write 5s
select * from api.delete_note(:id, :caller_id, :if_match);

-- my_notes_publish write 5s idempotent
select * from api.publish_note(:id, :caller_id, :if_match);

-- my_notes_unpublish write 5s idempotent
select * from api.unpublish_note(:id, :caller_id, :if_match);

-- my_notes_comments read 5s
select api.note_comment_items(page.ids[1 : :limit::integer]) as body,
	case when cardinality(page.ids) > :limit::integer
		then json_build_array(page.times[:limit::integer], page.ids[:limit::integer]) end as next
	, (select count(*) from app.comments c where c.note_id = n.id and :with_total?::boolean) as total
from app.notes n
cross join lateral (
	select array_agg(f.id) as ids, array_agg(f.created_at) as times
	from (
		select c.id, c.created_at
		from app.comments c
		where c.note_id = n.id
		and (c.created_at, c.id) > (:cursor_1?::timestamptz, :cursor_2?::uuid)
		order by c.created_at, c.id
		limit :limit::integer + 1 offset :skip::integer
	) f
) page
where n.id = :id::uuid and n.owner_id = :caller_id::uuid;

-- my_notes_read_comment read 2s
select v.revision as etag, v.body
from api.note_comment_view v
where v.id = :comment_id::uuid and v.note_id = :id::uuid
and exists (select from app.notes n where n.id = :id::uuid and n.owner_id = :caller_id::uuid);

-- my_notes_create_comment write 5s idempotent
select * from api.create_note_comment(:id, :new_id, :caller_id, true, :body);
