-- Patterns of shifts: what is shown of them, their rules, and the shifts that are made
-- after them.

create or replace view api.pattern_view as
select r.id, r.name, r.location_id, r.is_active, r.revision, to_json(shown) as body
from app.recurring_patterns r
cross join lateral (
	select r.id, r.name, r.location_id, to_char(r.start_time, 'HH24:MI') as start_time,
		to_char(r.end_time, 'HH24:MI') as end_time, r.days_of_week, r.is_active, r.start_date, r.end_date,
		r.created_at, r.updated_at,
		(select to_json(b) from (select p.id, p.name from app.locations p
			where p.id = r.location_id) b) as location,
		(select coalesce(json_agg(json_build_object('id', a.id, 'user', to_json(p), 'role', a.role)
				order by p.last_name, p.first_name, a.id), '[]')
			from app.recurring_assignments a
			cross join lateral (select u.id, u.first_name, u.last_name, u.email, u.role from app.users u
				where u.id = a.user_id limit 1) p
			where a.recurring_pattern_id = r.id) as user_assignments
) shown;

create or replace function api.pattern_json(p_id uuid)
returns json language plpgsql stable as $$
begin
	return (select v.body from api.pattern_view v where v.id = p_id);
end $$;

-- Told to those who watch the place, or the one where it was, and to everybody who is or
-- was to do its shifts.
create or replace function api.pattern_events(p_pattern app.recurring_patterns, p_type text, p_people uuid[],
	p_was_at uuid default null)
returns jsonb language plpgsql immutable as $$
declare
	data jsonb := jsonb_build_object('id', p_pattern.id, 'name', p_pattern.name,
		'location_id', p_pattern.location_id, 'is_active', p_pattern.is_active, 'revision', p_pattern.revision);
begin
	return live.events_on(array['location:' || p_pattern.location_id, 'location:' || p_was_at]
		|| array(select 'user:' || u from unnest(p_people) u), p_type, data);
end $$;

-- One for all that were made at once, however many they are; null, if none were.
create or replace function api.generated_events(p_pattern app.recurring_patterns, p_type text, p_made jsonb)
returns jsonb language plpgsql stable as $$
declare
	people uuid[] := api.people_ids(api.people_of_pattern(p_pattern.id));
	data jsonb := jsonb_build_object('id', p_pattern.id, 'name', p_pattern.name,
		'location_id', p_pattern.location_id, 'created', p_made -> 'created', 'revision', p_pattern.revision);
begin
	if (p_made ->> 'created')::integer > 0 then
		return live.events_on(array['location:' || p_pattern.location_id]
			|| array(select 'user:' || u from unnest(people) u), p_type, data);
	end if;
	return null;
end $$;

create or replace function api.people_of_pattern(p_id uuid)
returns jsonb language sql stable
as $$ select coalesce(jsonb_object_agg(a.user_id, a.role), '{}') from app.recurring_assignments a
	where a.recurring_pattern_id = p_id $$;

create or replace function api.assign_to_pattern(p_id uuid, p_people jsonb)
returns void language plpgsql as $$
begin
	delete from app.recurring_assignments a where a.recurring_pattern_id = p_id and not p_people ? a.user_id::text;
	insert into app.recurring_assignments as a (recurring_pattern_id, user_id, role)
	select p_id, key::uuid, value from jsonb_each_text(p_people)
	on conflict (recurring_pattern_id, user_id) do update set role = excluded.role
		where a.role is distinct from excluded.role;
end $$;

-- Null, or what is wrong with the pattern by itself.
create or replace function api.refuse_pattern(p_pattern app.recurring_patterns)
returns api.answer language plpgsql stable as $$
begin
	if p_pattern.end_date < p_pattern.start_date then
		return api.refuse('END_BEFORE_START', 'The last day is before the first.');
	elsif (select count(distinct d) from unnest(p_pattern.days_of_week) d) < cardinality(p_pattern.days_of_week) then
		return api.refuse('VALIDATION_FAILED', '`days_of_week` names a day twice.');
	end if;
	return null;
end $$;

