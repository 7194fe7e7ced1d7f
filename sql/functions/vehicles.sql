-- Vehicles and their rules.
-- after: common, events

create or replace view api.vehicle_view as
select v.id, v.name, v.make, v.model, v.year, v.vin, v.license_plate, v.mileage, v.mileage_updated_at, v.status,
	v.location_id, v.notes, v.created_at, v.updated_at,
	(select to_json(b) from (select p.id, p.name from app.locations p where p.id = v.location_id) b) as location
from app.vehicles v
where v.archived_at is null;

create or replace function api.vehicle_json(p_id uuid)
returns json language plpgsql stable as $$
begin
	return (select to_json(v) from api.vehicle_view v where v.id = p_id);
end $$;

-- Published to supervisors.
create or replace function api.vehicle_events(p_vehicle app.vehicles, p_type text)
returns jsonb language sql stable
as $$ select live.events_on(array['duty'], p_type, jsonb_build_object('id', p_vehicle.id, 'name', p_vehicle.name,
	'status', p_vehicle.status, 'location_id', p_vehicle.location_id, 'archived_at', p_vehicle.archived_at,
	'revision', p_vehicle.revision)) $$;

-- Next year's models are sold this year.
create or replace function api.is_valid_model_year(p_year integer)
returns boolean language sql stable
as $$ select p_year <= 1 + extract(year from now() at time zone current_setting('binnacle.timezone')) $$;

create or replace function api.create_vehicle(p_id uuid, p_body jsonb)
returns api.result language plpgsql as $$
declare
	new app.vehicles;
begin
	p_body := api.trim_member(p_body, 'vin');
	if not api.is_valid_model_year((p_body ->> 'year')::integer) then
		return api.refuse_input('VALIDATION_FAILED', '`year` must not be later than next year.',
			api.fault('pointer', '/year', 'out_of_range', 'must not be later than next year'));
	end if;
	insert into app.vehicles (id, name, make, model, year, vin, license_plate, mileage, mileage_updated_at,
		status, location_id, notes)
	values (p_id, p_body ->> 'name', p_body ->> 'make', p_body ->> 'model', (p_body ->> 'year')::integer,
		p_body ->> 'vin', p_body ->> 'license_plate', coalesce((p_body ->> 'mileage')::integer, 0),
		case when p_body ? 'mileage' then now() end,
		coalesce((p_body ->> 'status')::app.fleet_status, 'WORKING'), (p_body ->> 'location_id')::uuid,
		p_body ->> 'notes')
	returning * into new;
	return api.created(new.revision, '/vehicles/' || new.id, api.vehicle_json(new.id),
		live.emit(api.vehicle_events(new, 'vehicle.created')));
end $$;

-- Locks a vehicle; otherwise returns the refusal.
create or replace function api.lock_vehicle(p_id uuid, p_if_match bigint[],
	out target app.vehicles, out refusal api.result) language plpgsql as $$
begin
	select * into target from app.vehicles v where v.id = p_id and v.archived_at is null for update;
	refusal := api.check_row(found, 'vehicle', p_if_match, target.revision);
end $$;

create or replace function api.update_vehicle(p_id uuid, p_if_match bigint[], p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
	old app.vehicles;
	target app.vehicles;
begin
	p_body := api.trim_member(p_body, 'vin');
	locked := api.lock_vehicle(p_id, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	old := locked.target;
	target := jsonb_populate_record(old, p_body);
	if target is not distinct from old then
		return api.ok(old.revision, api.vehicle_json(p_id));
	elsif not api.is_valid_model_year(target.year) then
		return api.refuse_input('VALIDATION_FAILED', '`year` must not be later than next year.',
			api.fault('pointer', '/year', 'out_of_range', 'must not be later than next year'));
	elsif not api.status_change_allowed(old.status, target.status) then
		return api.refuse('TRANSITION_NOT_ALLOWED', null);
	end if;
	update app.vehicles v set name = target.name, make = target.make, model = target.model,
		year = target.year, vin = target.vin,
		license_plate = target.license_plate, mileage = target.mileage,
		mileage_updated_at = case when target.mileage = old.mileage then old.mileage_updated_at else now() end,
		status = target.status, location_id = target.location_id, notes = target.notes
	where v.id = p_id
	returning * into target;
	return api.ok(target.revision, api.vehicle_json(p_id), live.emit(api.vehicle_events(target, 'vehicle.updated')));
end $$;

-- Refused while the vehicle is checked out.
create or replace function api.archive_vehicle(p_id uuid, p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	locked record;
	archived app.vehicles;
begin
	locked := api.lock_vehicle(p_id, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	elsif exists (select from app.equipment_checkouts c
		where c.vehicle_id = p_id and c.checkin_time is null) then
		return api.refuse('EQUIPMENT_CHECKED_OUT', null);
	end if;
	update app.vehicles v set archived_at = now() where v.id = p_id returning * into archived;
	return api.no_content(live.emit(api.vehicle_events(archived, 'vehicle.archived')));
end $$;
