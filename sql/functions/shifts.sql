-- Shifts: their representations and rules.
-- after: shift_assignments

create or replace view api.shift_item as
select s.id, s.revision, to_json(shown) as body
from app.shifts s
cross join lateral (
	select s.id, s.name, s.start_time, s.end_time, s.location_id, s.recurring_pattern_id, s.created_at, s.updated_at,
		(select to_json(b) from (select p.id, p.name from app.locations p
			where p.id = s.location_id) b) as location,
		coalesce((select p.assignments from api.shift_assignment_list p where p.shift_id = s.id), '[]') as assignments
) shown;

create or replace function api.shift_items(p_ids uuid[])
returns json language plpgsql stable as $$
begin
	return (
		select coalesce(json_agg(v.body order by i.n), '[]')
		from unnest(p_ids) with ordinality i (id, n)
		cross join lateral (select v.body from api.shift_item v where v.id = i.id limit 1) v
	);
end $$;

-- A single shift, with the pattern it was generated from.
create or replace view api.shift_view as
select s.id, s.revision, to_json(shown) as body
from app.shifts s
cross join lateral (
	select s.id, s.name, s.start_time, s.end_time, s.location_id, s.recurring_pattern_id, s.created_at, s.updated_at,
		(select to_json(b) from (select p.id, p.name from app.locations p
			where p.id = s.location_id) b) as location,
		coalesce((select p.assignments from api.shift_assignment_list p where p.shift_id = s.id), '[]') as assignments,
		(select to_json(b) from (select r.id, r.name, to_char(r.start_time, 'HH24:MI') as start_time,
			to_char(r.end_time, 'HH24:MI') as end_time, r.days_of_week, r.is_active, r.start_date, r.end_date
			from app.recurring_patterns r where r.id = s.recurring_pattern_id) b) as recurring_pattern
) shown;

create or replace function api.shift_json(p_id uuid)
returns json language plpgsql stable as $$
begin
	return (select v.body from api.shift_view v where v.id = p_id);
end $$;

-- Published to the location, its previous location, and all users who are or were assigned.
create or replace function api.shift_events(p_shift app.shifts, p_type text, p_people uuid[],
	p_old_location uuid default null)
returns jsonb language plpgsql immutable as $$
declare
	data jsonb := jsonb_build_object('id', p_shift.id, 'name', p_shift.name, 'start_time', p_shift.start_time,
		'end_time', p_shift.end_time, 'location_id', p_shift.location_id,
		'recurring_pattern_id', p_shift.recurring_pattern_id, 'revision', p_shift.revision);
begin
	return live.events_on(array['location:' || p_shift.location_id, 'location:' || p_old_location]
		|| array(select 'user:' || u from unnest(p_people) u), p_type, data);
end $$;

-- Checks a shift that another resource refers to: null, or the refusal. Locks the shift, before the
-- row that refers to it: deletion of a shift locks in the same order.
create or replace function api.check_shift(p_id uuid)
returns api.result language plpgsql as $$
begin
	perform from app.shifts s where s.id = p_id for key share;
	if p_id is null or found then
		return null;
	end if;
	return api.refuse('SHIFT_NOT_FOUND', null);
end $$;

-- Overlapping shifts are allowed; the response carries a warning.
create or replace function api.shift_warnings(p_shift app.shifts, p_people uuid[])
returns text[] language plpgsql stable as $$
begin
	return array(select 'SHIFT_OVERLAP' where exists (
		select from app.shifts s
		join app.shift_assignments a on a.shift_id = s.id
		where tstzrange(s.start_time, s.end_time) && tstzrange(p_shift.start_time, p_shift.end_time)
		and s.id <> p_shift.id and a.user_id = any (p_people)));
end $$;

-- The representation for planners, with warnings.
create or replace function api.shift_json_with_warnings(p_shift app.shifts, p_people uuid[])
returns json language plpgsql stable as $$
begin
	return api.with_transient(api.shift_json(p_shift.id),
		jsonb_build_object('warnings', api.shift_warnings(p_shift, p_people)));
end $$;

-- The latest end of a shift: 24 hours after its start or, if the clock is put back in between, at the
-- same local time on the next day. (The constraint shifts_length knows no time zones.)
create or replace function api.latest_shift_end(p_start timestamptz)
returns timestamptz language plpgsql stable as $$
declare
	zone text := current_setting('binnacle.timezone');
begin
	return greatest(p_start + interval '24 hours', (p_start at time zone zone + interval '1 day') at time zone zone);
end $$;

-- Checks the times of a shift: null, or the refusal.
create or replace function api.check_shift_times(p_shift app.shifts)
returns api.result language plpgsql stable as $$
begin
	if p_shift.end_time <= p_shift.start_time then
		return api.refuse_input('END_BEFORE_START', null,
			api.fault('pointer', '/end_time', 'out_of_range', 'must be after start_time'));
	elsif p_shift.end_time > api.latest_shift_end(p_shift.start_time) then
		return api.refuse_input('SHIFT_TOO_LONG', null,
			api.fault('pointer', '/end_time', 'out_of_range', 'must be at most 24 hours after start_time'));
	end if;
	return null;
