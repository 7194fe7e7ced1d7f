-- logs_list read 5s
with found as (
	select v.created_at, v.id
	from app.logs v
	where v.archived_at is null
	and (v.published_at is not null or v.user_id = :caller_id::uuid or :caller_role::app.role >= 'SUPERVISOR')
	and v.location_id = :location_id?::uuid
	and v.user_id = :user_id?::uuid
	and v.type = any (:type?::app.log_type[])
	and v.status = any (:status?::app.record_status[])
	and v.severity = any (:severity?::app.severity[])
	and (v.title || ' ' || v.description) ilike api.like_pattern(:search?)
	and v.created_at >= api.range_start(:start_date?)
	and v.created_at < api.range_end(:end_date?)
	and v.created_at >= api.month_start(:year?::integer, coalesce(:month::integer, 1))
	and v.created_at < api.month_start(:year?::integer, coalesce(:month::integer, 12) + 1)
	and v.created_at >= api.month_start(api.year_or_current(:year::integer), :month?::integer)
	and v.created_at < api.month_start(api.year_or_current(:year::integer), :month?::integer + 1)
	and api.day_of_week(v.created_at) = :day_of_week?::integer
)
select api.log_items(page.ids[1 : :limit::integer]) as body,
	case when cardinality(page.ids) > :limit::integer
		then json_build_array(page.times[:limit::integer], page.ids[:limit::integer]) end as next
	, (select count(*) from found where :with_total?::boolean) as total
from (
	select array_agg(f.id) as ids, array_agg(f.created_at) as times
	from (
		select * from found f
		where true
		and (f.created_at, f.id) < (:cursor_1?::timestamptz, :cursor_2?::uuid)
		order by f.created_at desc, f.id desc
		limit :limit::integer + 1 offset :skip::integer
	) f
) page;

-- logs_list_archived read 5s
-- Lists archived logs, and other logs if :status includes their status. Each of the two has partial indexes.
with archived as (
	select v.created_at, v.id
	from app.logs v
	where v.archived_at is not null
	and (v.published_at is not null or v.user_id = :caller_id::uuid or :caller_role::app.role >= 'SUPERVISOR')
	and v.location_id = :location_id?::uuid
	and v.user_id = :user_id?::uuid
	and v.type = any (:type?::app.log_type[])
	and v.severity = any (:severity?::app.severity[])
	and (v.title || ' ' || v.description) ilike api.like_pattern(:search?)
	and v.created_at >= api.range_start(:start_date?)
	and v.created_at < api.range_end(:end_date?)
	and v.created_at >= api.month_start(:year?::integer, coalesce(:month::integer, 1))
	and v.created_at < api.month_start(:year?::integer, coalesce(:month::integer, 12) + 1)
	and v.created_at >= api.month_start(api.year_or_current(:year::integer), :month?::integer)
	and v.created_at < api.month_start(api.year_or_current(:year::integer), :month?::integer + 1)
	and api.day_of_week(v.created_at) = :day_of_week?::integer
), others as (
	select v.created_at, v.id
	from app.logs v
	where v.archived_at is null and cardinality(:status::text[]) > 1
	and v.status = any (:status::app.record_status[])
	and (v.published_at is not null or v.user_id = :caller_id::uuid or :caller_role::app.role >= 'SUPERVISOR')
	and v.location_id = :location_id?::uuid
	and v.user_id = :user_id?::uuid
	and v.type = any (:type?::app.log_type[])
	and v.severity = any (:severity?::app.severity[])
	and (v.title || ' ' || v.description) ilike api.like_pattern(:search?)
	and v.created_at >= api.range_start(:start_date?)
	and v.created_at < api.range_end(:end_date?)
	and v.created_at >= api.month_start(:year?::integer, coalesce(:month::integer, 1))
	and v.created_at < api.month_start(:year?::integer, coalesce(:month::integer, 12) + 1)
	and v.created_at >= api.month_start(api.year_or_current(:year::integer), :month?::integer)
	and v.created_at < api.month_start(api.year_or_current(:year::integer), :month?::integer + 1)
	and api.day_of_week(v.created_at) = :day_of_week?::integer
)
select api.log_items(page.ids[1 : :limit::integer]) as body,
	case when cardinality(page.ids) > :limit::integer
		then json_build_array(page.times[:limit::integer], page.ids[:limit::integer]) end as next
	, (select (select count(*) from archived) + (select count(*) from others) where :with_total?::boolean) as total
