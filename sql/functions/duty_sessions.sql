-- Duty sessions: their representations and rules.
-- after: location_check_ins, users

create or replace function api.hours(p_from timestamptz, p_until timestamptz)
returns numeric language sql immutable
as $$ select round(extract(epoch from p_until - p_from) / 3600, 1) $$;

-- The notes of a session that a supervisor ended without notes. (They are not stored, so that neither the row nor the
-- trail has the name of an account that is erased later.)
create or replace function api.override_note(p_supervisor uuid)
returns text language sql stable
as $$ select 'Ended by supervisor override: ' || u.first_name || ' ' || u.last_name || '.'
	from app.users u where u.id = p_supervisor $$;

create or replace function api.session_notes(p_session app.duty_sessions)
returns text language sql stable
as $$ select case when p_session.notes is null and p_session.end_reason = 'SUPERVISOR'
	then api.override_note(p_session.ended_by) else p_session.notes end $$;

-- As in api.log_item: the columns that queries use, and the representation.
create or replace view api.session_item as
select d.id, d.revision, to_json(shown) as body
from app.duty_sessions d
cross join lateral (
	select d.id, d.user_id, d.location_id, d.shift_id, d.clock_in_time, d.clock_out_time,
		api.hours(d.clock_in_time, coalesce(d.clock_out_time, now())) as hours_on_duty,
		api.session_notes(d) as notes, d.ended_by, d.end_reason, d.created_at, d.updated_at,
		(select u.first_name || ' ' || u.last_name from app.users u where u.id = d.user_id) as guard_name,
		(select p.name from app.locations p where p.id = d.location_id) as location_name,
		(select to_json(b) from (select u.id, u.first_name, u.last_name from app.users u
			where u.id = d.user_id) b) as "user",
		(select to_json(b) from (select p.id, p.name from app.locations p
			where p.id = d.location_id) b) as location,
		(select to_json(b) from (select s.id, s.name, s.start_time, s.end_time from app.shifts s
			where s.id = d.shift_id) b) as shift
) shown;

create or replace function api.session_items(p_ids uuid[])
returns json language plpgsql stable as $$
begin
	return (
		select coalesce(json_agg(v.body order by i.n), '[]')
		from unnest(p_ids) with ordinality i (id, n)
		cross join lateral (select v.body from api.session_item v where v.id = i.id limit 1) v
	);
end $$;

-- A single session, with its last hundred check-ins.
create or replace view api.session_view as
select d.id, d.revision, to_json(shown) as body
from app.duty_sessions d
cross join lateral (
	select d.id, d.user_id, d.location_id, d.shift_id, d.clock_in_time, d.clock_out_time,
		api.hours(d.clock_in_time, coalesce(d.clock_out_time, now())) as hours_on_duty,
		api.session_notes(d) as notes, d.ended_by, d.end_reason, d.created_at, d.updated_at,
		(select u.first_name || ' ' || u.last_name from app.users u where u.id = d.user_id) as guard_name,
		(select p.name from app.locations p where p.id = d.location_id) as location_name,
		(select to_json(b) from (select u.id, u.first_name, u.last_name from app.users u
			where u.id = d.user_id) b) as "user",
		(select to_json(b) from (select p.id, p.name from app.locations p
			where p.id = d.location_id) b) as location,
		(select to_json(b) from (select s.id, s.name, s.start_time, s.end_time from app.shifts s
			where s.id = d.shift_id) b) as shift,
		api.check_in_items(array(select c.id from app.location_check_ins c where c.duty_session_id = d.id
			order by c.check_in_time desc, c.id desc limit 100)) as location_check_ins
) shown;

create or replace function api.session_json(p_id uuid)
returns json language plpgsql stable as $$
begin
	return (select v.body from api.session_view v where v.id = p_id);
end $$;

-- Published to supervisors (`duty`) and to the user. Not published on the location's channel:
-- guards can subscribe to it, and may not see the duty of others.
create or replace function api.session_events(p_session app.duty_sessions, p_type text)
returns jsonb language plpgsql immutable as $$
declare
	data jsonb := jsonb_build_object('id', p_session.id, 'user_id', p_session.user_id,
		'location_id', p_session.location_id, 'clock_in_time', p_session.clock_in_time,
		'clock_out_time', p_session.clock_out_time, 'end_reason', p_session.end_reason,
		'revision', p_session.revision);
begin
	return live.events_on(array['duty', 'user:' || p_session.user_id], p_type, data);
end $$;

-- Notifies all guards on duty that a supervisor is available.
create or replace function api.notify_guards(p_caller uuid)
returns jsonb language plpgsql as $$
begin
	return api.notify(array(
			select d.user_id from app.duty_sessions d
			where d.clock_out_time is null
			and (select u.role from app.users u where u.id = d.user_id) = 'GUARD'),
		'INFO', 'MEDIUM', 'Supervisor on duty', (
			select u.first_name || ' ' || u.last_name
				|| ' is on duty now.' from app.users u where u.id = p_caller),
		null, null);
end $$;

-- A guard must name a location. Supervisors and above have none, or the headquarters if such a
-- location exists.
create or replace function api.clock_in(p_id uuid, p_caller uuid, p_role app.role, p_hq text, p_body jsonb)
returns api.result language plpgsql as $$
declare
	location app.locations;
	refusal api.result;
	new app.duty_sessions;
	notifications jsonb := '[]';
