-- Logs: their representations and rules.
-- after: common

-- Each view has the columns that queries use, and `body`, the representation. Related rows are
-- fetched by subqueries, not joins: for one log, and for a page of them, that costs a third less.
-- (to_json, because its output contains no spaces.)

-- A log in a list, with its location and author in brief.
create or replace view api.log_item as
select l.id, l.location_id, l.created_at, l.archived_at, to_json(shown) as body
from app.logs l
cross join lateral (
	select l.id, l.type, l.title, l.description, l.status, l.location_id, l.shift_id, l.user_id,
		l.severity, l.incident_time, l.people_involved, l.witnesses, l.actions_taken, l.follow_up_required,
		l.follow_up_notes, l.weather_conditions, l.photo_urls, l.video_urls, l.reviewed_by,
		l.reviewed_at, l.review_notes, l.archived_at, l.recorded_at, l.created_at, l.updated_at,
		(select to_json(b) from (select p.id, p.name from app.locations p
			where p.id = l.location_id) b) as location,
		(select to_json(b) from (select u.id, u.first_name, u.last_name from app.users u
			where u.id = l.user_id) b) as author
) shown;

-- The logs with these ids, in this order. (A function, so that a list is planned without them: the
-- query with its filters is planned each time, the representation once per connection. Together
-- that halves the cost of a list.)
create or replace function api.log_items(ids uuid[])
returns json language plpgsql stable as $$
begin
	return (
		select coalesce(json_agg(v.body order by i.n), '[]')
		from unnest(ids) with ordinality i (id, n)
		cross join lateral (select v.body from api.log_item v where v.id = i.id limit 1) v
	);
end $$;

-- A single log, with its full location, shift and reviewer.
create or replace view api.log_view as
select l.id, l.revision, to_json(shown) as body
from app.logs l
cross join lateral (
	select l.id, l.type, l.title, l.description, l.status, l.location_id, l.shift_id, l.user_id,
		l.severity, l.incident_time, l.people_involved, l.witnesses, l.actions_taken, l.follow_up_required,
		l.follow_up_notes, l.weather_conditions, l.photo_urls, l.video_urls, l.reviewed_by,
		l.reviewed_at, l.review_notes, l.archived_at, l.recorded_at, l.created_at, l.updated_at,
		(select to_json(b) from (select p.id, p.name, p.description, p.address, p.is_active
			from app.locations p where p.id = l.location_id) b) as location,
		(select to_json(b) from (select u.id, u.first_name, u.last_name, u.email from app.users u
			where u.id = l.user_id) b) as author,
		(select to_json(b) from (select s.id, s.name, s.start_time, s.end_time from app.shifts s
			where s.id = l.shift_id) b) as shift,
		(select to_json(b) from (select u.id, u.first_name, u.last_name from app.users u
			where u.id = l.reviewed_by) b) as reviewer
) shown;

-- (PL/pgSQL keeps its plan; an SQL function would be planned in each transaction.)
create or replace function api.log_json(p_id uuid)
returns json language plpgsql stable as $$
begin
	return (select v.body from api.log_view v where v.id = p_id);
end $$;

-- Logs that were never published are visible to their author and to supervisors only, also when archived.
create or replace function api.may_see_log(p_log app.logs, p_caller uuid, p_role app.role)
returns boolean language sql immutable
as $$ select coalesce(p_log.published_at is not null or p_log.user_id = p_caller or p_role >= 'SUPERVISOR', false) $$;

-- The last revision of a log as a draft; 0: it was none.
create or replace function api.draft_revision(p_log uuid)
returns bigint language plpgsql stable as $$
begin
	return coalesce((select max(e.revision) from app.log_edits e
		where e.log_id = p_log and e.field_changed = 'status' and e.old_value = '"DRAFT"'), 0);
end $$;

-- Whether this user may see what a log said before it was published.
create or replace function api.may_see_draft(p_log uuid, p_caller uuid, p_role app.role)
returns boolean language sql stable
as $$ select p_role >= 'SUPERVISOR' or exists (select from app.logs l where l.id = p_log and l.user_id = p_caller) $$;

