-- Locations: their representations and rules.
-- after: common

-- Users see where a location is; administrators also see its configuration.
create or replace view api.location_summary as
select l.id, l.name, l.description, l.address, l.is_active from app.locations l;

create or replace view api.location_view as
select l.id, l.name, l.description, l.address, l.is_active, l.max_capacity, l.created_at, l.updated_at
from app.locations l;

create or replace function api.location_json(p_id uuid)
returns json language plpgsql stable as $$
begin
	return (select to_json(v) from api.location_view v where v.id = p_id);
end $$;

create or replace function api.emit_location(p_location app.locations, p_type text)
returns jsonb language sql
as $$ select live.emit_to('location:' || p_location.id, p_type, jsonb_build_object('id', p_location.id, 'name', p_location.name,
	'is_active', p_location.is_active, 'revision', p_location.revision)) $$;

create or replace function api.create_location(p_id uuid, p_body jsonb)
returns api.result language plpgsql as $$
declare
	new app.locations;
begin
	p_body := api.trim_member(p_body, 'name');
	insert into app.locations (id, name, description, address, is_active, max_capacity)
	values (p_id, p_body ->> 'name', p_body ->> 'description', p_body ->> 'address',
		coalesce((p_body ->> 'is_active')::boolean, true), (p_body ->> 'max_capacity')::integer)
	returning * into new;
	return api.created(new.revision, '/locations/' || new.id, api.location_json(new.id),
		api.emit_location(new, 'location.created'));
end $$;

create or replace function api.update_location(p_id uuid, p_if_match bigint[], p_body jsonb)
returns api.result language plpgsql as $$
declare
	old app.locations;
	target app.locations;
begin
	p_body := api.trim_member(p_body, 'name');
	select * into old from app.locations l where l.id = p_id for update;
	if not found then
		return api.refuse('LOCATION_NOT_FOUND', null);
	end if;
	if not api.if_match(p_if_match, old.revision) then
		return api.refuse('PRECONDITION_FAILED', null);
	end if;
	target := jsonb_populate_record(old, p_body);
	if target is not distinct from old then
		return api.ok(old.revision, api.location_json(p_id));
	end if;
	update app.locations l set name = target.name, description = target.description, address = target.address,
		is_active = target.is_active, max_capacity = target.max_capacity
	where l.id = p_id
	returning * into target;
	return api.ok(target.revision, api.location_json(p_id),
		api.emit_location(target, 'location.updated'));
end $$;

-- Without `is_active`, the current value is inverted.
create or replace function api.toggle_location(p_id uuid, p_if_match bigint[], p_body jsonb)
returns api.result language sql
as $$ select api.update_location(p_id, p_if_match, jsonb_build_object('is_active', coalesce(
	(p_body ->> 'is_active')::boolean,
	(select not l.is_active from app.locations l where l.id = p_id for update)))) $$;