begin
	if p_role >= 'SUPERVISOR' then
		select * into location from app.locations l where lower(l.name) = lower(btrim(p_hq)) and l.is_active;
	elsif p_body ->> 'location_id' is null then
		return api.refuse_input('LOCATION_REQUIRED', null,
			api.fault('pointer', '/location_id', 'required', 'is required for GUARD'));
	else
		select * into location from app.locations l where l.id = (p_body ->> 'location_id')::uuid for share;
		if not found then
			return api.refuse('LOCATION_NOT_FOUND', null);
		elsif not location.is_active then
			return api.refuse('LOCATION_INACTIVE', null);
		end if;
	end if;
	if not api.lock_active_user(p_caller) then
		return api.refuse('ACCOUNT_ARCHIVED', null);
	end if;
	refusal := api.check_guards(array[p_caller]);
	if refusal.code is null then
		refusal := api.check_shift((p_body ->> 'shift_id')::uuid);
	end if;
	if refusal.code is not null then
		return refusal;
	elsif exists (select from app.duty_sessions d where d.user_id = p_caller and d.clock_out_time is null) then
		return api.refuse('ALREADY_ON_DUTY', null);
	end if;
	insert into app.duty_sessions (id, user_id, location_id, shift_id)
	values (p_id, p_caller, location.id, (p_body ->> 'shift_id')::uuid)
	returning * into new;
	if p_role >= 'SUPERVISOR' then
		notifications := api.notify_guards(p_caller);
	end if;
	return api.created(new.revision, '/duty-sessions/' || new.id,
		api.session_json(new.id),
		live.emit(api.session_events(new, 'duty.started') || notifications));
end $$;

create or replace function api.read_session(p_id uuid, p_caller uuid, p_may_access_others boolean)
returns api.result language plpgsql stable as $$
declare
	target app.duty_sessions;
begin
	select * into target from app.duty_sessions d where d.id = p_id;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no duty session with this id.');
	end if;
	if not p_may_access_others and target.user_id <> p_caller then
		return api.refuse('FORBIDDEN', 'Only a supervisor can see other users'' duty sessions.');
	end if;
	return api.ok(target.revision, api.session_json(p_id));
end $$;

-- Locks a session of the caller; otherwise returns the refusal.
create or replace function api.lock_session(p_id uuid, p_caller uuid, p_if_match bigint[],
	out target app.duty_sessions, out refusal api.result) language plpgsql as $$
begin
	select * into target from app.duty_sessions d where d.id = p_id for update;
	if not found then
		refusal := api.refuse('NOT_FOUND', 'There is no duty session with this id.');
	elsif target.user_id <> p_caller then
		refusal := api.refuse('FORBIDDEN', 'The duty session belongs to another user.');
	elsif not api.if_match(p_if_match, target.revision) then
		refusal := api.refuse('PRECONDITION_FAILED', null);
	end if;
end $$;

-- Ends a session, which is locked and open, and its open check-in; returns the events. `p_ended_by`
-- and `p_reason` are null if the user clocks out.
create or replace function api.stop_session(p_id uuid, p_notes text, p_ended_by uuid, p_reason text)
returns jsonb language plpgsql as $$
declare
	target app.duty_sessions;
	check_in app.location_check_ins;
	events jsonb := '[]';
begin
	update app.location_check_ins c set check_out_time = greatest(now(), c.check_in_time)
	where c.duty_session_id = p_id and c.check_out_time is null
	returning * into check_in;
	if found then
		events := events || api.check_in_events(check_in, 'check_in.closed');
	end if;
	update app.duty_sessions d set clock_out_time = greatest(now(), d.clock_in_time), notes = p_notes,
		ended_by = p_ended_by, end_reason = p_reason
	where d.id = p_id
	returning * into target;
	return events || api.session_events(target, 'duty.ended');
end $$;

-- The same; returns the result. `p_more` are the events of other changes in the same operation.
create or replace function api.close_session(p_id uuid, p_notes text, p_more jsonb, p_ended_by uuid default null,
	p_reason text default null)
returns api.result language plpgsql as $$
declare
	events jsonb := coalesce(p_more, '[]') || api.stop_session(p_id, p_notes, p_ended_by, p_reason);
begin
	return api.ok((select d.revision from app.duty_sessions d where d.id = p_id), api.session_json(p_id),
		live.emit(events));
end $$;

create or replace function api.clock_out(p_id uuid, p_caller uuid, p_if_match bigint[], p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
begin
	locked := api.lock_session(p_id, p_caller, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	elsif (locked.target).clock_out_time is not null then
		return api.refuse('ALREADY_CLOCKED_OUT', null);
	elsif api.has_equipment_out(p_id) then
		return api.refuse('EQUIPMENT_NOT_RETURNED', null);
	end if;
	return api.close_session(p_id, p_body ->> 'notes', null);
end $$;

-- Clocks out and returns the equipment that is still checked out.
create or replace function api.end_session(p_id uuid, p_caller uuid, p_if_match bigint[], p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
	checkout record;
	events jsonb;
begin
	locked := api.lock_session(p_id, p_caller, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	elsif (locked.target).clock_out_time is not null then
		return api.refuse('ALREADY_CLOCKED_OUT', null);
	elsif api.has_equipment_out(p_id) then
		if p_body ->> 'checkin_mileage' is null then
			return api.refuse_input('MILEAGE_REQUIRED', null,
				api.fault('pointer', '/checkin_mileage', 'required', 'is required while equipment is checked out'));
		end if;
		checkout := api.close_checkout(p_id, (p_body ->> 'checkin_mileage')::integer, null);
		if (checkout.refusal).code is not null then
			return checkout.refusal;
		end if;
		events := checkout.events;
	end if;
	return api.close_session(p_id, p_body ->> 'notes', events);
end $$;
