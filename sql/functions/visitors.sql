-- Visitors: check-in, presence and check-out.
-- after: common

create or replace view api.visitor_view as
select v.id, v.revision, to_json(shown) as body
from app.visitors v
cross join lateral (
	select v.id, v.first_name, v.last_name, v.email, v.phone, v.company, v.purpose, v.location_id,
		v.check_in_time, v.check_out_time, v.check_out_time is null as is_present, v.expected_duration,
		v.vehicle_make, v.vehicle_model, v.license_plate, v.badge_number, v.notes, v.created_at, v.updated_at,
		(select to_json(b) from (select p.id, p.name from app.locations p
			where p.id = v.location_id) b) as location,
		(select to_json(b) from (select u.id, u.first_name, u.last_name from app.users u
			where u.id = v.checked_in_by) b) as checked_in_by,
		(select to_json(b) from (select u.id, u.first_name, u.last_name from app.users u
			where u.id = v.checked_out_by) b) as checked_out_by
) shown;

-- The visitors with these ids, in this order.
create or replace function api.visitor_items(p_ids uuid[])
returns json language plpgsql stable as $$
begin
	return (
		select coalesce(json_agg(v.body order by i.n), '[]')
		from unnest(p_ids) with ordinality i (id, n)
		cross join lateral (select w.body from api.visitor_view w where w.id = i.id limit 1) v
	);
end $$;

create or replace function api.visitor_json(p_id uuid)
returns json language plpgsql stable as $$
begin
	return (select v.body from api.visitor_view v where v.id = p_id);
end $$;

create or replace function api.emit_visitor(p_visitor app.visitors, p_type text)
returns jsonb language sql
as $$ select live.emit_to('location:' || p_visitor.location_id, p_type, jsonb_build_object('id', p_visitor.id, 'first_name', p_visitor.first_name,
	'last_name', p_visitor.last_name, 'location_id', p_visitor.location_id,
	'check_in_time', p_visitor.check_in_time, 'check_out_time', p_visitor.check_out_time,
	'revision', p_visitor.revision)) $$;

create or replace function api.check_in_visitor(p_id uuid, p_caller uuid, p_body jsonb)
returns api.result language plpgsql as $$
declare
	new app.visitors;
	refusal api.result := api.check_active((p_body ->> 'location_id')::uuid);
begin
	if refusal.code is not null then
		return refusal;
	end if;
	insert into app.visitors (id, first_name, last_name, email, phone, company, purpose, location_id,
		expected_duration, checked_in_by, vehicle_make, vehicle_model, license_plate, badge_number, notes)
	values (p_id, p_body ->> 'first_name', p_body ->> 'last_name', p_body ->> 'email', p_body ->> 'phone',
		p_body ->> 'company', p_body ->> 'purpose', (p_body ->> 'location_id')::uuid,
		(p_body ->> 'expected_duration')::integer, p_caller, p_body ->> 'vehicle_make',
		p_body ->> 'vehicle_model', p_body ->> 'license_plate', p_body ->> 'badge_number', p_body ->> 'notes')
	returning * into new;
	return api.created(new.revision, '/visitors/' || p_id, api.visitor_json(p_id),
		api.emit_visitor(new, 'visitor.checked_in'));
end $$;

-- Locks a visitor; otherwise returns the refusal. (Visitors have no owner: any guard can
-- handle them.)
create or replace function api.lock_visitor(p_id uuid, p_if_match bigint[],
	out target app.visitors, out refusal api.result) language plpgsql as $$
begin
	select * into target from app.visitors v where v.id = p_id for update;
	refusal := api.check_row(found, 'visitor', p_if_match, target.revision);
end $$;

-- The result of a change, and its event.
create or replace function api.visitor_result(p_visitor app.visitors, p_type text)
returns api.result language plpgsql as $$
begin
	return api.ok(p_visitor.revision, api.visitor_json(p_visitor.id),
		api.emit_visitor(p_visitor, p_type));
end $$;

create or replace function api.update_visitor(p_id uuid, p_if_match bigint[], p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
	target app.visitors;
begin
	locked := api.lock_visitor(p_id, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	target := jsonb_populate_record(locked.target, p_body);
	if target is not distinct from locked.target then
		return api.ok(target.revision, api.visitor_json(p_id));
	end if;
	update app.visitors v set first_name = target.first_name, last_name = target.last_name, email = target.email,
		phone = target.phone, company = target.company, purpose = target.purpose,
		expected_duration = target.expected_duration, vehicle_make = target.vehicle_make,
		vehicle_model = target.vehicle_model, license_plate = target.license_plate,
		badge_number = target.badge_number, notes = target.notes
	where v.id = p_id
	returning * into target;
	return api.visitor_result(target, 'visitor.updated');
end $$;

create or replace function api.check_out_visitor(p_id uuid, p_caller uuid, p_if_match bigint[], p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
	target app.visitors;
begin
	locked := api.lock_visitor(p_id, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	if (locked.target).check_out_time is not null then
		return api.refuse('VISITOR_CHECKED_OUT', null);
	end if;
	update app.visitors v set check_out_time = greatest(now(), v.check_in_time), checked_out_by = p_caller,
		notes = coalesce(p_body ->> 'notes', v.notes)
	where v.id = p_id
	returning * into target;
	return api.visitor_result(target, 'visitor.checked_out');
end $$;
