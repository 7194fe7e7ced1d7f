-- Timesheets: weeks, representations, and the workflow from draft to approval.
-- after: common

-- Weeks are those of the setting TIMEZONE. Where clocks change, a week has 167 or 169 hours.
create or replace function api.week_start(p_sunday date)
returns timestamptz language sql stable
as $$ select p_sunday::timestamp at time zone current_setting('binnacle.timezone') $$;

create or replace function api.local_date(p_at timestamptz)
returns date language sql stable
as $$ select (p_at at time zone current_setting('binnacle.timezone'))::date $$;

-- A name as a sort key. Control characters are replaced, because the key is part of cursors.
create or replace function api.name_sort_key(p_name text)
returns text language sql immutable
as $$ select regexp_replace(lower(p_name), '[\u0001-\u001f\u007f]', ' ', 'g') $$;

create or replace view api.timesheet_entry_view as
select e.timesheet_id, e.clock_in_time, e.id, to_json(shown) as body
from app.timesheet_entries e
cross join lateral (
	select e.id, e.timesheet_id, e.duty_session_id, e.date, e.clock_in_time, e.clock_out_time, e.hours_worked,
		e.location_id, e.shift_id, e.original_clock_in, e.original_clock_out, e.original_hours, e.was_adjusted,
		e.was_manually_added, e.notes, e.created_at, e.updated_at,
		(select to_json(b) from (select p.id, p.name from app.locations p
			where p.id = e.location_id) b) as location
) shown;

create or replace view api.timesheet_adjustment_view as
select a.timesheet_id, a.number, to_json(shown) as body
from app.timesheet_adjustments a
cross join lateral (
	select a.id, a.number, a.entry_id, a.type, a.field_changed, a.old_value, a.new_value, a.reason, a.adjusted_by,
		a.adjusted_at,
		(select to_json(b) from (select u.id, u.first_name, u.last_name from app.users u
			where u.id = a.adjusted_by) b) as adjuster
) shown;

create or replace view api.timesheet_item as
select t.id, to_json(shown) as body
from app.timesheets t
cross join lateral (
	select t.id, t.user_id, t.week_start_date, t.week_start_date + 6 as week_end_date, t.status, t.total_hours,
		t.total_entries, t.total_adjustments, t.submitted_at, t.submitted_by, t.approved_at, t.approved_by,
		t.rejected_at, t.rejected_by, t.rejection_reason, t.created_by, t.created_at, t.updated_at,
		(select to_json(b) from (select u.id, u.first_name, u.last_name from app.users u
			where u.id = t.user_id) b) as "user"
) shown;

create or replace function api.timesheet_items(p_ids uuid[])
returns json language plpgsql stable as $$
begin
	return (
		select coalesce(json_agg(v.body order by i.n), '[]')
		from unnest(p_ids) with ordinality i (id, n)
		cross join lateral (select v.body from api.timesheet_item v where v.id = i.id limit 1) v
	);
end $$;

-- A single timesheet, with its entries in order of time and its adjustments, newest first.
create or replace view api.timesheet_view as
select t.id, t.revision, to_json(shown) as body
from app.timesheets t
cross join lateral (
	select t.id, t.user_id, t.week_start_date, t.week_start_date + 6 as week_end_date, t.status, t.total_hours,
		t.total_entries, t.total_adjustments, t.submitted_at, t.submitted_by, t.approved_at, t.approved_by,
		t.rejected_at, t.rejected_by, t.rejection_reason, t.created_by, t.created_at, t.updated_at,
		(select to_json(b) from (select u.id, u.first_name, u.last_name from app.users u
			where u.id = t.user_id) b) as "user",
		(select coalesce(json_agg(e.body order by e.clock_in_time, e.id), '[]') from api.timesheet_entry_view e
			where e.timesheet_id = t.id) as entries,
		(select coalesce(json_agg(a.body order by a.number desc), '[]') from api.timesheet_adjustment_view a
			where a.timesheet_id = t.id) as adjustments
) shown;

create or replace function api.timesheet_json(p_id uuid)
returns json language plpgsql stable as $$
begin
	return (select v.body from api.timesheet_view v where v.id = p_id);
end $$;

