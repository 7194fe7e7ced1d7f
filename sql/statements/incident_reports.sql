-- incident_reports_list read 5s
select api.incident_report_items(page.ids[1 : :limit::integer]) as body,
	case when cardinality(page.ids) > :limit::integer
		then json_build_array(page.times[:limit::integer], page.ids[:limit::integer]) end as next
	, (select count(*) from app.incident_reports where :with_total?::boolean) as total
from (
	select array_agg(f.id) as ids, array_agg(f.generated_at) as times
	from (
		select r.id, r.generated_at
		from app.incident_reports r
		where true
		and (r.generated_at, r.id) < (:cursor_1?::timestamptz, :cursor_2?::uuid)
		order by r.generated_at desc, r.id desc
		limit :limit::integer + 1 offset :skip::integer
	) f
) page;

-- incident_reports_read read 2s
select v.revision as etag, v.body
from api.incident_report_view v
where v.id = :id::uuid;

-- incident_reports_of_log read 2s
select v.revision as etag, v.body
from api.incident_report_view v
where v.log_id = :id::uuid;

-- incident_reports_create write 5s idempotent
select * from api.create_incident_report(:new_id, :caller_id, :body);

-- incident_reports_sign write 5s idempotent
select * from api.sign_incident_report(:id, :caller_id, :client_address, :if_match, :body);
