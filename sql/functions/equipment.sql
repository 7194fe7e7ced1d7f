-- Equipment checkouts of duty sessions.
-- after: common

create or replace view api.checkout_view as
select c.id, c.revision, to_json(shown) as body
from app.equipment_checkouts c
cross join lateral (
	select c.id, c.duty_session_id, c.vehicle_id, c.radio_id, c.checkout_mileage, c.checkin_mileage,
		c.checkout_time, c.checkin_time,
		c.checkin_time is null and (select d.clock_out_time is not null from app.duty_sessions d
			where d.id = c.duty_session_id) as overdue,
		c.notes, c.created_at, c.updated_at,
		(select to_json(b) from (select v.id, v.name, v.make, v.model, v.license_plate from app.vehicles v
			where v.id = c.vehicle_id) b) as vehicle,
		(select to_json(b) from (select r.id, r.name, r.serial_number, r.channel from app.radios r
			where r.id = c.radio_id) b) as radio,
		(select to_json(b) from (select u.id, u.first_name, u.last_name
			from app.duty_sessions d join app.users u on u.id = d.user_id
			where d.id = c.duty_session_id) b) as "user"
) shown;

-- A function for the same reason as api.log_items.
create or replace function api.checkout_items(p_ids uuid[])
returns json language plpgsql stable as $$
begin
	return (
		select coalesce(json_agg(v.body order by i.n), '[]')
		from unnest(p_ids) with ordinality i (id, n)
		cross join lateral (select v.body from api.checkout_view v where v.id = i.id limit 1) v
	);
end $$;

create or replace function api.checkout_json(p_id uuid)
returns json language plpgsql stable as $$
begin
	return (select v.body from api.checkout_view v where v.id = p_id);
end $$;

-- Published to supervisors (`duty`) and to the user who has the equipment.
create or replace function api.checkout_events(p_checkout app.equipment_checkouts, p_type text)
returns jsonb language plpgsql stable as $$
declare
	owner uuid := (select d.user_id from app.duty_sessions d where d.id = p_checkout.duty_session_id);
	data jsonb := jsonb_build_object('id', p_checkout.id, 'duty_session_id', p_checkout.duty_session_id,
		'user_id', owner, 'vehicle_id', p_checkout.vehicle_id, 'radio_id', p_checkout.radio_id,
		'checkout_time', p_checkout.checkout_time, 'checkin_time', p_checkout.checkin_time,
		'revision', p_checkout.revision);
begin
	return live.events_on(array['duty', 'user:' || owner], p_type, data);
end $$;

-- Locks the session, the vehicle and the radio, always in this order, so that the second of two
-- concurrent requests finds them checked out. Unique indexes guarantee the same.
create or replace function api.check_out_equipment(p_id uuid, p_caller uuid, p_body jsonb)
returns api.result language plpgsql as $$
declare
	session uuid := p_body ->> 'duty_session_id';
	vehicle uuid := p_body ->> 'vehicle_id';
	radio uuid := p_body ->> 'radio_id';
	locked record;
	new app.equipment_checkouts;
begin
	locked := api.lock_session(session, p_caller, null);
	if (locked.refusal).code is not null then
		return locked.refusal;
	elsif (locked.target).clock_out_time is not null then
		return api.refuse('NOT_ON_DUTY', 'This duty session has ended.');
	elsif api.has_equipment_out(session) then
		return api.refuse('CHECKOUT_OPEN', null);
	end if;
	perform from app.vehicles v where v.id = vehicle and v.archived_at is null and v.status = 'WORKING' for update;
	if not found then
		return api.refuse('EQUIPMENT_UNAVAILABLE', 'The vehicle does not exist or is not in working order.');
	end if;
	perform from app.radios r where r.id = radio and r.archived_at is null and r.status = 'WORKING' for update;
	if not found then
		return api.refuse('EQUIPMENT_UNAVAILABLE', 'The radio does not exist or is not in working order.');
	end if;
	if exists (select from app.equipment_checkouts c where c.vehicle_id = vehicle and c.checkin_time is null) then
		return api.refuse('EQUIPMENT_CHECKED_OUT', 'The vehicle is already checked out.');
	elsif exists (select from app.equipment_checkouts c where c.radio_id = radio and c.checkin_time is null) then
		return api.refuse('EQUIPMENT_CHECKED_OUT', 'The radio is already checked out.');
	end if;
	insert into app.equipment_checkouts (id, duty_session_id, vehicle_id, radio_id, checkout_mileage)
	values (p_id, session, vehicle, radio, (p_body ->> 'checkout_mileage')::integer)
	returning * into new;
	return api.created(new.revision, '/equipment/checkouts/' || new.id,
		api.checkout_json(new.id),
		live.emit(api.checkout_events(new, 'equipment.checked_out')));
