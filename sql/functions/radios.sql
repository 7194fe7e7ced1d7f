-- Radios and their rules.
-- after: common

create or replace view api.radio_view as
select r.id, r.name, r.serial_number, r.model, r.channel, r.status, r.location_id, r.notes, r.created_at,
	r.updated_at,
	(select to_json(b) from (select p.id, p.name from app.locations p where p.id = r.location_id) b) as location
from app.radios r
where r.archived_at is null;

create or replace function api.radio_json(p_id uuid)
returns json language plpgsql stable as $$
begin
	return (select to_json(v) from api.radio_view v where v.id = p_id);
end $$;

create or replace function api.create_radio(p_id uuid, p_body jsonb)
returns api.answer language plpgsql as $$
declare
	new app.radios;
begin
	insert into app.radios (id, name, serial_number, model, channel, status, location_id, notes)
	values (p_id, p_body ->> 'name', p_body ->> 'serial_number', p_body ->> 'model', p_body ->> 'channel',
		coalesce((p_body ->> 'status')::app.fleet_status, 'WORKING'), (p_body ->> 'location_id')::uuid,
		p_body ->> 'notes')
	returning * into new;
	return row(null, null, null, new.revision, '/api/v1/radios/' || new.id, null,
		api.radio_json(new.id), null)::api.answer;
end $$;

create or replace function api.change_radio(p_id uuid, p_if_match bigint[], p_body jsonb)
returns api.answer language plpgsql as $$
declare
	old app.radios;
	it app.radios;
begin
	select * into old from app.radios r where r.id = p_id and r.archived_at is null for update;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no radio with this id.');
	elsif not api.matches(p_if_match, old.revision) then
		return api.refuse('PRECONDITION_FAILED', null);
	end if;
	it := jsonb_populate_record(old, p_body);
	if it is not distinct from old then
		return row(null, null, null, old.revision, null, null, api.radio_json(p_id), null)::api.answer;
	elsif not api.may_become(old.status, it.status) then
		return api.refuse('TRANSITION_NOT_ALLOWED', null);
	end if;
	update app.radios r set name = it.name, serial_number = it.serial_number, model = it.model,
		channel = it.channel, status = it.status, location_id = it.location_id, notes = it.notes
	where r.id = p_id
	returning * into it;
	return row(null, null, null, it.revision, null, null, api.radio_json(p_id), null)::api.answer;
end $$;

create or replace function api.archive_radio(p_id uuid, p_if_match bigint[])
returns api.answer language plpgsql as $$
declare
	it app.radios;
begin
	select * into it from app.radios r where r.id = p_id and r.archived_at is null for update;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no radio with this id.');
	elsif not api.matches(p_if_match, it.revision) then
		return api.refuse('PRECONDITION_FAILED', null);
	elsif exists (select from app.equipment_checkouts c where c.radio_id = p_id and c.checkin_time is null) then
		return api.refuse('EQUIPMENT_CHECKED_OUT', null);
	end if;
	update app.radios r set archived_at = now() where r.id = p_id;
	return row(204, null, null, null, null, null, null, null)::api.answer;
end $$;
