-- Staff: users who can be assigned, rostered or named, and what happens when they no longer can.
-- after: duty_sessions, notifications, recurring_shifts, shifts

-- The only check of who can be assigned, rostered or named: active users of role GUARD and above.
-- Null, or the refusal. Locks the users, so that they are not archived or demoted meanwhile
-- (api.lock_user). Statements that also lock shifts or patterns lock the users first.
create or replace function api.check_guards(p_ids uuid[])
returns api.result language plpgsql as $$
declare
	known bigint;
	guards bigint;
begin
	select count(*), count(*) filter (where u.archived_at is null and u.role >= 'GUARD') into known, guards
	from (select l.archived_at, l.role from app.users l where l.id = any (p_ids) order by l.id for share) u;
	if known < (select count(distinct i) from unnest(p_ids) i) then
		return api.refuse('USER_NOT_FOUND', 'At least one of these ids does not belong to a user.');
	elsif guards < known then
		return api.refuse('NOT_A_GUARD', null);
	end if;
	return null;
end $$;

-- Locks the users that a change of assignments names. The change checks them later.
create or replace function api.lock_assignees(p_body jsonb)
returns void language plpgsql as $$
begin
	perform from app.users u
	where u.id = any (array(select (e ->> 'user_id')::uuid
		from jsonb_array_elements(coalesce(p_body -> 'user_assignments', '[]')) e) || (p_body ->> 'user_id')::uuid)
	order by u.id for share;
end $$;

-- Locks the users who are assigned to a shift, before it is moved.
create or replace function api.lock_assigned(p_shift uuid)
returns void language plpgsql as $$
begin
	perform from app.users u
	where u.id in (select a.user_id from app.shift_assignments a where a.shift_id = p_shift)
	order by u.id for share;
end $$;

-- Locks the users that a pattern assigns, before shifts are generated.
create or replace function api.lock_rostered(p_pattern uuid)
returns void language plpgsql as $$
begin
	perform from app.users u
	where u.id in (select a.user_id from app.recurring_assignments a where a.recurring_pattern_id = p_pattern)
	order by u.id for share;
end $$;

-- Removes a user from patterns and from shifts that have not started; returns the events. Like
-- deletion of a pattern, locks patterns before shifts.
create or replace function api.unroster(p_user uuid)
returns jsonb language plpgsql as $$
declare
	events jsonb := '[]';
	pattern app.recurring_patterns;
	shift app.shifts;
	former app.shift_assignments;
	people uuid[];
begin
	for pattern in select r.* from app.recurring_patterns r
		where r.id in (select a.recurring_pattern_id from app.recurring_assignments a where a.user_id = p_user)
		order by r.id for update of r
	loop
		people := api.user_ids(api.pattern_assignments_by_user(pattern.id));
		delete from app.recurring_assignments a where a.recurring_pattern_id = pattern.id and a.user_id = p_user;
		update app.recurring_patterns r set revision = r.revision + 1 where r.id = pattern.id returning * into pattern;
		events := events || api.pattern_events(pattern, 'recurring_shift.updated', people);
	end loop;
	for shift in select s.* from app.shifts s
		where s.id in (select a.shift_id from app.shift_assignments a where a.user_id = p_user and a.start_time > now())
		order by s.id for update of s
	loop
		delete from app.shift_assignments a where a.shift_id = shift.id and a.user_id = p_user returning * into former;
		if found then
			update app.shifts s set revision = s.revision + 1 where s.id = shift.id returning * into shift;
			events := events || api.assignment_events(shift, former, 'shift.unassigned');
		end if;
	end loop;
	return events;
end $$;

-- The equipment that a user has not returned, as text; null: none.
create or replace function api.equipment_out(p_user uuid)
returns text language plpgsql stable as $$
begin
	return (
		select string_agg(concat_ws(' and ', v.name, r.name), ', ' order by c.checkout_time)
		from app.duty_sessions d
		join app.equipment_checkouts c on c.duty_session_id = d.id and c.checkin_time is null
		left join app.vehicles v on v.id = c.vehicle_id
		left join app.radios r on r.id = c.radio_id
		where d.user_id = p_user
	);
end $$;

-- Notifies supervisors of equipment that a former guard has not returned, and of shifts that lack
-- someone now; returns the events.
create or replace function api.notify_of_departure(p_user app.users, p_equipment text, p_shifts bigint)
returns jsonb language plpgsql as $$
declare
	name text := p_user.first_name || ' ' || p_user.last_name;
begin
	if p_equipment is null and p_shifts = 0 then
		return '[]';
	end if;
	return api.notify(array(select u.id from app.users u
			where u.role >= 'SUPERVISOR' and u.archived_at is null and u.id <> p_user.id),
		'WARNING', case when p_equipment is null then 'MEDIUM' else 'HIGH' end,
		case when p_equipment is null then 'Shifts to fill' else 'Equipment not returned' end,
		concat_ws(' ', name || ' is no longer active.', 'Not returned: ' || p_equipment || '.',
			case when p_shifts > 0 then 'Unassigned from ' || p_shifts || ' upcoming shifts.' end), null, null);
end $$;

-- Ends the duty of a user who is archived or no longer a guard, and removes them from upcoming
-- shifts; returns the events. The user is locked.
create or replace function api.stand_down(p_user app.users, p_caller uuid, p_reason text)
returns jsonb language plpgsql as $$
declare
	events jsonb := api.unroster(p_user.id);
	shifts bigint := (select count(distinct e -> 'data' ->> 'shift_id') from jsonb_array_elements(events) e
		where e ->> 'type' = 'shift.unassigned');
	session app.duty_sessions;
begin
	select * into session from app.duty_sessions d
	where d.user_id = p_user.id and d.clock_out_time is null for update;
	if found then
		events := events || api.stop_session(session.id, session.notes, p_caller, p_reason);
	end if;
	return events || api.notify_of_departure(p_user, api.equipment_out(p_user.id), shifts);
end $$;

-- What remains to be done after a user stood down, as warnings of the response.
create or replace function api.departure_warnings(p_user uuid)
returns text[] language sql stable
as $$ select array(select 'EQUIPMENT_OUT' where api.equipment_out(p_user) is not null) $$;
