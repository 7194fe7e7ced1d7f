-- comments_list read 5s
select api.comment_items(page.ids[1 : :limit::integer]) as body,
	case when cardinality(page.ids) > :limit::integer
		then json_build_array(page.times[:limit::integer], page.ids[:limit::integer]) end as next
	, (select count(*) from app.comments c where c.log_id = l.id and :with_total?::boolean) as total
from app.logs l
cross join lateral (
	select array_agg(f.id) as ids, array_agg(f.created_at) as times
	from (
		select c.id, c.created_at
		from app.comments c
		where c.log_id = l.id
		and (c.created_at, c.id) > (:cursor_1?::timestamptz, :cursor_2?::uuid)
		order by c.created_at, c.id
		limit :limit::integer + 1 offset :skip::integer
	) f
) page
where l.id = :id::uuid and api.may_see_log(l, :caller_id, :caller_role);

-- comments_read read 2s
select v.revision as etag, v.body
from api.comment_view v
where v.id = :id::uuid
and exists (select from app.comments c join app.logs l on l.id = c.log_id
	where c.id = :id::uuid and api.may_see_log(l, :caller_id, :caller_role));

-- comments_create write 5s idempotent
select * from api.create_comment(:id, :new_id, :caller_id, :caller_role, :body);

-- comments_moderate write 5s idempotent
select * from api.moderate_comment(:id, null, :caller_id, :body);