-- The last revision of a log whose edits this user may not see.
create or replace function api.hidden_revision(p_log uuid, p_caller uuid, p_role app.role)
returns bigint language plpgsql stable as $$
begin
	if api.may_see_draft(p_log, p_caller, p_role) then
		return 0;
	end if;
	return api.draft_revision(p_log);
end $$;

-- The last entry of the trail of a log that this user may not see: that which published it.
create or replace function api.hidden_entry(p_log uuid, p_caller uuid, p_role app.role)
returns bigint language plpgsql stable as $$
begin
	if api.may_see_draft(p_log, p_caller, p_role) then
		return 0;
	end if;
	return coalesce((select max(e.id) from audit.entries e
		where e.object_id = p_log and e.kind = 'log' and e.before ->> 'status' = 'DRAFT'), 0);
end $$;

create or replace function api.log_event_data(p_log app.logs)
returns jsonb language sql stable
as $$ select jsonb_build_object('id', p_log.id, 'type', p_log.type, 'title', p_log.title,
	'status', p_log.status, 'severity', p_log.severity, 'location_id', p_log.location_id,
	'user_id', p_log.user_id, 'created_at', p_log.created_at, 'revision', p_log.revision) $$;

-- Published to the location, to the log (except when it is new and cannot have subscribers), and to
-- the previous location if the log moved. Before the log is published, its events go to the log only.
create or replace function api.log_events(p_log app.logs, p_type text, p_old_location uuid default null)
returns jsonb language plpgsql immutable as $$
declare
	log_channel text := case when p_type <> 'log.created' then 'log:' || p_log.id end;
begin
	if p_log.published_at is null then
		return coalesce(live.events_on(array[log_channel], p_type, api.log_event_data(p_log)), '[]');
	end if;
	return live.events_on(array['location:' || p_log.location_id, log_channel, 'location:' || p_old_location],
		p_type, api.log_event_data(p_log));
end $$;

-- The events of a change. To its location, a log that was just published is new.
create or replace function api.log_change_events(p_old app.logs, p_new app.logs)
returns jsonb language plpgsql immutable as $$
begin
	if p_old.published_at is null and p_new.published_at is not null then
		return api.log_events(p_new, 'log.created')
			|| live.events_on(array['log:' || p_new.id], 'log.updated', api.log_event_data(p_new));
	end if;
	return api.log_events(p_new, 'log.updated', p_old.location_id);
end $$;

-- Those who may subscribe to a log from now on can also receive its earlier events: those of the draft
-- get the data that is published.
create or replace function api.hide_draft_events(p_log app.logs)
returns void language plpgsql set enable_seqscan = off as $$
begin
	update live.events e set data = api.log_event_data(p_log)
		|| jsonb_build_object('status', 'DRAFT', 'revision', e.data -> 'revision')
	where e.channel = 'log:' || p_log.id and e.type = 'log.updated';
end $$;

-- Guards may write logs only for the location where they are on duty, or were at `p_at`: null, or the
-- refusal.
create or replace function api.check_guard_location(p_caller uuid, p_location uuid, p_at timestamptz default null)
returns api.result language plpgsql stable as $$
declare
	on_duty boolean;
	duty_location uuid;
begin
	if p_at is null then
		select true, d.location_id into on_duty, duty_location from app.duty_sessions d
		where d.user_id = p_caller and d.clock_out_time is null;
	else
		-- The last session that had begun; sessions of a user do not overlap.
		select coalesce(d.clock_out_time >= p_at, true), d.location_id into on_duty, duty_location
		from app.duty_sessions d
		where d.user_id = p_caller and d.clock_in_time <= p_at
		order by d.clock_in_time desc, d.id desc limit 1;
	end if;
	if on_duty is not true then
		return api.refuse('NOT_ON_DUTY', null);
	elsif duty_location = p_location then
		return null;
	elsif not exists (select from app.locations l where l.id = p_location) then
		return api.refuse('LOCATION_NOT_FOUND', null);
	end if;
	return api.refuse('LOCATION_MISMATCH', null);
end $$;

-- The severity of which a log alerts supervisors; null: it does not alert.
create or replace function api.alert_severity(p_type app.log_type, p_status app.record_status,
	p_severity app.severity)