end $$;

create or replace function api.has_equipment_out(p_session uuid)
returns boolean language plpgsql stable as $$
begin
	return exists (select from app.equipment_checkouts c
		where c.duty_session_id = p_session and c.checkin_time is null);
end $$;

-- Returns the equipment of a session. The calling function has locked the session, has checked its
-- owner, and emits the events together with its own.
create or replace function api.close_checkout(p_session uuid, p_mileage integer, p_notes text,
	out refusal api.result, out events jsonb) language plpgsql as $$
declare
	target app.equipment_checkouts;
	vehicle app.vehicles;
begin
	select * into target from app.equipment_checkouts c
	where c.duty_session_id = p_session and c.checkin_time is null
	for update;
	if not found then
		refusal := api.refuse('NOT_FOUND', 'This duty session has no equipment checked out.');
		return;
	elsif p_mileage < target.checkout_mileage then
		refusal := api.refuse_input('MILEAGE_DECREASED', 'The mileage was ' || target.checkout_mileage || ' at checkout.',
			api.fault('pointer', '/checkin_mileage', 'out_of_range', 'must be at least ' || target.checkout_mileage));
		return;
	end if;
	update app.equipment_checkouts c set checkin_mileage = p_mileage,
		checkin_time = greatest(now(), c.checkout_time), notes = coalesce(p_notes, c.notes)
	where c.id = target.id
	returning * into target;
	events := api.checkout_events(target, 'equipment.checked_in');
	update app.vehicles v set mileage = p_mileage, mileage_updated_at = now()
	where v.id = target.vehicle_id and v.mileage < p_mileage
	returning * into vehicle;
	if found then
		events := events || api.vehicle_events(vehicle, 'vehicle.updated');
	end if;
end $$;

create or replace function api.check_in_equipment(p_id uuid, p_session uuid, p_body jsonb)
returns api.result language plpgsql as $$
declare
	closed record;
	target app.equipment_checkouts;
begin
	closed := api.close_checkout(p_session, (p_body ->> 'checkin_mileage')::integer, p_body ->> 'notes');
	if (closed.refusal).code is not null then
		return closed.refusal;
	end if;
	select * into target from app.equipment_checkouts c where c.id = p_id;
	return api.ok(target.revision, api.checkout_json(p_id), live.emit(closed.events));
end $$;

-- Returns equipment: the user's own, also after the session has ended, or as an administrator anyone's.
create or replace function api.return_checkout(p_id uuid, p_caller uuid, p_may_access_others boolean, p_if_match bigint[],
	p_body jsonb)
returns api.result language plpgsql as $$
declare
	session app.duty_sessions;
	target app.equipment_checkouts;
begin
	select * into session from app.duty_sessions d
	where d.id = (select c.duty_session_id from app.equipment_checkouts c where c.id = p_id)
	for update;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no checkout with this id.');
	elsif session.user_id <> p_caller and not p_may_access_others then
		return api.refuse('FORBIDDEN', 'Only the user who checked it out or an administrator can return it.');
	end if;
	select * into target from app.equipment_checkouts c where c.id = p_id;
	if target.checkin_time is not null then
		return api.refuse('EQUIPMENT_RETURNED', null);
	elsif not api.if_match(p_if_match, target.revision) then
		return api.refuse('PRECONDITION_FAILED', null);
	end if;
	return api.check_in_equipment(p_id, session.id, p_body);
end $$;

-- The same, by duty session.
create or replace function api.return_equipment(p_caller uuid, p_body jsonb)
returns api.result language plpgsql as $$
declare
	session uuid := p_body ->> 'duty_session_id';
	locked record;
begin
	locked := api.lock_session(session, p_caller, null);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	return api.check_in_equipment((select c.id from app.equipment_checkouts c
		where c.duty_session_id = session and c.checkin_time is null), session, p_body);
end $$;
