-- Incident reports: a log to be signed by a supervisor and, if one is assigned, by a guard. The log
-- has the content; only signatures change a report.
-- after: logs

create or replace view api.incident_report_view as
select r.id, r.log_id, r.revision, to_json(shown) as body
from app.incident_reports r
cross join lateral (
	select r.id, r.incident_number, r.log_id, r.generated_at,
		r.guard_assigned_id, r.guard_signed_by, r.guard_signed_name, r.guard_signed_at,
		r.guard_signed_ip_address, r.supervisor_assigned_id, r.supervisor_signed_by,
		r.supervisor_signed_name, r.supervisor_signed_at, r.supervisor_signed_ip_address,
		r.supervisor_signed_at is not null
			and (r.guard_assigned_id is null or r.guard_signed_at is not null) as is_complete,
		r.notified_users,
		(select to_json(b) from (select u.id, u.first_name, u.last_name from app.users u
			where u.id = r.generated_by) b) as generated_by,
		(select to_json(b) from (select u.id, u.first_name, u.last_name from app.users u
			where u.id = r.guard_assigned_id) b) as guard,
		(select to_json(b) from (select u.id, u.first_name, u.last_name from app.users u
			where u.id = r.supervisor_assigned_id) b) as supervisor,
		(select v.body from api.log_item v where v.id = r.log_id) as log
) shown;

-- The reports with these ids, in this order.
create or replace function api.incident_report_items(p_ids uuid[])
returns json language plpgsql stable as $$
begin
	return (
		select coalesce(json_agg(v.body order by i.n), '[]')
		from unnest(p_ids) with ordinality i (id, n)
		cross join lateral (select w.body from api.incident_report_view w where w.id = i.id limit 1) v
	);
end $$;

create or replace function api.incident_report_json(p_id uuid)
returns json language plpgsql stable as $$
begin
	return (select v.body from api.incident_report_view v where v.id = p_id);
end $$;

create or replace function api.incident_report_event(p_report app.incident_reports, p_type text)
returns jsonb language sql stable
as $$ select jsonb_build_object('channel', 'log:' || p_report.log_id, 'type', p_type,
	'data', jsonb_build_object('id', p_report.id, 'log_id', p_report.log_id,
	'incident_number', p_report.incident_number, 'guard_signed_at', p_report.guard_signed_at,
	'supervisor_signed_at', p_report.supervisor_signed_at, 'revision', p_report.revision)) $$;

-- Inserts a report. Its number consists of the current year and the last digits of the log's id; more
-- digits if the number is taken.
create or replace function api.add_incident_report(p_report app.incident_reports)
returns app.incident_reports language plpgsql as $$
declare
	digits text := upper(replace(p_report.log_id::text, '-', ''));
	year text := extract(year from now() at time zone current_setting('binnacle.timezone'))::text;
	new app.incident_reports;
begin
	for length in 8 .. 32 loop
		insert into app.incident_reports (id, log_id, incident_number, generated_by, guard_assigned_id,
			supervisor_assigned_id, notified_users)
		values (p_report.id, p_report.log_id, 'INC-' || year || '-' || right(digits, length),
			p_report.generated_by, p_report.guard_assigned_id, p_report.supervisor_assigned_id,
			p_report.notified_users)
		on conflict on constraint incident_reports_number_unique do nothing
		returning * into new;
		exit when found;
	end loop;
	return new;
end $$;

-- Creates a report and notifies the assigned signers and the other users named.
create or replace function api.create_incident_report(p_id uuid, p_caller uuid, p_body jsonb)
returns api.result language plpgsql as $$
declare
	target app.logs;
	new app.incident_reports;
	supervisor app.role;
	events jsonb;
begin
	new.id := p_id;
	new.generated_by := p_caller;
	new.guard_assigned_id := (p_body ->> 'guard_assigned_id')::uuid;
	new.supervisor_assigned_id := (p_body ->> 'supervisor_assigned_id')::uuid;
	new.notified_users := array(
		select distinct u.id::uuid from unnest(api.text_array(p_body -> 'notified_user_ids')) u (id) order by 1);
	select * into target from app.logs l where l.id = (p_body ->> 'log_id')::uuid for share;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no log with this id.');
	end if;
	if target.type <> 'INCIDENT' then
		return api.refuse_input('NOT_AN_INCIDENT', null,
			api.fault('pointer', '/log_id', 'invalid', 'must be the ID of a log of type INCIDENT'));
	end if;
	new.log_id := target.id;
	if exists (select from app.incident_reports r where r.log_id = target.id) then
		return api.refuse('REPORT_EXISTS', null);
	end if;
	select u.role into supervisor from app.users u where u.id = new.supervisor_assigned_id;
	if not found or exists (select from unnest(new.notified_users || new.guard_assigned_id) n (id)
			where n.id is not null and not exists (select from app.users u where u.id = n.id)) then
		return api.refuse('USER_NOT_FOUND', 'At least one of the users does not exist.');
	end if;
	if supervisor < 'SUPERVISOR' then
		return api.refuse_input('VALIDATION_FAILED', '`supervisor_assigned_id` is not the ID of a supervisor.',
			api.fault('pointer', '/supervisor_assigned_id', 'invalid', 'must be the ID of a SUPERVISOR or above'));
	end if;
	new := api.add_incident_report(new);
	events := jsonb_build_array(api.incident_report_event(new, 'incident_report.created'))
		|| api.notify(array_remove(new.notified_users || new.guard_assigned_id
			|| new.supervisor_assigned_id, null), 'INFO', 'HIGH', 'Incident report ' || new.incident_number,
			target.title, 'Open report', '/incident-reports/' || new.id);
	return api.created(new.revision, '/incident-reports/' || p_id,
		api.incident_report_json(p_id), live.emit(events));
end $$;

-- Each assigned user signs once, and only for themselves.
create or replace function api.sign_incident_report(p_id uuid, p_caller uuid, p_address text, p_if_match bigint[],
	p_body jsonb)
returns api.result language plpgsql as $$
declare
	target app.incident_reports;
	as_guard boolean := p_body ->> 'signer_type' = 'GUARD';
	name text := (select u.first_name || ' ' || u.last_name from app.users u where u.id = p_caller);
begin
	select * into target from app.incident_reports r where r.id = p_id for update;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no incident report with this id.');
	end if;
	if p_caller is distinct from (case when as_guard then target.guard_assigned_id
		else target.supervisor_assigned_id end) then
		return api.refuse('FORBIDDEN', 'Only a user assigned to the report can sign it.');
	end if;
	if not api.if_match(p_if_match, target.revision) then
		return api.refuse('PRECONDITION_FAILED', null);
	end if;
	if (case when as_guard then target.guard_signed_at else target.supervisor_signed_at end) is not null then
		return api.refuse('ALREADY_SIGNED', null);
	end if;
	if as_guard then
		update app.incident_reports r set guard_signed_by = p_caller, guard_signed_name = name,
			guard_signed_at = now(), guard_signed_ip_address = p_address
		where r.id = p_id returning * into target;
	else
		update app.incident_reports r set supervisor_signed_by = p_caller, supervisor_signed_name = name,
			supervisor_signed_at = now(), supervisor_signed_ip_address = p_address
		where r.id = p_id returning * into target;
	end if;
	return api.ok(target.revision, api.incident_report_json(p_id),
		live.emit(jsonb_build_array(api.incident_report_event(target, 'incident_report.signed'))));
end $$;
