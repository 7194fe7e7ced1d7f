-- Tours of supervisors and their stops: representations and rules.
-- after: common, events, fleet

create or replace view api.tour_stop_view as
select s.id, s.tour_id, s.arrived_at, s.revision, to_json(shown) as body
from app.tour_stops s
cross join lateral (
	select s.id, s.tour_id, s.location_id, s.stop_type, s.title, s.observations, s.photo_urls, s.guard_user_id,
		s.guard_performance_notes, s.issues_severity, s.follow_up_required, s.arrived_at, s.departed_at,
		s.created_at, s.updated_at,
		(select to_json(b) from (select p.id, p.name from app.locations p
			where p.id = s.location_id) b) as location,
		(select to_json(b) from (select u.id, u.first_name, u.last_name, u.role from app.users u
			where u.id = s.guard_user_id) b) as guard
) shown;

-- A tour in a list, with its stops in order of time.
create or replace view api.tour_item as
select t.id, to_json(shown) as body
from app.tours t
cross join lateral (
	select t.id, t.supervisor_id, t.title, t.status, t.notes, t.vehicle_id, t.car_number, t.radio_number, t.starting_mileage,
		t.ending_mileage, t.car_returned, t.radio_returned, t.keys_returned, t.started_at, t.completed_at,
		t.created_at, t.updated_at,
		(select to_json(b) from (select u.id, u.first_name, u.last_name, u.email from app.users u
			where u.id = t.supervisor_id) b) as supervisor,
		(select count(*) from app.tour_stops s where s.tour_id = t.id) as stop_count,
		(select coalesce(json_agg(s.body order by s.arrived_at, s.id), '[]') from api.tour_stop_view s
			where s.tour_id = t.id) as tour_stops
) shown;

create or replace function api.tour_items(p_ids uuid[])
returns json language plpgsql stable as $$
begin
	return (
		select coalesce(json_agg(v.body order by i.n), '[]')
		from unnest(p_ids) with ordinality i (id, n)
		cross join lateral (select v.body from api.tour_item v where v.id = i.id limit 1) v
	);
end $$;

-- A single tour, with its stops in order of time.
create or replace view api.tour_view as
select t.id, t.revision, to_json(shown) as body
from app.tours t
cross join lateral (
	select t.id, t.supervisor_id, t.title, t.status, t.notes, t.vehicle_id, t.car_number, t.radio_number, t.starting_mileage,
		t.ending_mileage, t.car_returned, t.radio_returned, t.keys_returned, t.started_at, t.completed_at,
		t.created_at, t.updated_at,
		(select to_json(b) from (select u.id, u.first_name, u.last_name, u.email from app.users u
			where u.id = t.supervisor_id) b) as supervisor,
		(select coalesce(json_agg(s.body order by s.arrived_at, s.id), '[]') from api.tour_stop_view s
			where s.tour_id = t.id) as tour_stops
) shown;

create or replace function api.tour_json(p_id uuid)
returns json language plpgsql stable as $$
begin
	return (select v.body from api.tour_view v where v.id = p_id);
end $$;

create or replace function api.tour_stop_json(p_id uuid)
returns json language plpgsql stable as $$
begin
	return (select v.body from api.tour_stop_view v where v.id = p_id);
end $$;

-- Published to the supervisor of the tour, and to supervisors (`duty`).
create or replace function api.tour_events(p_tour app.tours, p_type text)
returns jsonb language sql stable
as $$ select live.events_on(array['duty', 'user:' || p_tour.supervisor_id], p_type,
	jsonb_build_object('id', p_tour.id, 'supervisor_id', p_tour.supervisor_id, 'title', p_tour.title,
	'status', p_tour.status, 'vehicle_id', p_tour.vehicle_id, 'started_at', p_tour.started_at,
	'completed_at', p_tour.completed_at, 'revision', p_tour.revision)) $$;