-- The shifts of a pattern that is locked, of so many days from today on, or from its first
-- day; those that are there already stay as they are. A shift begins and ends when the clock
-- on the wall says so: in the night in which it is put forward or back, the shift is shorter
-- or longer. Should nothing be left of it, it lasts as long as it would on other days. (Behind
-- the last day there are moments that nobody can ask for.)
create or replace function api.make_shifts(p_pattern app.recurring_patterns, p_days integer)
returns jsonb language plpgsql as $$
declare
	zone text := current_setting('binnacle.timezone');
	first date := greatest(p_pattern.start_date, (now() at time zone zone)::date);
	lasts interval := p_pattern.end_time - p_pattern.start_time
		+ case when p_pattern.end_time <= p_pattern.start_time then interval '1 day' else '0' end;
	planned integer;
	ids uuid[];
	overlap boolean;
begin
	with days as (
		select first + n + p_pattern.start_time as begins from generate_series(0, p_days - 1) n
		where extract(dow from first + n) = any (p_pattern.days_of_week)
		and first + n <= least(p_pattern.end_date, '9998-12-29')
	), planned_now as (
		select d.begins at time zone zone as start_time,
			case when (d.begins + lasts) at time zone zone > d.begins at time zone zone
				then (d.begins + lasts) at time zone zone else d.begins at time zone zone + lasts end as end_time
		from days d
	), made as (
		insert into app.shifts (name, start_time, end_time, location_id, recurring_pattern_id)
		select p_pattern.name, p.start_time, p.end_time, p_pattern.location_id, p_pattern.id from planned_now p
		on conflict (recurring_pattern_id, start_time) do nothing
		returning id, start_time
	), assigned as (
		insert into app.shift_assignments (shift_id, start_time, user_id, role)
		select m.id, m.start_time, a.user_id, a.role
		from made m cross join app.recurring_assignments a
		where a.recurring_pattern_id = p_pattern.id
		and (select u.archived_at is null from app.users u where u.id = a.user_id)
	)
	select (select count(*) from planned_now), array(select m.id from made m order by m.start_time) into planned, ids;
	overlap := exists (select from app.shifts s where s.id = any (ids)
		and cardinality(api.shift_warnings(s, api.people_ids(api.people_of_shift(s.id)))) > 0);
	return jsonb_build_object('created', cardinality(ids), 'skipped', planned - cardinality(ids), 'shift_ids', ids,
		'warnings', case when overlap then array['SHIFT_OVERLAP'] else '{}' end);
end $$;

-- Whether shifts can be made after a pattern: null, or the refusal. (Since it was made its
-- place may have shrunk.)
create or replace function api.refuse_making(p_pattern app.recurring_patterns)
returns api.answer language plpgsql stable as $$
begin
	if not p_pattern.is_active then
		return api.refuse('PATTERN_INACTIVE', null);
	end if;
	return api.refuse_crowd(p_pattern.location_id, (select count(*) from app.recurring_assignments a
		where a.recurring_pattern_id = p_pattern.id
		and (select u.archived_at is null from app.users u where u.id = a.user_id)));
end $$;

create or replace function api.create_pattern(p_id uuid, p_body jsonb)
returns api.answer language plpgsql as $$
declare
	new app.recurring_patterns := jsonb_populate_record(null::app.recurring_patterns, p_body);
	given jsonb := coalesce(p_body -> 'user_assignments', '[]');
	refusal api.answer;
	people jsonb;
	told uuid[];
	made jsonb;
	body jsonb;
