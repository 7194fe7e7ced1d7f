-- incidents_list read 5s
select api.incident_items(page.ids[1 : :limit::integer]) as body,
	case when cardinality(page.ids) > :limit::integer then (
		select json_build_array(coalesce(l.severity::text, ''), l.created_at, l.id)
		from app.logs l where l.id = page.ids[:limit::integer]) end as next
	, (select api.count_incidents(:status) where :with_total?::boolean) as total
from (
	select api.incident_page(:status, :limit::integer + 1, :skip::integer
		, :cursor_1?, :cursor_2?::timestamptz, :cursor_3?::uuid
	) as ids
) page;

-- incidents_review write 5s idempotent
select * from api.review_incident(:id, :caller_id, :if_match, :body);