create or replace function api.tour_stop_events(p_tour app.tours, p_stop app.tour_stops, p_type text)
returns jsonb language sql stable
as $$ select live.events_on(array['duty', 'user:' || p_tour.supervisor_id], p_type,
	jsonb_build_object('id', p_stop.id, 'tour_id', p_stop.tour_id, 'stop_type', p_stop.stop_type,
	'title', p_stop.title, 'location_id', p_stop.location_id, 'arrived_at', p_stop.arrived_at,
	'departed_at', p_stop.departed_at, 'revision', p_stop.revision)) $$;

create or replace function api.read_tour(p_id uuid, p_caller uuid, p_may_access_others boolean)
returns api.result language plpgsql stable as $$
declare
	target app.tours;
begin
	select * into target from app.tours t where t.id = p_id;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no tour with this id.');
	elsif not p_may_access_others and target.supervisor_id <> p_caller then
		return api.refuse('FORBIDDEN', 'Only an administrator can see other users'' tours.');
	end if;
	return api.ok(target.revision, api.tour_json(p_id));
end $$;

create or replace function api.read_tour_stop(p_id uuid, p_tour uuid, p_caller uuid, p_may_access_others boolean)
returns api.result language plpgsql stable as $$
declare
	read api.result := api.read_tour(p_tour, p_caller, p_may_access_others);
	target app.tour_stops;
begin
	if read.code is not null then
		return read;
	end if;
	select * into target from app.tour_stops s where s.id = p_id and s.tour_id = p_tour;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no stop with this id on this tour.');
	end if;
	return api.ok(target.revision, api.tour_stop_json(p_id));
end $$;

-- A second tour in progress is allowed; the response carries a warning.
create or replace function api.start_tour(p_id uuid, p_caller uuid, p_body jsonb)
returns api.result language plpgsql as $$
declare
	warnings text[] := array(select 'INCOMPLETE_TOUR' where exists (select from app.tours t
		where t.supervisor_id = p_caller and t.status = 'IN_PROGRESS'));
	new app.tours;
begin
	-- Locked, so that the vehicle is not archived meanwhile.
	perform from app.vehicles v where v.id = (p_body ->> 'vehicle_id')::uuid and v.archived_at is null for share;
	if not found and p_body ->> 'vehicle_id' is not null then
		return api.refuse('VEHICLE_NOT_FOUND', null);
	end if;
	insert into app.tours (id, supervisor_id, title, vehicle_id, car_number, radio_number, starting_mileage)
	values (p_id, p_caller, p_body ->> 'title', (p_body ->> 'vehicle_id')::uuid, p_body ->> 'car_number', p_body ->> 'radio_number',
		(p_body ->> 'starting_mileage')::integer)
	returning * into new;
	return api.created(new.revision, '/tours/' || new.id,
		api.with_transient(api.tour_json(new.id), jsonb_build_object('warnings', warnings)),
		live.emit(api.tour_events(new, 'tour.started')));
end $$;

-- Locks a tour that is in progress and is the caller's, or anyone's if the caller has access to
-- others; otherwise returns the refusal.
create or replace function api.lock_tour(p_id uuid, p_caller uuid, p_may_access_others boolean, p_if_match bigint[],
	out target app.tours, out refusal api.result) language plpgsql as $$
begin
	select * into target from app.tours t where t.id = p_id for update;
	if not found then
		refusal := api.refuse('NOT_FOUND', 'There is no tour with this id.');
	elsif not p_may_access_others and target.supervisor_id <> p_caller then
		refusal := api.refuse('FORBIDDEN', 'Only an administrator can change other users'' tours.');
	elsif target.status <> 'IN_PROGRESS' then
		refusal := api.refuse('TOUR_NOT_IN_PROGRESS', null);
	elsif not api.if_match(p_if_match, target.revision) then
		refusal := api.refuse('PRECONDITION_FAILED', null);
	end if;
end $$;

-- The result of a change, and its event.
create or replace function api.tour_result(p_tour app.tours, p_type text)
returns api.result language plpgsql as $$
begin
	return api.ok(p_tour.revision, api.tour_json(p_tour.id), live.emit(api.tour_events(p_tour, p_type)));
end $$;