-- Published to the user whose timesheet it is.
create or replace function api.timesheet_events(p_sheet app.timesheets, p_type text)
returns jsonb language sql stable
as $$ select jsonb_build_array(jsonb_build_object('channel', 'user:' || p_sheet.user_id, 'type', p_type,
	'data', jsonb_build_object('id', p_sheet.id, 'user_id', p_sheet.user_id,
	'week_start_date', p_sheet.week_start_date, 'status', p_sheet.status, 'total_hours', p_sheet.total_hours,
	'total_entries', p_sheet.total_entries, 'rejection_reason', p_sheet.rejection_reason,
	'revision', p_sheet.revision))) $$;

-- The result of a change, and its event.
create or replace function api.timesheet_result(p_sheet app.timesheets, p_type text)
returns api.result language plpgsql as $$
begin
	return api.ok(p_sheet.revision, api.timesheet_json(p_sheet.id),
		live.emit(api.timesheet_events(p_sheet, p_type)));
end $$;

-- Adds these sessions to a timesheet. An entry refers to its shift only while the shift exists.
create or replace function api.insert_worked_entries(p_sheet app.timesheets, p_worked app.duty_sessions[])
returns void language plpgsql as $$
begin
	insert into app.timesheet_entries (timesheet_id, user_id, duty_session_id, date, clock_in_time, clock_out_time,
		location_id, shift_id, notes)
	select p_sheet.id, p_sheet.user_id, d.id, api.local_date(d.clock_in_time), d.clock_in_time, d.clock_out_time,
		d.location_id, (select s.id from app.shifts s where s.id = d.shift_id for key share), d.notes
	from unnest(p_worked) d;
end $$;

-- The completed sessions of a week that a timesheet lacks; without a timesheet, all of them. A session
-- whose entry was removed is not missing.
create or replace function api.missing_sessions(p_user uuid, p_sunday date, p_sheet uuid)
returns setof app.duty_sessions language plpgsql stable as $$
begin
	return query select d.* from app.duty_sessions d
	where d.user_id = p_user and d.clock_in_time >= api.week_start(p_sunday)
	and d.clock_in_time < api.week_start(p_sunday + 7) and d.clock_out_time > d.clock_in_time
	and not exists (select from app.timesheet_entries e
		where e.timesheet_id = p_sheet and e.duty_session_id = d.id)
	and not exists (select from app.timesheet_adjustments a where a.timesheet_id = p_sheet
		and a.type = 'ENTRY_REMOVED' and a.old_value ->> 'duty_session_id' = d.id::text);
end $$;

-- Adds an entry for each completed session that began in the week. Sessions of zero length are skipped.
create or replace function api.create_timesheet(p_id uuid, p_caller uuid, p_body jsonb)
returns api.result language plpgsql as $$
declare
	sunday date := (p_body ->> 'week_start_date')::date;
	worked app.duty_sessions[];
	new app.timesheets;
begin
	if extract(dow from sunday) <> 0 then
		return api.refuse_input('NOT_A_SUNDAY', null,
			api.fault('pointer', '/week_start_date', 'invalid', 'must be a Sunday'));
	elsif not exists (select from app.users u where u.id = (p_body ->> 'user_id')::uuid) then
		return api.refuse('USER_NOT_FOUND', null);
	elsif exists (select from app.timesheets t
		where t.user_id = (p_body ->> 'user_id')::uuid and t.week_start_date = sunday) then
		return api.refuse('TIMESHEET_EXISTS', null);
	end if;
	worked := array(select d from api.missing_sessions((p_body ->> 'user_id')::uuid, sunday, null) d);
	if worked = '{}' then
		return api.refuse('NO_COMPLETED_SESSIONS', null);
	end if;
	insert into app.timesheets (id, user_id, week_start_date, total_hours, total_entries, created_by)
	values (p_id, (p_body ->> 'user_id')::uuid, sunday,
		(select sum(app.hours_worked(d.clock_in_time, d.clock_out_time)) from unnest(worked) d),
		cardinality(worked), p_caller)
	returning * into new;
	perform api.insert_worked_entries(new, worked);
	return api.created(new.revision, '/timesheets/' || p_id, api.timesheet_json(p_id),
		live.emit(api.timesheet_events(new, 'timesheet.created')));
end $$;

-- Locks a timesheet; otherwise returns the refusal.
create or replace function api.lock_timesheet(p_id uuid, p_if_match bigint[], out target app.timesheets,
	out refusal api.result) language plpgsql as $$
begin
	select * into target from app.timesheets t where t.id = p_id for update;
	refusal := api.check_row(found, 'timesheet', p_if_match, target.revision);
end $$;

-- The same, but only for drafts.
create or replace function api.lock_draft_timesheet(p_id uuid, p_if_match bigint[], out target app.timesheets,
	out refusal api.result) language plpgsql as $$
