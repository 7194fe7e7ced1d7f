-- Assignments to shifts: their representation, capacity, and rules.
-- after: common

-- (Each user is fetched by a subquery, as in api.log_item; its limit prevents a join.)
create or replace view api.shift_assignment_list as
select a.shift_id, json_agg(json_build_object('id', a.id, 'user', to_json(p), 'role', a.role)
	order by p.last_name, p.first_name, a.id) as assignments
from app.shift_assignments a
cross join lateral (select u.id, u.first_name, u.last_name, u.email, u.role from app.users u
	where u.id = a.user_id limit 1) p
group by a.shift_id;

-- Whether a location has capacity for this number of people: null, or the refusal. The default
-- capacity is 100.
create or replace function api.check_capacity(p_location uuid, p_count bigint)
returns api.result language plpgsql stable as $$
declare
	capacity integer;
begin
	select coalesce(l.max_capacity, 100) into capacity from app.locations l where l.id = p_location;
	if not found then
		return api.refuse('LOCATION_NOT_FOUND', null);
	elsif p_count > capacity then
		return api.refuse('CAPACITY_EXCEEDED', 'At most ' || capacity
			|| ' users can be assigned to a shift at this location.');
	end if;
	return null;
end $$;

-- Checks [{"user_id", "role"}, …] for a location: null, or the refusal. Users who are assigned already
-- may stay, so that past shifts can be corrected.
create or replace function api.check_assignments(p_location uuid, p_assignments jsonb, p_assigned jsonb default '{}')
returns api.result language plpgsql as $$
declare
	ids uuid[] := array(select (e ->> 'user_id')::uuid from jsonb_array_elements(p_assignments) e);
	user_count bigint := (select count(distinct i) from unnest(ids) i);
	refusal api.result := api.check_guards(array(select i from unnest(ids) i where not p_assigned ? i::text));
begin
	if refusal.code is not null then
		return refusal;
	elsif user_count < cardinality(ids) then
		return api.refuse('DUPLICATE_ASSIGNMENT', '`user_assignments` contains a user twice.');
	end if;
	return api.check_capacity(p_location, user_count);
end $$;

-- Checks a change of the assignments or of the location, which must have capacity for all assigned
-- users: null, or the refusal.
create or replace function api.check_changed_assignments(p_body jsonb, p_old_location uuid, p_location uuid,
	p_assigned jsonb)
returns api.result language plpgsql as $$
begin
	if p_body ? 'user_assignments' then
		return api.check_assignments(p_location, p_body -> 'user_assignments', p_assigned);
	elsif p_location <> p_old_location then
		return api.check_capacity(p_location, cardinality(api.user_ids(p_assigned)));
	end if;
	return null;
end $$;

-- [{"user_id", "role"}, …] as {user_id: role, …}, which can be compared.
create or replace function api.assignments_by_user(p_assignments jsonb)
returns jsonb language sql stable
as $$ select coalesce(jsonb_object_agg((e ->> 'user_id')::uuid, e ->> 'role'), '{}')
	from jsonb_array_elements(p_assignments) e $$;

-- The assignments after a change, given those before it.
create or replace function api.changed_assignments(p_body jsonb, p_assigned jsonb)
returns jsonb language sql immutable
as $$ select case when p_body ? 'user_assignments' then api.assignments_by_user(p_body -> 'user_assignments')
	else p_assigned end $$;

create or replace function api.shift_assignments_by_user(p_id uuid)
returns jsonb language sql stable
as $$ select coalesce(jsonb_object_agg(a.user_id, a.role), '{}') from app.shift_assignments a
	where a.shift_id = p_id $$;

create or replace function api.user_ids(p_people jsonb)
returns uuid[] language sql stable
as $$ select array(select key::uuid from jsonb_object_keys(p_people) key) $$;

-- Assigns these users; existing assignments keep their ids.
create or replace function api.set_shift_assignments(p_shift app.shifts, p_people jsonb)
returns void language plpgsql as $$
begin
	insert into app.shift_assignments as a (shift_id, start_time, user_id, role)
	select p_shift.id, p_shift.start_time, key::uuid, value from jsonb_each_text(p_people)
	on conflict (shift_id, user_id) do update set role = excluded.role where a.role is distinct from excluded.role;
end $$;

create or replace function api.assignment_events(p_shift app.shifts, p_assignment app.shift_assignments, p_type text)
returns jsonb language plpgsql immutable as $$
declare
	data jsonb := jsonb_build_object('id', p_assignment.id, 'shift_id', p_shift.id, 'user_id', p_assignment.user_id,
		'role', p_assignment.role, 'start_time', p_shift.start_time, 'end_time', p_shift.end_time,
		'location_id', p_shift.location_id, 'revision', p_shift.revision);
begin
	return live.events_on(array['location:' || p_shift.location_id, 'user:' || p_assignment.user_id], p_type, data);
end $$;

create or replace function api.assign_user(p_id uuid, p_if_match bigint[], p_body jsonb)
returns api.result language plpgsql as $$
declare
	assignee uuid := p_body ->> 'user_id';
	assigned uuid[];
	locked record;
	refusal api.result;
	target app.shifts;
	new app.shift_assignments;
begin
	perform api.lock_assignees(p_body);
	locked := api.lock_shift(p_id, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	refusal := api.check_guards(array[assignee]);
	if refusal.code is not null then
		return refusal;
	end if;
	assigned := api.user_ids(api.shift_assignments_by_user(p_id));
	if assignee = any (assigned) then
		return api.refuse('DUPLICATE_ASSIGNMENT', null);
	end if;
	refusal := api.check_capacity((locked.target).location_id, cardinality(assigned) + 1);
	if refusal.code is not null then
		return refusal;
	end if;
	insert into app.shift_assignments (shift_id, start_time, user_id, role)
	values (p_id, (locked.target).start_time, assignee, p_body ->> 'role')
	returning * into new;
	update app.shifts s set revision = s.revision + 1 where s.id = p_id returning * into target;
	return api.created(target.revision, '/shifts/' || p_id,
		api.shift_json_with_warnings(target, array[assignee]),
		live.emit(api.assignment_events(target, new, 'shift.assigned')));
end $$;

create or replace function api.unassign_user(p_id uuid, p_user uuid, p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	locked record;
	target app.shifts;
	former app.shift_assignments;
begin
	locked := api.lock_shift(p_id, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	delete from app.shift_assignments a where a.shift_id = p_id and a.user_id = p_user returning * into former;
	if not found then
		return api.refuse('NOT_FOUND', 'This user is not assigned to the shift.');
	end if;
	update app.shifts s set revision = s.revision + 1 where s.id = p_id returning * into target;
	return api.no_content(live.emit(api.assignment_events(target, former, 'shift.unassigned')));
end $$;
