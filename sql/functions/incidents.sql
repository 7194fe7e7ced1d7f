-- Incidents: logs that may need a review.
-- after: common

-- The full logs with these ids, in this order. (A function for the same reason as api.log_items.)
create or replace function api.incident_items(p_ids uuid[])
returns json language plpgsql stable as $$
begin
	return (
		select coalesce(json_agg(v.body order by i.n), '[]')
		from unnest(p_ids) with ordinality i (id, n)
		cross join lateral (select v.body from api.log_view v where v.id = i.id limit 1) v
	);
end $$;

-- The ids of a page of incidents with this status after a position in the list: newest first;
-- unreviewed ones by severity first. (Each branch uses an index of its own. A cursor with an
-- unknown severity finds nothing.)
create or replace function api.incident_page(p_status text, p_limit integer, p_skip integer,
	p_severity text default 'CRITICAL', p_at timestamptz default 'infinity',
	p_id uuid default 'ffffffff-ffff-ffff-ffff-ffffffffffff')
returns uuid[] language plpgsql stable as $$
declare
	worst app.severity := (select s from unnest(enum_range(null::app.severity)) s where s::text = p_severity);
begin
	if p_status = 'UNREVIEWED' then
		return array(select l.id from app.logs l
			where l.type = 'INCIDENT' and l.reviewed_by is null and l.archived_at is null
			and l.published_at is not null and l.severity >= 'MEDIUM' and (l.severity, l.created_at, l.id) < (worst, p_at, p_id)
			order by l.severity desc, l.created_at desc, l.id desc limit p_limit offset p_skip);
	elsif p_status = 'ALL' then
		return array(select l.id from app.logs l
			where l.type = 'INCIDENT' and (l.created_at, l.id) < (p_at, p_id)
			order by l.created_at desc, l.id desc limit p_limit offset p_skip);
	end if;
	return array(select l.id from app.logs l
		where l.type = 'INCIDENT' and l.status = p_status::app.record_status
		and (l.created_at, l.id) < (p_at, p_id)
		order by l.created_at desc, l.id desc limit p_limit offset p_skip);
end $$;

create or replace function api.count_incidents(p_status text)
returns bigint language plpgsql stable as $$
begin
	if p_status = 'UNREVIEWED' then
		return (select count(*) from app.logs l
			where l.type = 'INCIDENT' and l.reviewed_by is null and l.archived_at is null
				and l.published_at is not null and l.severity >= 'MEDIUM');
	elsif p_status = 'ALL' then
		return (select count(*) from app.logs l where l.type = 'INCIDENT');
	end if;
	return (select count(*) from app.logs l
		where l.type = 'INCIDENT' and l.status = p_status::app.record_status);
end $$;

-- Published to the location, to the log, and to its author.
create or replace function api.review_events(p_log app.logs)
returns jsonb language plpgsql immutable as $$
declare
	data jsonb := jsonb_build_object('id', p_log.id, 'title', p_log.title, 'status', p_log.status,
		'severity', p_log.severity, 'location_id', p_log.location_id, 'user_id', p_log.user_id,
		'reviewed_by', p_log.reviewed_by, 'reviewed_at', p_log.reviewed_at, 'revision', p_log.revision);
begin
	return live.events_on(array['location:' || p_log.location_id, 'log:' || p_log.id, 'user:' || p_log.user_id],
		'incident.reviewed', data);
end $$;

-- A second review is refused.
create or replace function api.review_incident(p_id uuid, p_caller uuid, p_if_match bigint[], p_body jsonb)
returns api.result language plpgsql as $$
declare
	old app.logs;
	target app.logs;
begin
	select * into old from app.logs l where l.id = p_id for update;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no log with this id.');
	elsif old.type <> 'INCIDENT' then
		return api.refuse_input('NOT_AN_INCIDENT', null,
			api.fault('parameter', 'id', 'invalid', 'must be the ID of a log of type INCIDENT'));
	elsif old.reviewed_at is not null then
		return api.refuse('ALREADY_REVIEWED', null);
	elsif old.archived_at is not null then
		return api.refuse('LOG_ARCHIVED', null);
	elsif old.published_at is null then
		return api.refuse('LOG_NOT_PUBLISHED', null);
	elsif not api.if_match(p_if_match, old.revision) then
		return api.refuse('PRECONDITION_FAILED', null);
	end if;
	update app.logs l set reviewed_by = p_caller, reviewed_at = now(), review_notes = p_body ->> 'review_notes',
		status = coalesce((p_body ->> 'status')::app.record_status, 'UPDATED'),
		archived_at = case when p_body ->> 'status' = 'ARCHIVED' then now() end
	where l.id = p_id
	returning * into target;
	perform api.record_log_edits(old, target, p_caller);
	return api.ok(target.revision, api.log_json(p_id), live.emit(api.review_events(target)));
end $$;