declare
	locked record := api.lock_timesheet(p_id, p_if_match);
begin
	target := locked.target;
	refusal := locked.refusal;
	if refusal.code is null and target.status <> 'DRAFT' then
		refusal := api.refuse('TIMESHEET_NOT_DRAFT', null);
	end if;
end $$;

-- Adds the sessions that ended since the timesheet was created.
create or replace function api.refresh_timesheet(p_id uuid, p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	locked record;
	target app.timesheets;
	worked app.duty_sessions[];
begin
	locked := api.lock_draft_timesheet(p_id, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	target := locked.target;
	worked := array(select d from api.missing_sessions(target.user_id, target.week_start_date, p_id) d);
	if worked = '{}' then
		return api.ok(target.revision, api.timesheet_json(p_id));
	elsif target.total_entries + cardinality(worked) > 200 then
		return api.refuse('TIMESHEET_FULL', null);
	end if;
	perform api.insert_worked_entries(target, worked);
	update app.timesheets t set total_entries = t.total_entries + cardinality(worked),
		total_hours = (select sum(e.hours_worked) from app.timesheet_entries e where e.timesheet_id = p_id)
	where t.id = p_id
	returning * into target;
	return api.timesheet_result(target, 'timesheet.refreshed');
end $$;

create or replace function api.read_timesheet(p_id uuid, p_caller uuid, p_may_access_others boolean)
returns api.result language plpgsql stable as $$
declare
	target app.timesheets;
begin
	select * into target from app.timesheets t where t.id = p_id;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no timesheet with this id.');
	elsif not p_may_access_others and target.user_id <> p_caller then
		return api.refuse('FORBIDDEN', 'Only a supervisor can see other users'' timesheets.');
	end if;
	return api.ok(target.revision, api.timesheet_json(p_id));
end $$;

create or replace function api.submit_timesheet(p_id uuid, p_caller uuid, p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	locked record;
	target app.timesheets;
begin
	locked := api.lock_draft_timesheet(p_id, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	elsif now() < api.week_start((locked.target).week_start_date + 7) then
		return api.refuse('WEEK_NOT_OVER', 'The week ends on ' || (locked.target).week_start_date + 6 || '.');
	end if;
	update app.timesheets t set status = 'PENDING', submitted_at = now(), submitted_by = p_caller,
		rejected_at = null, rejected_by = null, rejection_reason = null
	where t.id = p_id
	returning * into target;
	return api.timesheet_result(target, 'timesheet.submitted');
end $$;

create or replace function api.approve_timesheet(p_id uuid, p_caller uuid, p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	locked record;
	target app.timesheets;
begin
	locked := api.lock_timesheet(p_id, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	elsif (locked.target).user_id = p_caller then
		return api.refuse('FORBIDDEN', 'Users cannot approve their own timesheets.');
	elsif (locked.target).status <> 'PENDING' then
		return api.refuse('TIMESHEET_NOT_PENDING', null);
	end if;
	update app.timesheets t set status = 'APPROVED', approved_at = now(), approved_by = p_caller
	where t.id = p_id
	returning * into target;
	return api.timesheet_result(target, 'timesheet.approved');
end $$;

-- Each timesheet is handled by itself: one that cannot be approved does not prevent the others. A
-- repeated id counts once.
create or replace function api.approve_timesheets(p_caller uuid, p_body jsonb)
returns api.result language plpgsql as $$
declare
	ids uuid[] := array(select e::uuid from jsonb_array_elements_text(p_body -> 'ids') with ordinality t (e, n)
		group by e::uuid order by min(n));
	errors json;
	approved integer;
	events jsonb;
begin
	-- Locked in order of id, so that concurrent approvals cannot deadlock.
	perform from app.timesheets t where t.id = any (ids) order by t.id for update;
	select json_agg(json_build_object('id', e.id, 'code', e.code, 'detail', e.detail) order by e.n) into errors
	from (
		select g.id, g.n, r.code, r.detail
		from unnest(ids) with ordinality g (id, n)
		left join app.timesheets t on t.id = g.id
		cross join lateral (values
			(t.id is null, 'NOT_FOUND', 'There is no timesheet with this id.'),
			(t.user_id = p_caller, 'FORBIDDEN', 'Users cannot approve their own timesheets.'),
			(t.user_id <> p_caller and t.status <> 'PENDING', 'TIMESHEET_NOT_PENDING',
				'The timesheet is ' || t.status || '.')
		) r (applies, code, detail)
		where r.applies
	) e;
	with done as (
		update app.timesheets t set status = 'APPROVED', approved_at = now(), approved_by = p_caller
		where t.id = any (ids) and t.user_id <> p_caller and t.status = 'PENDING'
		returning t
	)
	select count(*), jsonb_agg(e order by (d.t).id) into approved, events
	from done d cross join lateral jsonb_array_elements(api.timesheet_events(d.t, 'timesheet.approved')) e;
	return api.ok(null,
		json_build_object('approved', approved, 'failed', cardinality(ids) - approved,
			'errors', coalesce(errors, '[]')),
		live.emit(coalesce(events, '[]')));
end $$;

create or replace function api.reject_timesheet(p_id uuid, p_caller uuid, p_if_match bigint[], p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
	target app.timesheets;
begin
	locked := api.lock_timesheet(p_id, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	elsif (locked.target).status <> 'PENDING' then
		return api.refuse('TIMESHEET_NOT_PENDING', null);
	end if;
	update app.timesheets t set status = 'REJECTED', rejected_at = now(), rejected_by = p_caller,
		rejection_reason = p_body ->> 'reason'
	where t.id = p_id
	returning * into target;
	return api.timesheet_result(target, 'timesheet.rejected');
end $$;

-- Records that an approved timesheet is reopened: who approved it, and when.
create or replace function api.record_reopening(p_sheet app.timesheets, p_caller uuid, p_reason text)
returns void language plpgsql as $$
begin
	insert into app.timesheet_adjustments (timesheet_id, number, type, field_changed, old_value, new_value, reason,
		adjusted_by)
	values (p_sheet.id, p_sheet.total_adjustments + 1, 'REOPENED', 'status',
		jsonb_build_object('status', p_sheet.status, 'submitted_at', p_sheet.submitted_at,
			'submitted_by', p_sheet.submitted_by, 'approved_at', p_sheet.approved_at,
			'approved_by', p_sheet.approved_by),
		jsonb_build_object('status', 'DRAFT'), p_reason, p_caller);
end $$;

-- Whether an approved timesheet can be reopened: null, or the refusal.
create or replace function api.check_reopening(p_sheet app.timesheets, p_role app.role, p_reason text)
returns api.result language plpgsql stable as $$
begin
	if p_role < 'ADMIN' then
		return api.refuse('FORBIDDEN', 'Only an ADMIN can reopen an approved timesheet.');
	elsif p_reason is null then
		return api.refuse_input('VALIDATION_FAILED', 'Reopening an approved timesheet requires a reason.',
			api.fault('pointer', '/reason', 'required', 'is required'));
	elsif p_sheet.total_adjustments >= 500 then
		return api.refuse('TIMESHEET_FULL', null);
	end if;
	return null;
end $$;

-- Makes the timesheet a draft again. A rejected one keeps the reason for the rejection.
create or replace function api.reopen_timesheet(p_id uuid, p_caller uuid, p_role app.role, p_if_match bigint[],
	p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
	refusal api.result;
	target app.timesheets;
begin
	locked := api.lock_timesheet(p_id, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	elsif (locked.target).status not in ('REJECTED', 'APPROVED') then
		return api.refuse('TIMESHEET_NOT_REJECTED', null);
	elsif (locked.target).status = 'APPROVED' then
		refusal := api.check_reopening(locked.target, p_role, p_body ->> 'reason');
		if refusal.code is not null then
			return refusal;
		end if;
		perform api.record_reopening(locked.target, p_caller, p_body ->> 'reason');
	end if;
	update app.timesheets t set status = 'DRAFT', submitted_at = null, submitted_by = null, approved_at = null,
		approved_by = null,
		total_adjustments = t.total_adjustments + case t.status when 'APPROVED' then 1 else 0 end
	where t.id = p_id
	returning * into target;
	return api.timesheet_result(target, 'timesheet.reopened');
end $$;

-- Deletes a draft with its adjustments. One that was approved before keeps them.
create or replace function api.delete_timesheet(p_id uuid, p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	locked record;
begin
	locked := api.lock_draft_timesheet(p_id, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	elsif exists (select from app.timesheet_adjustments a where a.timesheet_id = p_id and a.type = 'REOPENED') then
		return api.refuse('TIMESHEET_REOPENED', null);
	end if;
	delete from app.timesheets t where t.id = p_id;
	return api.no_content(live.emit(api.timesheet_events(locked.target, 'timesheet.removed')));
end $$;
