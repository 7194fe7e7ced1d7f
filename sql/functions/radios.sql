-- Radios and their rules.
-- after: common, events

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

-- Published to supervisors.
create or replace function api.radio_events(p_radio app.radios, p_type text)
returns jsonb language sql stable
as $$ select live.events_on(array['duty'], p_type, jsonb_build_object('id', p_radio.id, 'name', p_radio.name,
	'status', p_radio.status, 'location_id', p_radio.location_id, 'archived_at', p_radio.archived_at,
	'revision', p_radio.revision)) $$;

create or replace function api.create_radio(p_id uuid, p_body jsonb)
returns api.result language plpgsql as $$
declare
	new app.radios;
begin
	p_body := api.trim_member(p_body, 'serial_number');
	insert into app.radios (id, name, serial_number, model, channel, status, location_id, notes)
	values (p_id, p_body ->> 'name', p_body ->> 'serial_number', p_body ->> 'model', p_body ->> 'channel',
		coalesce((p_body ->> 'status')::app.fleet_status, 'WORKING'), (p_body ->> 'location_id')::uuid,
		p_body ->> 'notes')
	returning * into new;
	return api.created(new.revision, '/radios/' || new.id, api.radio_json(new.id),
		live.emit(api.radio_events(new, 'radio.created')));
end $$;

-- Locks a radio; otherwise returns the refusal.
create or replace function api.lock_radio(p_id uuid, p_if_match bigint[],
	out target app.radios, out refusal api.result) language plpgsql as $$
begin
	select * into target from app.radios r where r.id = p_id and r.archived_at is null for update;
	refusal := api.check_row(found, 'radio', p_if_match, target.revision);
end $$;

create or replace function api.update_radio(p_id uuid, p_if_match bigint[], p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
	old app.radios;
	target app.radios;
begin
	p_body := api.trim_member(p_body, 'serial_number');
	locked := api.lock_radio(p_id, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	old := locked.target;
	target := jsonb_populate_record(old, p_body);
	if target is not distinct from old then
		return api.ok(old.revision, api.radio_json(p_id));
	elsif not api.status_change_allowed(old.status, target.status) then
		return api.refuse('TRANSITION_NOT_ALLOWED', null);
	end if;
	update app.radios r set name = target.name, serial_number = target.serial_number, model = target.model,
		channel = target.channel, status = target.status, location_id = target.location_id, notes = target.notes
	where r.id = p_id
	returning * into target;
	return api.ok(target.revision, api.radio_json(p_id), live.emit(api.radio_events(target, 'radio.updated')));
end $$;

create or replace function api.archive_radio(p_id uuid, p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	locked record;
	archived app.radios;
begin
	locked := api.lock_radio(p_id, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	elsif exists (select from app.equipment_checkouts c where c.radio_id = p_id and c.checkin_time is null) then
		return api.refuse('EQUIPMENT_CHECKED_OUT', null);
	end if;
	update app.radios r set archived_at = now() where r.id = p_id returning * into archived;
	return api.no_content(live.emit(api.radio_events(archived, 'radio.archived')));
end $$;