returns app.severity language sql immutable
as $$ select case when p_type = 'INCIDENT' and p_status <> 'DRAFT' and p_severity >= 'HIGH' then p_severity end $$;

-- Alerts every supervisor if the log reached a higher alerted severity than before, so that an
-- incident which is lowered and raised again does not alert twice.
create or replace function api.alert_supervisors(p_log app.logs, p_alerted app.severity)
returns jsonb language plpgsql as $$
begin
	if p_log.alerted_severity is not distinct from p_alerted then
		return '[]';
	end if;
	return api.notify(
		array(select u.id from app.users u where u.role >= 'SUPERVISOR' and u.archived_at is null),
		'ALERT', case p_log.severity when 'CRITICAL' then 'URGENT' else 'HIGH' end,
		p_log.severity || ' incident at ' || (select p.name from app.locations p where p.id = p_log.location_id),
		p_log.title, 'Read the log', '/logs/' || p_log.id);
end $$;

-- Checks the times that a request gives: null, or the refusal.
create or replace function api.check_log_times(p_body jsonb)
returns api.result language plpgsql stable as $$
begin
	if (p_body ->> 'incident_time')::timestamptz > now() + interval '24 hours' then
		return api.refuse_input('VALIDATION_FAILED', null,
			api.fault('pointer', '/incident_time', 'out_of_range', 'must be at most 24 hours in the future'));
	elsif (p_body ->> 'recorded_at')::timestamptz
		not between now() - interval '24 hours' and now() + interval '5 minutes' then
		return api.refuse_input('VALIDATION_FAILED', null, api.fault('pointer', '/recorded_at', 'out_of_range',
			'must be at most 24 hours in the past and 5 minutes in the future'));
	end if;
	return null;
end $$;

create or replace function api.create_log(p_id uuid, p_caller uuid, p_role app.role, p_body jsonb)
returns api.result language plpgsql as $$
declare
	refusal api.result;
	new app.logs;
begin
	-- (Each call of a function costs as much as a condition does in ten statements.)
	if p_body ?| '{incident_time,recorded_at}' then
		refusal := api.check_log_times(p_body);
	end if;
	if refusal.code is null and p_role < 'SUPERVISOR' then
		refusal := api.check_guard_location(p_caller, (p_body ->> 'location_id')::uuid,
			(p_body ->> 'recorded_at')::timestamptz);
	end if;
	if refusal.code is null and p_body ->> 'shift_id' is not null then
		refusal := api.check_shift((p_body ->> 'shift_id')::uuid);
	end if;
	if refusal.code is null then
		refusal := api.check_active((p_body ->> 'location_id')::uuid);
	end if;
	if refusal.code is not null then
		return refusal;
	end if;
	insert into app.logs (id, type, title, description, status, location_id, shift_id, user_id, severity,
		incident_time, people_involved, witnesses, actions_taken, follow_up_required, follow_up_notes,
		weather_conditions, photo_urls, video_urls, recorded_at, published_at,
		alerted_severity)
	values (p_id, (p_body ->> 'type')::app.log_type, p_body ->> 'title', p_body ->> 'description',
		coalesce((p_body ->> 'status')::app.record_status, 'LIVE'), (p_body ->> 'location_id')::uuid,
		(p_body ->> 'shift_id')::uuid, p_caller, (p_body ->> 'severity')::app.severity,
		coalesce((p_body ->> 'incident_time')::timestamptz,
			case when p_body ->> 'type' = 'INCIDENT'
				then coalesce((p_body ->> 'recorded_at')::timestamptz, now()) end),
		p_body ->> 'people_involved', p_body ->> 'witnesses', p_body ->> 'actions_taken',
		coalesce((p_body ->> 'follow_up_required')::boolean, false), p_body ->> 'follow_up_notes',
		p_body ->> 'weather_conditions',
		case when p_body ? 'photo_urls' then api.text_array(p_body -> 'photo_urls') else '{}' end,
		case when p_body ? 'video_urls' then api.text_array(p_body -> 'video_urls') else '{}' end,
		(p_body ->> 'recorded_at')::timestamptz,
		case when p_body ->> 'status' = 'DRAFT' then null else now() end,
		api.alert_severity((p_body ->> 'type')::app.log_type,
			coalesce((p_body ->> 'status')::app.record_status, 'LIVE'),
			(p_body ->> 'severity')::app.severity))
	returning * into new;
	if new.alerted_severity is not null then
		return api.created(new.revision, '/logs/' || new.id, api.log_json(new.id),
			live.emit(api.log_events(new, 'log.created') || api.alert_supervisors(new, null)));
	elsif new.published_at is not null then
		return api.created(new.revision, '/logs/' || new.id, api.log_json(new.id),
			live.emit_to('location:' || new.location_id, 'log.created', api.log_event_data(new)));
	end if;
	return api.created(new.revision, '/logs/' || new.id, api.log_json(new.id));