create or replace function api.add_tour_stop(p_id uuid, p_tour uuid, p_caller uuid, p_may_access_others boolean,
	p_if_match bigint[], p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
	refusal api.result;
	new app.tour_stops;
begin
	locked := api.lock_tour(p_tour, p_caller, p_may_access_others, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	elsif (select count(*) >= 200 from app.tour_stops s where s.tour_id = p_tour) then
		return api.refuse('TOUR_FULL', null);
	end if;
	refusal := api.check_guards(array_remove(array[(p_body ->> 'guard_user_id')::uuid], null));
	if refusal.code is not null then
		return refusal;
	end if;
	insert into app.tour_stops (id, tour_id, location_id, stop_type, title, observations, photo_urls,
		guard_user_id, guard_performance_notes, issues_severity, follow_up_required)
	values (p_id, p_tour, (p_body ->> 'location_id')::uuid, (p_body ->> 'stop_type')::app.tour_stop_type,
		p_body ->> 'title', p_body ->> 'observations', api.text_array(p_body -> 'photo_urls'),
		(p_body ->> 'guard_user_id')::uuid, p_body ->> 'guard_performance_notes',
		(p_body ->> 'issues_severity')::app.severity,
		coalesce((p_body ->> 'follow_up_required')::boolean, false))
	returning * into new;
	return api.created(new.revision, '/tours/' || p_tour || '/stops/' || new.id, api.tour_stop_json(new.id),
		live.emit(api.tour_stop_events(locked.target, new, 'tour.stop_added')));
end $$;

create or replace function api.complete_tour_stop(p_id uuid, p_tour uuid, p_caller uuid, p_may_access_others boolean,
	p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	locked record;
	target app.tour_stops;
begin
	locked := api.lock_tour(p_tour, p_caller, p_may_access_others, null);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	select * into target from app.tour_stops s where s.id = p_id and s.tour_id = p_tour for update;
	if not found then
		return api.refuse('NOT_FOUND', 'This tour has no stop with this id.');
	elsif target.departed_at is not null then
		return api.refuse('STOP_COMPLETED', null);
	elsif not api.if_match(p_if_match, target.revision) then
		return api.refuse('PRECONDITION_FAILED', null);
	end if;
	update app.tour_stops s set departed_at = greatest(now(), s.arrived_at) where s.id = p_id returning * into target;
	return api.ok(target.revision, api.tour_stop_json(p_id),
		live.emit(api.tour_stop_events(locked.target, target, 'tour.stop_completed')));
end $$;

create or replace function api.complete_tour(p_id uuid, p_caller uuid, p_may_access_others boolean, p_if_match bigint[],
	p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
	target app.tours;
begin
	locked := api.lock_tour(p_id, p_caller, p_may_access_others, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	elsif (p_body ->> 'ending_mileage')::integer < (locked.target).starting_mileage then
		return api.refuse_input('MILEAGE_DECREASED',
			'The mileage was ' || (locked.target).starting_mileage || ' at the start.',
			api.fault('pointer', '/ending_mileage', 'out_of_range',
				'must be at least ' || (locked.target).starting_mileage));
	end if;
	update app.tours t set status = 'COMPLETED', completed_at = greatest(now(), t.started_at),
		ending_mileage = (p_body ->> 'ending_mileage')::integer,
		car_returned = (p_body ->> 'car_returned')::boolean,
		radio_returned = (p_body ->> 'radio_returned')::boolean,
		keys_returned = (p_body ->> 'keys_returned')::boolean,
		notes = coalesce(p_body ->> 'notes', t.notes)
	where t.id = p_id
	returning * into target;
	return api.tour_result(target, 'tour.completed');
end $$;

create or replace function api.cancel_tour(p_id uuid, p_caller uuid, p_may_access_others boolean, p_if_match bigint[],
	p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
	target app.tours;
begin
	locked := api.lock_tour(p_id, p_caller, p_may_access_others, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	update app.tours t set status = 'CANCELLED', completed_at = greatest(now(), t.started_at),
		notes = coalesce(p_body ->> 'reason', t.notes)
	where t.id = p_id
	returning * into target;
	return api.tour_result(target, 'tour.cancelled');
end $$;
