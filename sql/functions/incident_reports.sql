-- Incident reports: a log to be signed by a supervisor and, if one is assigned, by a guard. The log
-- has the content; the first signature stores it as text, and then the log's evidence is frozen.
-- after: logs

-- Times in a text that is signed do not depend on the session.
create or replace function api.utc_text(p_at timestamptz)
returns text language sql immutable
as $$ select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$;

create or replace function api.person_in_report(p_id uuid)
returns json language plpgsql stable as $$
begin
	return (select to_json(shown) from (select u.id, u.first_name, u.last_name from app.users u
		where u.id = p_id) shown);
end $$;

-- The evidence in a log, with the names of its place and author.
create or replace function api.log_in_report(p_id uuid)
returns json language plpgsql stable as $$
begin
	return (
		select to_json(shown)
		from app.logs l
		cross join lateral (
			select l.id, l.type, l.title, l.description, l.severity, api.utc_text(l.incident_time) as incident_time,
				l.people_involved, l.witnesses, l.actions_taken, l.weather_conditions, l.photo_urls, l.video_urls,
				api.utc_text(l.created_at) as created_at,
				(select to_json(b) from (select p.id, p.name, p.address from app.locations p
					where p.id = l.location_id) b) as location,
				api.person_in_report(l.user_id) as author
		) shown
		where l.id = p_id
	);
end $$;

-- What the next signature signs: members in this order, without spaces, encoded as UTF-8.
create or replace function api.render_incident_report(p_report app.incident_reports)
returns text language plpgsql stable as $$
begin
	return (
		select to_json(shown)
		from (
			select 'binnacle-incident-report-1' as format, p_report.incident_number, p_report.edition,
				api.utc_text(p_report.generated_at) as generated_at,
				api.person_in_report(p_report.generated_by) as generated_by,
				api.person_in_report(p_report.guard_assigned_id) as guard,
				api.person_in_report(p_report.supervisor_assigned_id) as supervisor,
				api.log_in_report(p_report.log_id) as log
		) shown
	);
end $$;

create or replace function api.digest_of(p_text text)
returns text language sql stable
as $$ select encode(sha256(convert_to(p_text, 'UTF8')), 'hex') $$;

-- What was signed or, before the first signature, what it would sign.
create or replace function api.incident_report_content(p_report app.incident_reports)
returns text language plpgsql stable as $$
declare
	signed text;
begin
	select t.content into signed from app.report_texts t
	where t.report_id = p_report.id and t.edition = p_report.edition;
	return coalesce(signed, api.render_incident_report(p_report));
end $$;

-- All signatures of a report, voided ones too, oldest first.
create or replace function api.report_signatures_json(p_report uuid)
returns json language plpgsql stable as $$
begin
	return (
		select coalesce(json_agg(to_json(shown) order by shown.signed_at, shown.signer_type), '[]')
		from (
			select s.signer as signer_type, s.user_id, s.name, s.signed_at, s.ip_address, s.edition,
				(select t.digest from app.report_texts t
					where t.report_id = s.report_id and t.edition = s.edition) as digest,
				s.voided_at, s.voided_by, s.void_reason
			from app.report_signatures s where s.report_id = p_report
		) shown
	);
end $$;