end $$;

-- Locks a log if the caller may change it; otherwise returns the refusal.
create or replace function api.lock_log(p_id uuid, p_caller uuid, p_may_access_others boolean, p_if_match bigint[],
	out target app.logs, out refusal api.result) language plpgsql as $$
begin
	select * into target from app.logs l where l.id = p_id for update;
	if not found then
		refusal := api.refuse('NOT_FOUND', 'There is no log with this id.');
	elsif not p_may_access_others and target.user_id <> p_caller and target.published_at is null then
		refusal := api.refuse('NOT_FOUND', 'There is no log with this id.');
	elsif not p_may_access_others and target.user_id <> p_caller then
		refusal := api.refuse('FORBIDDEN', 'Only the author or a supervisor can change a log.');
	elsif target.archived_at is not null then
		refusal := api.refuse('LOG_ARCHIVED', null);
	elsif not api.if_match(p_if_match, target.revision) then
		refusal := api.refuse('PRECONDITION_FAILED', null);
	end if;
end $$;

-- One row for each field that differs.
create or replace function api.record_log_edits(p_old app.logs, p_new app.logs, p_editor uuid)
returns void language plpgsql as $$
begin
	insert into app.log_edits (log_id, edited_by, field_changed, old_value, new_value, revision)
	select p_old.id, p_editor, o.key, o.value, n.value, p_old.revision
	from jsonb_each(to_jsonb(p_old)) o
	join jsonb_each(to_jsonb(p_new)) n on n.key = o.key
	where o.value <> n.value and o.key not in ('updated_at', 'revision', 'published_at', 'alerted_severity');
end $$;

-- Whether a guard may change a log: neither one that the server wrote, nor a reviewed incident, nor
-- one of another location than that of their duty, nor may it move there. Null, or the refusal.
create or replace function api.check_guard_change(p_caller uuid, p_log app.logs, p_location uuid)
returns api.result language plpgsql stable as $$
declare
	refusal api.result;
begin
	if p_log.type = 'ON_DUTY_CHECKLIST' then
		return api.refuse('LOG_BY_SERVER', null);
	elsif p_log.reviewed_at is not null then	-- whatever its type is now
		return api.refuse('INCIDENT_REVIEWED', null);
	end if;
	refusal := api.check_guard_location(p_caller, p_log.location_id);
	if refusal.code is null and p_location <> p_log.location_id then
		refusal := api.check_guard_location(p_caller, p_location);
	end if;
	return refusal;
end $$;

-- Whether a log that was published as an incident of severity MEDIUM or above awaits its review. It also
-- does if its type was changed or its severity lowered since. The log is locked.
create or replace function api.awaits_review(p_log app.logs)
returns boolean language plpgsql stable as $$
declare
	draft bigint := api.draft_revision(p_log.id);
begin
	return p_log.reviewed_at is null and p_log.published_at is not null
		and (p_log.type = 'INCIDENT' or exists (select from app.log_edits e where e.log_id = p_log.id
			and e.revision > draft and e.field_changed = 'type' and e.old_value = '"INCIDENT"'))
		and (coalesce(p_log.severity >= 'MEDIUM', false) or exists (select from app.log_edits e
			where e.log_id = p_log.id and e.revision > draft and e.field_changed = 'severity'
			and e.old_value in ('"MEDIUM"', '"HIGH"', '"CRITICAL"')));
end $$;