end $$;

create or replace function api.create_shift(p_id uuid, p_body jsonb)
returns api.result language plpgsql as $$
declare
	new app.shifts := jsonb_populate_record(null::app.shifts, p_body);
	assignments jsonb := coalesce(p_body -> 'user_assignments', '[]');
	people uuid[];
	refusal api.result;
begin
	refusal := api.check_shift_times(new);
	if refusal.code is null then
		refusal := api.check_assignments(new.location_id, assignments);
	end if;
	if refusal.code is null then
		refusal := api.check_active(new.location_id);
	end if;
	if refusal.code is not null then
		return refusal;
	end if;
	insert into app.shifts (id, name, start_time, end_time, location_id)
	values (p_id, new.name, new.start_time, new.end_time, new.location_id)
	returning * into new;
	perform api.set_shift_assignments(new, api.assignments_by_user(assignments));
	people := api.user_ids(api.assignments_by_user(assignments));
	return api.created(new.revision, '/shifts/' || new.id,
		api.shift_json_with_warnings(new, people),
		live.emit(api.shift_events(new, 'shift.created', people)));
end $$;

-- Locks a shift; otherwise returns the refusal.
create or replace function api.lock_shift(p_id uuid, p_if_match bigint[],
	out target app.shifts, out refusal api.result) language plpgsql as $$
begin
	select * into target from app.shifts s where s.id = p_id for update;
	refusal := api.check_row(found, 'shift', p_if_match, target.revision);
end $$;

create or replace function api.update_shift(p_id uuid, p_if_match bigint[], p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
	old app.shifts;
	target app.shifts;
	old_people jsonb;
	people jsonb;
	refusal api.result;
	recipients uuid[];
begin
	perform api.lock_assignees(p_body);
	if p_body ? 'start_time' then
		perform api.lock_assigned(p_id);
	end if;
	-- Lock the pattern of the shift, as generation does, and before the shift, as deletion of
	-- the pattern does.
	perform from app.recurring_patterns r
	where r.id = (select s.recurring_pattern_id from app.shifts s where s.id = p_id) for update;
	locked := api.lock_shift(p_id, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	old := locked.target;
	target := jsonb_populate_record(old, p_body);
	old_people := api.shift_assignments_by_user(p_id);
	people := api.changed_assignments(p_body, old_people);
	if (target.start_time, target.end_time) <> (old.start_time, old.end_time) then
		refusal := api.check_shift_times(target);
	end if;
	if refusal.code is not null then
		return refusal;
	elsif exists (select from app.shifts s where s.recurring_pattern_id = old.recurring_pattern_id
		and s.start_time = target.start_time and s.id <> p_id) then
		return api.refuse('SHIFT_EXISTS', null);
	end if;
	refusal := api.check_changed_assignments(p_body, old.location_id, target.location_id, old_people);
	-- A past shift keeps those who left since; one that is still to come has nobody who left.
	if refusal.code is null and old.start_time <= now() and target.start_time > now() then
		refusal := api.check_guards(api.user_ids(people));
	end if;
	if refusal.code is null and (target.location_id, target.start_time, target.end_time)
		<> (old.location_id, old.start_time, old.end_time) then
		refusal := api.check_active(target.location_id);
	end if;
	if refusal.code is not null then
		return refusal;
	elsif target is distinct from old or people <> old_people then
		-- Assignments are part of the shift, so they change its revision too. Those that end do so before the
		-- shift moves, which changes the start time of the others.
		delete from app.shift_assignments a where a.shift_id = p_id and not people ? a.user_id::text;
		update app.shifts s set name = target.name, start_time = target.start_time, end_time = target.end_time,
			location_id = target.location_id, revision = s.revision + 1
		where s.id = p_id
		returning * into target;
		perform api.set_shift_assignments(target, people);
	end if;
	recipients := api.user_ids(old_people || people);
	return api.ok(target.revision, api.shift_json_with_warnings(target, api.user_ids(people)),
		case when target.revision > old.revision then live.emit(
			api.shift_events(target, 'shift.updated', recipients, old.location_id)) end);
end $$;

-- Deletes a shift permanently; its logs and duty sessions are kept, without a shift.
create or replace function api.delete_shift(p_id uuid, p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	locked record;
	people uuid[];
begin
	locked := api.lock_shift(p_id, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	people := api.user_ids(api.shift_assignments_by_user(p_id));
	delete from app.shifts s where s.id = p_id;
	return api.no_content(live.emit(api.shift_events(locked.target, 'shift.removed', people)));
end $$;