from (
	select array_agg(f.id) as ids, array_agg(f.created_at) as times
	from (
		(
			select * from archived f
			where true
			and (f.created_at, f.id) < (:cursor_1?::timestamptz, :cursor_2?::uuid)
			order by f.created_at desc, f.id desc
			limit :limit::integer + 1 + :skip::integer
		)
		union all
		(
			select * from others f
			where true
			and (f.created_at, f.id) < (:cursor_1?::timestamptz, :cursor_2?::uuid)
			order by f.created_at desc, f.id desc
			limit :limit::integer + 1 + :skip::integer
		)
		order by created_at desc, id desc
		limit :limit::integer + 1 offset :skip::integer
	) f
) page;

-- logs_count read 5s
select json_build_object('count', count(*)) as body
from app.logs v
where true
and (v.published_at is not null or v.user_id = :caller_id::uuid or :caller_role::app.role >= 'SUPERVISOR')
and v.location_id = :location_id?::uuid
and v.user_id = :user_id?::uuid
and v.type = any (:type?::app.log_type[])
and v.status = any (:status?::app.record_status[])
and v.severity = any (:severity?::app.severity[])
and (v.title || ' ' || v.description) ilike api.like_pattern(:search?)
-- Subqueries, so that each is evaluated once: this statement reads every row.
and v.created_at >= (select api.range_start(:start_date?))
and v.created_at < (select api.range_end(:end_date?))
and v.created_at >= (select api.month_start(:year?::integer, coalesce(:month::integer, 1)))
and v.created_at < (select api.month_start(:year?::integer, coalesce(:month::integer, 12) + 1))
and v.created_at >= (select api.month_start(api.year_or_current(:year::integer), :month?::integer))
and v.created_at < (select api.month_start(api.year_or_current(:year::integer), :month?::integer + 1))
and api.day_of_week(v.created_at) = :day_of_week?::integer;

-- logs_read read 2s
select v.revision as etag, v.body
from app.logs l
join api.log_view v on v.id = l.id
where l.id = :id::uuid and api.may_see_log(l, :caller_id, :caller_role);

-- logs_of_location read 5s
select api.log_items(array(
	select v.id from app.logs v
	where v.location_id = p.id and v.archived_at is null
	and (v.published_at is not null or v.user_id = :caller_id::uuid or :caller_role::app.role >= 'SUPERVISOR')
	order by v.created_at desc, v.id desc
	limit :limit::integer)) as body
from app.locations p
where p.id = :id::uuid;

-- logs_edits read 5s
select coalesce(json_agg(s.item order by s.revision desc, s.field_changed), '[]') as body
from (
	select e.revision, e.field_changed, to_json(shown) as item
	from app.log_edits e
	cross join lateral (
		select e.id, e.field_changed, e.old_value, e.new_value, e.edited_at,
			(select to_json(b) from (select u.id, u.first_name, u.last_name from app.users u
				where u.id = e.edited_by) b) as editor
	) shown
	where e.log_id = :id::uuid
	and e.revision > (select api.hidden_revision(:id::uuid, :caller_id, :caller_role))
	order by e.revision desc, e.field_changed
	limit :limit::integer offset :skip::integer
) s
having exists (select from app.logs l where l.id = :id::uuid
	and api.may_see_log(l, :caller_id, :caller_role));

-- logs_history read 5s
select api.history('log', l.id, :limit::integer, :skip::integer,
	api.hidden_entry(l.id, :caller_id, :caller_role)) as body
from app.logs l
where l.id = :id::uuid and api.may_see_log(l, :caller_id, :caller_role);

-- logs_create write 5s idempotent
select * from api.create_log(:new_id, :caller_id, :caller_role, :body);

-- logs_update write 5s
select * from api.update_log(:id, :caller_id, :may_access_others, :if_match, :body);

-- logs_archive write 5s
select * from api.archive_log(:id, :caller_id, :may_access_others, :if_match);

-- logs_delete write 5s
select * from api.delete_log(:id, :if_match);
