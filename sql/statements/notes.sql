-- notes_list read 5s
select api.public_note_items(page.ids[1 : :limit::integer]) as body,
	case when cardinality(page.ids) > :limit::integer
		then json_build_array(page.times[:limit::integer], page.ids[:limit::integer]) end as next
	, (select count(*) from app.notes n where n.is_public and :with_total?::boolean) as total
from (
	select array_agg(f.id) as ids, array_agg(f.published_at) as times
	from (
		select n.id, n.published_at
		from app.notes n
		where n.is_public
		and (n.published_at, n.id) < (:cursor_1?::timestamptz, :cursor_2?::uuid)
		order by n.published_at desc, n.id desc
		limit :limit::integer + 1 offset :skip::integer
	) f
) page;

-- notes_read read 2s
select v.revision as etag, v.body
from api.public_note_view v
where v.id = :id::uuid;

-- notes_comments read 5s
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
where n.id = :id::uuid and n.is_public;

-- notes_read_comment read 2s
select v.revision as etag, v.body
from api.note_comment_view v
where v.id = :comment_id::uuid and v.note_id = :id::uuid
and exists (select from app.notes n where n.id = :id::uuid and n.is_public);

-- notes_create_comment write 5s idempotent
select * from api.create_note_comment(:id, :new_id, :caller_id, false, :body);

-- notes_moderate write 5s idempotent
select * from api.moderate_note(:id, :caller_id, :body);

-- notes_moderate_comment write 5s idempotent
select * from api.moderate_comment(:comment_id, :id, :caller_id, :body);
