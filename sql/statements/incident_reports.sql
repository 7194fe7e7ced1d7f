-- incident_reports_list read 5s
with found as (
	select r.generated_at, r.id
	from app.incident_reports r
	where true
	and (:caller_role::app.role >= 'SUPERVISOR' or r.guard_assigned_id = :caller_id::uuid or r.supervisor_assigned_id = :caller_id::uuid)
	and coalesce(r.guard_assigned_id = :caller_id::uuid and r.guard_signature_id is null or r.supervisor_assigned_id = :caller_id::uuid and r.supervisor_signature_id is null, false) = :awaiting_my_signature?::boolean
)
select api.incident_report_items(page.ids[1 : :limit::integer]) as body,
	case when cardinality(page.ids) > :limit::integer
		then json_build_array(page.times[:limit::integer], page.ids[:limit::integer]) end as next
	, (select count(*) from found where :with_total?::boolean) as total
from (
	select array_agg(f.id) as ids, array_agg(f.generated_at) as times
	from (
		select * from found f
		where true
		and (f.generated_at, f.id) < (:cursor_1?::timestamptz, :cursor_2?::uuid)
		order by f.generated_at desc, f.id desc
		limit :limit::integer + 1 offset :skip::integer
	) f
) page;

-- incident_reports_read read 2s
select v.revision as etag, v.body
from api.incident_report_view v
where v.id = :id::uuid;

-- incident_reports_history read 5s
select api.history('incident_report', o.id, :limit::integer, :skip::integer) as body
from app.incident_reports o
where o.id = :id::uuid;

-- incident_reports_of_log read 2s
select v.revision as etag, v.body
from api.incident_report_view v
where v.log_id = :id::uuid;

-- incident_reports_signed read 2s
select * from api.signed_report(:id::uuid, null, :edition::integer, :preview::boolean);

-- incident_reports_signed_of_log read 2s
select * from api.signed_report(null, :id::uuid, :edition::integer, :preview::boolean);

-- incident_reports_create write 5s idempotent
select * from api.create_incident_report(:new_id, :caller_id, :body);

-- incident_reports_sign write 5s idempotent
select * from api.sign_incident_report(:id, :caller_id, :client_address, :if_match, :body);

-- incident_reports_update write 5s
select * from api.update_incident_report(:id, :if_match, :body);

-- incident_reports_reopen write 5s idempotent
select * from api.reopen_incident_report(:id, :caller_id, :if_match, :body);