create or replace function api.update_log(p_id uuid, p_caller uuid, p_may_access_others boolean, p_if_match bigint[],
	p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
	old app.logs;
	target app.logs;
	refusal api.result := api.check_shift((p_body ->> 'shift_id')::uuid);
	new_location uuid := p_body ->> 'location_id';
	published boolean;	-- whether this request publishes a draft
	notifications jsonb := '[]';
begin
	locked := api.lock_log(p_id, p_caller, p_may_access_others, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	elsif refusal.code is not null then
		return refusal;
	end if;
	old := locked.target;
	refusal := api.check_log_times(p_body);
	if refusal.code is null and not p_may_access_others then
		refusal := api.check_guard_change(p_caller, old, new_location);
	end if;
	published := old.status = 'DRAFT' and coalesce(p_body ->> 'status' = 'LIVE', false);
	if refusal.code is null and (published or new_location <> old.location_id) then
		refusal := api.check_active(coalesce(new_location, old.location_id));
	end if;
	if refusal.code is not null then
		return refusal;
	end if;
	target := jsonb_populate_record(old, p_body - 'status');
	if target is not distinct from old and not published then
		return api.ok(old.revision, api.log_json(p_id));
	end if;
	if api.changes_evidence(old, target) then
		return api.refuse('REPORT_SIGNED', null);
	elsif target.type <> old.type and exists (select from app.incident_reports r where r.log_id = p_id) then
		return api.refuse('REPORT_EXISTS', 'A log with an incident report stays an incident.');
	end if;
	target.status := case when old.status = 'DRAFT' and not published then 'DRAFT' else 'UPDATED' end;
	update app.logs l set type = target.type, title = target.title, description = target.description,
		location_id = target.location_id, shift_id = target.shift_id, severity = target.severity,
			incident_time = target.incident_time,
		people_involved = target.people_involved, witnesses = target.witnesses,
		actions_taken = target.actions_taken,
		follow_up_required = coalesce(target.follow_up_required, false),
		follow_up_notes = target.follow_up_notes, weather_conditions = target.weather_conditions,
		photo_urls = coalesce(target.photo_urls, '{}'), video_urls = coalesce(target.video_urls, '{}'),
		status = target.status, published_at = case when published then now() else old.published_at end,
		alerted_severity = greatest(old.alerted_severity,
			api.alert_severity(target.type, target.status, target.severity))
	where l.id = p_id
	returning * into target;

	perform api.record_log_edits(old, target, p_caller);
	if published then
		perform api.hide_draft_events(target);
	end if;
	notifications := api.alert_supervisors(target, old.alerted_severity);
	return api.ok(target.revision, api.log_json(p_id),
		live.emit(api.log_change_events(old, target) || notifications));
end $$;

create or replace function api.archive_log(p_id uuid, p_caller uuid, p_may_access_others boolean, p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	locked record;
	target app.logs;
	refusal api.result;
begin
	locked := api.lock_log(p_id, p_caller, p_may_access_others, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	if not p_may_access_others and api.report_is_signed(p_id) then return api.refuse('REPORT_SIGNED', null); end if;
	target := locked.target;
	if not p_may_access_others then
		refusal := api.check_guard_change(p_caller, target, target.location_id);
		if refusal.code is not null then
			return refusal;
		elsif api.awaits_review(target) then
			return api.refuse('REVIEW_PENDING', null);
		end if;
	end if;
	update app.logs l set status = 'ARCHIVED', archived_at = now() where l.id = p_id returning * into target;
	perform api.record_log_edits(locked.target, target, p_caller);
	return api.no_content(live.emit(api.log_events(target, 'log.archived')));
end $$;

-- Deletes a log permanently, archived or not, with its edit history.
create or replace function api.delete_log(p_id uuid, p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	target app.logs;
	refusal api.result;
begin
	select * into target from app.logs l where l.id = p_id for update;
	refusal := api.check_row(found, 'log', p_if_match, target.revision);
	if refusal.code is not null then
		return refusal;
	end if;
	if exists (select from app.incident_reports r where r.log_id = p_id) then
		return api.refuse('REPORT_EXISTS', 'A log with an incident report cannot be deleted.');
	end if;
	delete from app.logs l where l.id = p_id;
	return api.no_content(live.emit(api.log_events(target, 'log.removed')));
end $$;
