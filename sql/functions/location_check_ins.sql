-- Location check-ins: visits of supervisors to locations while on duty.
-- after: common

create or replace view api.check_in_item as
select c.id, c.revision, c.user_id, to_json(shown) as body
from app.location_check_ins c
cross join lateral (
	select c.id, c.duty_session_id, c.location_id, c.user_id, c.check_in_time, c.check_out_time, c.notes,
		c.created_at, c.updated_at,
		(select to_json(b) from (select p.id, p.name from app.locations p
			where p.id = c.location_id) b) as location,
		(select to_json(b) from (select u.id, u.first_name, u.last_name from app.users u
			where u.id = c.user_id) b) as "user"
) shown;

create or replace function api.check_in_items(p_ids uuid[])
returns json language plpgsql stable as $$
begin
	return (
		select coalesce(json_agg(v.body order by i.n), '[]')
		from unnest(p_ids) with ordinality i (id, n)
		cross join lateral (select v.body from api.check_in_item v where v.id = i.id limit 1) v
	);
end $$;

create or replace function api.check_in_json(p_id uuid)
returns json language plpgsql stable as $$
begin
	return (select v.body from api.check_in_item v where v.id = p_id);
end $$;

-- Published to supervisors (`duty`) and to the user. Not published on the location's channel:
-- guards can subscribe to it, and may not see where others were.
create or replace function api.check_in_events(p_check_in app.location_check_ins, p_type text)
returns jsonb language plpgsql immutable as $$
declare
	data jsonb := jsonb_build_object('id', p_check_in.id, 'duty_session_id', p_check_in.duty_session_id,
		'user_id', p_check_in.user_id, 'location_id', p_check_in.location_id,
		'check_in_time', p_check_in.check_in_time, 'check_out_time', p_check_in.check_out_time,
		'revision', p_check_in.revision);
begin
	return live.events_on(array['duty', 'user:' || p_check_in.user_id], p_type, data);
end $$;

create or replace function api.check_in(p_id uuid, p_session uuid, p_caller uuid, p_if_match bigint[],
	p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
	location app.locations;
	new app.location_check_ins;
begin
	locked := api.lock_session(p_session, p_caller, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	select * into location from app.locations l where l.id = (p_body ->> 'location_id')::uuid for share;
	if not found then
		return api.refuse('LOCATION_NOT_FOUND', null);
	elsif (locked.target).clock_out_time is not null then
		return api.refuse('NOT_ON_DUTY', null);
	elsif not location.is_active then
		return api.refuse('LOCATION_INACTIVE', null);
	elsif exists (select from app.location_check_ins c
		where c.duty_session_id = p_session and c.check_out_time is null) then
		return api.refuse('CHECK_IN_OPEN', null);
	end if;
	insert into app.location_check_ins (id, duty_session_id, location_id, user_id, notes)
	values (p_id, p_session, location.id, p_caller, p_body ->> 'notes')
	returning * into new;
	return api.created(new.revision, '/location-check-ins/' || new.id,
		api.check_in_json(new.id), live.emit(api.check_in_events(new, 'check_in.opened')));
end $$;

create or replace function api.read_check_in(p_id uuid, p_caller uuid, p_may_access_others boolean)
returns api.result language plpgsql stable as $$
declare
	target record;
begin
	select * into target from api.check_in_item v where v.id = p_id;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no check-in with this id.');
	end if;
	if not p_may_access_others and target.user_id <> p_caller then
		return api.refuse('FORBIDDEN', 'Only a supervisor can see other users'' check-ins.');
	end if;
	return api.ok(target.revision, target.body);
end $$;

create or replace function api.check_out(p_id uuid, p_caller uuid, p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	target app.location_check_ins;
begin
	select * into target from app.location_check_ins c where c.id = p_id for update;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no check-in with this id.');
	elsif target.user_id <> p_caller then
		return api.refuse('FORBIDDEN', 'Only the user who checked in can check out.');
	elsif not api.if_match(p_if_match, target.revision) then
		return api.refuse('PRECONDITION_FAILED', null);
	elsif target.check_out_time is not null then
		return api.refuse('ALREADY_CHECKED_OUT', null);
	end if;
	update app.location_check_ins c set check_out_time = greatest(now(), c.check_in_time)
	where c.id = p_id
	returning * into target;
	return api.ok(target.revision, api.check_in_json(p_id),
		live.emit(api.check_in_events(target, 'check_in.closed')));
end $$;