create or replace view api.incident_report_view as
select r.id, r.log_id, r.revision, to_json(shown) as body
from app.incident_reports r
left join app.report_signatures gs on gs.id = r.guard_signature_id
left join app.report_signatures ss on ss.id = r.supervisor_signature_id
cross join lateral (
	select r.id, r.incident_number, r.log_id, r.generated_at,
		r.guard_assigned_id, gs.user_id as guard_signed_by, gs.name as guard_signed_name,
		gs.signed_at as guard_signed_at, gs.ip_address as guard_signed_ip_address,
		r.supervisor_assigned_id, ss.user_id as supervisor_signed_by, ss.name as supervisor_signed_name,
		ss.signed_at as supervisor_signed_at, ss.ip_address as supervisor_signed_ip_address,
		r.supervisor_signature_id is not null
			and (r.guard_assigned_id is null or r.guard_signature_id is not null) as is_complete,
		r.notified_users, r.edition, api.digest_of(api.incident_report_content(r)) as digest,
		api.report_signatures_json(r.id) as signatures,
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

-- Exactly what was signed, of the current edition or an earlier one. `p_preview`: if nobody has signed
-- the current edition, what the first signature would sign.
create or replace function api.signed_report(p_id uuid, p_log uuid, p_edition integer, p_preview boolean)
returns api.result language plpgsql stable as $$
declare
	target app.incident_reports;
	signed text;
begin
	select * into target from app.incident_reports r where r.id = p_id or r.log_id = p_log;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no such incident report.');
	end if;
	select t.content into signed from app.report_texts t
	where t.report_id = target.id and t.edition = coalesce(p_edition, target.edition);
	if signed is null and p_preview and coalesce(p_edition = target.edition, true) then
		signed := api.render_incident_report(target);
	end if;
	if signed is null then
		return api.refuse('REPORT_NOT_SIGNED', null);
	end if;
	return api.ok(target.revision, signed::json);
end $$;

create or replace function api.incident_report_event(p_report app.incident_reports, p_type text)
returns jsonb language sql stable
as $$ select jsonb_build_object('channel', 'log:' || p_report.log_id, 'type', p_type,
	'data', jsonb_build_object('id', p_report.id, 'log_id', p_report.log_id,
	'incident_number', p_report.incident_number,
	'guard_signed_at', (select s.signed_at from app.report_signatures s where s.id = p_report.guard_signature_id),
	'supervisor_signed_at', (select s.signed_at from app.report_signatures s
		where s.id = p_report.supervisor_signature_id),
	'revision', p_report.revision)) $$;

-- Whether anybody has signed the log's report.
create or replace function api.report_is_signed(p_log uuid)
returns boolean language plpgsql stable as $$
begin
	return exists (select from app.incident_reports r where r.log_id = p_log
		and (r.guard_signature_id is not null or r.supervisor_signature_id is not null));
end $$;

-- Whether the change of a log would change evidence that has been signed. The caller has locked the
-- log, and a signature locks it, too.
create or replace function api.changes_evidence(p_old app.logs, p_new app.logs)
returns boolean language plpgsql stable as $$
begin
	return row(p_old.type, p_old.title, p_old.description, p_old.severity, p_old.incident_time, p_old.location_id,
			p_old.people_involved, p_old.witnesses, p_old.actions_taken, p_old.weather_conditions,
			p_old.photo_urls, p_old.video_urls)
		is distinct from row(p_new.type, p_new.title, p_new.description, p_new.severity, p_new.incident_time,
			p_new.location_id, p_new.people_involved, p_new.witnesses, p_new.actions_taken,
			p_new.weather_conditions, coalesce(p_new.photo_urls, '{}'), coalesce(p_new.video_urls, '{}'))
		and api.report_is_signed(p_old.id);
end $$;

-- Whether this user may sign in this role. Their row stays locked, so that they are not archived or
-- demoted meanwhile.
create or replace function api.is_eligible_signer(p_user uuid, p_role app.role)
returns boolean language plpgsql as $$
begin
	perform from app.users u
	where u.id = p_user and u.role >= p_role and u.archived_at is null
	for share;
	return found;
end $$;

-- Checks those who are assigned to a report: null, or the refusal. Both exist.
create or replace function api.check_signers(p_guard uuid, p_supervisor uuid)
returns api.result language plpgsql as $$
begin
	if exists (select from unnest(array[p_guard, p_supervisor]) n (id)
			where n.id is not null and not exists (select from app.users u where u.id = n.id)) then
		return api.refuse('USER_NOT_FOUND', 'At least one of the users does not exist.');
	elsif p_guard = p_supervisor then
		return api.refuse_input('SIGNERS_NOT_DISTINCT', null,
			api.fault('pointer', '/guard_assigned_id', 'invalid', 'must differ from `supervisor_assigned_id`'));
	elsif not api.is_eligible_signer(p_supervisor, 'SUPERVISOR') then
		return api.refuse_input('SIGNER_NOT_ELIGIBLE', null, api.fault('pointer', '/supervisor_assigned_id',
			'invalid', 'must be the ID of an active SUPERVISOR or above'));
	elsif p_guard is not null and not api.is_eligible_signer(p_guard, 'GUARD') then
		return api.refuse_input('SIGNER_NOT_ELIGIBLE', null, api.fault('pointer', '/guard_assigned_id',
			'invalid', 'must be the ID of an active GUARD or above'));
	end if;
	return null;
end $$;

-- Notifies these users of a report; returns the events.
create or replace function api.notify_of_report(p_report app.incident_reports, p_users uuid[], p_title text,
	p_message text)
returns jsonb language plpgsql as $$
begin
	return api.notify(array_remove(p_users, null), 'INFO', 'HIGH', p_title || ' ' || p_report.incident_number,
		p_message, 'Open report', '/incident-reports/' || p_report.id);
end $$;

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
	refusal api.result;
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
	if target.published_at is null then
		return api.refuse('LOG_NOT_PUBLISHED', null);
	elsif exists (select from app.incident_reports r where r.log_id = target.id) then
		return api.refuse('REPORT_EXISTS', null);
	end if;
	refusal := api.check_guards(new.notified_users);
	if refusal.code is null then
		refusal := api.check_signers(new.guard_assigned_id, new.supervisor_assigned_id);
	end if;
	if refusal.code is not null then
		return refusal;
	end if;
	new := api.add_incident_report(new);
	events := jsonb_build_array(api.incident_report_event(new, 'incident_report.created'))
		|| api.notify_of_report(new, new.notified_users || new.guard_assigned_id || new.supervisor_assigned_id,
			'Incident report', target.title);
	return api.created(new.revision, '/incident-reports/' || p_id,
		api.incident_report_json(p_id), live.emit(events));
end $$;

-- Locks a report if nobody has signed it, and returns it with the changes; otherwise the refusal.
create or replace function api.lock_unsigned_report(p_id uuid, p_if_match bigint[], p_body jsonb,
	out old app.incident_reports, out target app.incident_reports, out refusal api.result) language plpgsql as $$
begin
	select * into old from app.incident_reports r where r.id = p_id for update;
	refusal := api.check_row(found, 'incident report', p_if_match, old.revision);
	if refusal.code is null and coalesce(old.guard_signature_id, old.supervisor_signature_id) is not null then
		refusal := api.refuse('REPORT_SIGNED', null);
	end if;
	target := jsonb_populate_record(old, p_body);
	if refusal.code is null and target is distinct from old then
		refusal := api.check_signers(target.guard_assigned_id, target.supervisor_assigned_id);
	end if;
end $$;

-- Reassigns a report that nobody has signed, and notifies those newly assigned.
create or replace function api.update_incident_report(p_id uuid, p_if_match bigint[], p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
	target app.incident_reports;
	added uuid[];
begin
	locked := api.lock_unsigned_report(p_id, p_if_match, p_body);
	if (locked.refusal).code is not null then
		return locked.refusal;
	elsif locked.target is not distinct from locked.old then
		return api.ok((locked.old).revision, api.incident_report_json(p_id));
	end if;
	update app.incident_reports r set guard_assigned_id = (locked.target).guard_assigned_id,
		supervisor_assigned_id = (locked.target).supervisor_assigned_id
	where r.id = p_id returning * into target;
	added := array(select n from unnest(array[target.guard_assigned_id, target.supervisor_assigned_id]) n
		where n <> all (array_remove(array[(locked.old).guard_assigned_id, (locked.old).supervisor_assigned_id], null)));
	return api.ok(target.revision, api.incident_report_json(p_id),
		live.emit(jsonb_build_array(api.incident_report_event(target, 'incident_report.updated'))
			|| api.notify_of_report(target, added, 'Incident report',
				(select l.title from app.logs l where l.id = target.log_id))));
end $$;

-- Locks a report that this user may sign now, and its log, which must not change meanwhile. Locks are
-- taken in the order log, report. Otherwise returns the refusal.
create or replace function api.lock_report_to_sign(p_id uuid, p_caller uuid, p_as_guard boolean, p_if_match bigint[],
	out target app.incident_reports, out refusal api.result) language plpgsql as $$
begin
	perform from app.logs l where l.id = (select r.log_id from app.incident_reports r where r.id = p_id) for share;
	select * into target from app.incident_reports r where r.id = p_id for update;
	if not found then
		refusal := api.refuse('NOT_FOUND', 'There is no incident report with this id.');
	elsif p_caller is distinct from (case when p_as_guard then target.guard_assigned_id
			else target.supervisor_assigned_id end) then
		refusal := api.refuse('FORBIDDEN', 'Only a user assigned to the report can sign it.');
	elsif not api.if_match(p_if_match, target.revision) then
		refusal := api.refuse('PRECONDITION_FAILED', null);
	elsif (case when p_as_guard then target.guard_signature_id else target.supervisor_signature_id end) is not null then
		refusal := api.refuse('ALREADY_SIGNED', null);
	elsif not api.is_eligible_signer(p_caller, case when p_as_guard then 'GUARD' else 'SUPERVISOR' end::app.role) then
		refusal := api.refuse_input('SIGNER_NOT_ELIGIBLE', null, api.fault('pointer', '/signer_type', 'invalid',
			'requires an active account of that role or above'));
	end if;
end $$;

-- Adds a signature and returns its ID. The first signature of an edition stores the text.
create or replace function api.add_signature(p_report app.incident_reports, p_signer app.signer, p_user uuid,
	p_address text, p_content text)
returns uuid language plpgsql as $$
declare
	added uuid;
begin
	insert into app.report_texts (report_id, edition, content, digest)
	select p_report.id, p_report.edition, p_content, api.digest_of(p_content)
	where not exists (select from app.report_texts t
		where t.report_id = p_report.id and t.edition = p_report.edition);
	insert into app.report_signatures (report_id, edition, signer, user_id, name, ip_address)
	select p_report.id, p_report.edition, p_signer, u.id, u.first_name || ' ' || u.last_name, p_address
	from app.users u where u.id = p_user
	returning id into added;
	return added;
end $$;

-- Each assigned user signs once, and only for themselves. They send the digest of what they read.
create or replace function api.sign_incident_report(p_id uuid, p_caller uuid, p_address text, p_if_match bigint[],
	p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
	target app.incident_reports;
	as_guard boolean := p_body ->> 'signer_type' = 'GUARD';
	content text;
	signature uuid;
begin
	locked := api.lock_report_to_sign(p_id, p_caller, as_guard, p_if_match);
	target := locked.target;
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	content := api.incident_report_content(target);
	if p_body ->> 'digest' <> api.digest_of(content) then
		return api.refuse('REPORT_CHANGED', null);
	end if;
	signature := api.add_signature(target, (p_body ->> 'signer_type')::app.signer, p_caller, p_address, content);
	update app.incident_reports r set
		guard_signature_id = case when as_guard then signature else r.guard_signature_id end,
		supervisor_signature_id = case when as_guard then r.supervisor_signature_id else signature end
	where r.id = p_id returning * into target;
	return api.ok(target.revision, api.incident_report_json(p_id),
		live.emit(jsonb_build_array(api.incident_report_event(target, 'incident_report.signed'))));
end $$;

-- Voids the signatures of a report, notifies the signers, and starts another edition, so that nobody
-- signs it with a digest that they were shown before.
create or replace function api.reopen_incident_report(p_id uuid, p_caller uuid, p_if_match bigint[], p_body jsonb)
returns api.result language plpgsql as $$
declare
	target app.incident_reports;
	refusal api.result;
	signers uuid[];
begin
	select * into target from app.incident_reports r where r.id = p_id for update;
	refusal := api.check_row(found, 'incident report', p_if_match, target.revision);
	if refusal.code is not null then
		return refusal;
	elsif coalesce(target.guard_signature_id, target.supervisor_signature_id) is null then
		return api.refuse('REPORT_NOT_SIGNED', null);
	end if;
	with voided as (
		update app.report_signatures s set voided_at = now(), voided_by = p_caller, void_reason = p_body ->> 'reason'
		where s.id in (target.guard_signature_id, target.supervisor_signature_id)
		returning s.user_id
	)
	select array_agg(v.user_id) into signers from voided v;
	update app.incident_reports r set guard_signature_id = null, supervisor_signature_id = null,
		edition = r.edition + 1
	where r.id = p_id returning * into target;
	return api.ok(target.revision, api.incident_report_json(p_id),
		live.emit(jsonb_build_array(api.incident_report_event(target, 'incident_report.reopened'))
			|| api.notify_of_report(target, signers, 'Signatures voided: incident report', p_body ->> 'reason')));
end $$;