begin
	new.is_active := coalesce(new.is_active, true);
	refusal := api.refuse_pattern(new);
	if refusal.code is null then
		refusal := api.refuse_people(new.location_id, given);
	end if;
	if refusal.code is null and p_body ? 'generate' and not new.is_active then
		refusal := api.refuse('PATTERN_INACTIVE', null);
	end if;
	if refusal.code is not null then
		return refusal;
	end if;
	insert into app.recurring_patterns (id, name, location_id, start_time, end_time, days_of_week, is_active,
		start_date, end_date)
	values (p_id, new.name, new.location_id, new.start_time, new.end_time, new.days_of_week, new.is_active,
		new.start_date, new.end_date)
	returning * into new;
	people := api.people_given(given);
	told := api.people_ids(people);
	perform api.assign_to_pattern(new.id, people);
	if p_body ? 'generate' then
		made := api.make_shifts(new, coalesce((p_body #>> '{generate,days}')::integer, 30));
	end if;
	body := api.pattern_json(new.id)::jsonb || jsonb_build_object('generated', made);
	return row(null, null, null, new.revision, '/api/v1/recurring-shifts/' || new.id, null, body::json,
		live.emit(api.pattern_events(new, 'recurring_shift.created', told)
			|| coalesce(api.generated_events(new, 'recurring_shift.generated', made), '[]')))::api.answer;
end $$;

-- The pattern, locked; or the refusal.
create or replace function api.take_pattern(p_id uuid, p_if_match bigint[],
	out it app.recurring_patterns, out refusal api.answer) language plpgsql as $$
begin
	select * into it from app.recurring_patterns r where r.id = p_id for update;
	if not found then
		refusal := api.refuse('NOT_FOUND', 'There is no pattern with this id.');
	elsif not api.matches(p_if_match, it.revision) then
		refusal := api.refuse('PRECONDITION_FAILED', null);
	end if;
end $$;

-- The shifts that were made after it stay as they are.
create or replace function api.edit_pattern(p_id uuid, p_if_match bigint[], p_body jsonb)
returns api.answer language plpgsql as $$
declare
	claim record;
	old app.recurring_patterns;
	it app.recurring_patterns;
	had jsonb;
	people jsonb;
	refusal api.answer;
	told uuid[];
	body json;
begin
	claim := api.take_pattern(p_id, p_if_match);
	if (claim.refusal).code is not null then
		return claim.refusal;
	end if;
	old := claim.it;
	it := jsonb_populate_record(old, p_body);
	had := api.people_of_pattern(p_id);
	people := case when p_body ? 'user_assignments' then api.people_given(p_body -> 'user_assignments') else had end;
	refusal := api.refuse_pattern(it);
	if refusal.code is not null then
		return refusal;
	elsif p_body ? 'user_assignments' then
		refusal := api.refuse_people(it.location_id, p_body -> 'user_assignments');
	elsif it.location_id <> old.location_id then
		refusal := api.refuse_crowd(it.location_id, cardinality(api.people_ids(had)));
	end if;
	if refusal.code is not null then
		return refusal;
	elsif it is distinct from old or people <> had then
		update app.recurring_patterns r set name = it.name, location_id = it.location_id, start_time = it.start_time,
			end_time = it.end_time, days_of_week = it.days_of_week, is_active = it.is_active,
			start_date = it.start_date, end_date = it.end_date, revision = r.revision + 1
		where r.id = p_id
		returning * into it;
		perform api.assign_to_pattern(p_id, people);
	end if;
	told := api.people_ids(had || people);
	body := api.pattern_json(p_id);
	return row(null, null, null, it.revision, null, null, body, case when it.revision > old.revision
		then live.emit(api.pattern_events(it, 'recurring_shift.updated', told, old.location_id)) end)::api.answer;
end $$;

-- The shifts that were made after it stay, and are of no pattern any more.
create or replace function api.remove_pattern(p_id uuid, p_if_match bigint[])
returns api.answer language plpgsql as $$
declare
	claim record;
	people uuid[];
begin
	claim := api.take_pattern(p_id, p_if_match);
	if (claim.refusal).code is not null then
		return claim.refusal;
	end if;
	people := api.people_ids(api.people_of_pattern(p_id));
	delete from app.recurring_patterns r where r.id = p_id;
	return row(204, null, null, null, null, null, null,
		live.emit(api.pattern_events(claim.it, 'recurring_shift.removed', people)))::api.answer;
end $$;

create or replace function api.generate_shifts(p_id uuid, p_if_match bigint[], p_body jsonb)
returns api.answer language plpgsql as $$
declare
	claim record;
	refusal api.answer;
	made jsonb;
	events jsonb;
begin
	claim := api.take_pattern(p_id, p_if_match);
	if (claim.refusal).code is not null then
		return claim.refusal;
	end if;
	refusal := api.refuse_making(claim.it);
	if refusal.code is not null then
		return refusal;
	end if;
	made := api.make_shifts(claim.it, coalesce((p_body ->> 'days')::integer, 30));
	events := api.generated_events(claim.it, 'recurring_shift.generated', made);
	return row(null, null, null, null, null, null, made::json,
		case when events is not null then live.emit(events) end)::api.answer;
end $$;
