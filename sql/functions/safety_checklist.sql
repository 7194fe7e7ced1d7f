-- The safety checklist: its items, the checks of a session, and the log of a response.
-- after: common, events

create or replace view api.checklist_item_view as
select i.id, i.name, i.description, i."order", i.is_active, i.created_at, i.updated_at
from app.checklist_items i;

create or replace function api.checklist_item_json(p_id uuid)
returns json language plpgsql stable as $$
begin
	return (select to_json(v) from api.checklist_item_view v where v.id = p_id);
end $$;

-- Published to all members: guards fill in the checklist. One event for each item.
create or replace function api.checklist_item_events(p_ids uuid[], p_type text)
returns jsonb language plpgsql stable as $$
begin
	return (select coalesce(jsonb_agg(jsonb_build_object('channel', 'org', 'type', p_type, 'data',
		jsonb_build_object('id', i.id, 'name', i.name, 'order', i."order", 'is_active', i.is_active,
		'revision', i.revision)) order by i."order", i.id), '[]')
		from app.checklist_items i where i.id = any (p_ids));
end $$;

-- The latest checks of a session.
create or replace function api.latest_checks(p_session uuid)
returns table (item_id uuid, checked boolean, notes text) language sql stable
as $$ select c.item_id, c.checked, c.notes from app.checklist_checks c where c.response_id = (
	select r.id from app.checklist_responses r where r.duty_session_id = p_session
	order by r.created_at desc, r.id desc limit 1) $$;

-- The active items; with a session, also its checks so far.
create or replace function api.read_checklist(p_session uuid, p_caller uuid, p_may_access_others boolean,
	p_limit integer, p_skip integer)
returns api.result language plpgsql stable as $$
declare
	owner uuid;
	body json;
begin
	if p_session is null then
		body := (select coalesce(json_agg(to_json(s) order by s."order", s.name, s.id), '[]') from (
			select i.id, i.name, i.description, i."order" from app.checklist_items i
			where i.is_active order by i."order", i.name, i.id limit p_limit offset p_skip) s);
		return api.ok(null, body);
	end if;
	select d.user_id into owner from app.duty_sessions d where d.id = p_session;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no duty session with this id.');
	elsif not p_may_access_others and owner <> p_caller then
		return api.refuse('FORBIDDEN', 'Only a supervisor can see other users'' checklists.');
	end if;
	body := (select coalesce(json_agg(to_json(s) order by s."order", s.name, s.id), '[]') from (
		select i.id, i.name, i.description, i."order", coalesce(f.checked, false) as checked, f.notes
		from app.checklist_items i
		left join api.latest_checks(p_session) f on f.item_id = i.id
		where i.is_active order by i."order", i.name, i.id limit p_limit offset p_skip) s);
	return api.ok(null, body);
end $$;

-- The position of the last item, for items created without one.
create or replace function api.last_checklist_order()
returns integer language sql stable
as $$ select coalesce(max(i."order"), 0) from app.checklist_items i $$;

create or replace function api.create_checklist_item(p_id uuid, p_body jsonb)
returns api.result language plpgsql as $$
declare
	new app.checklist_items;
begin
	p_body := api.trim_member(p_body, 'name');
	insert into app.checklist_items (id, name, description, "order", is_active)
	values (p_id, p_body ->> 'name', p_body ->> 'description',
		coalesce((p_body ->> 'order')::integer, least(api.last_checklist_order() + 1, 100000)),
		coalesce((p_body ->> 'is_active')::boolean, true))
	returning * into new;
	return api.created(new.revision, '/safety-checklist/items/' || new.id,
		api.checklist_item_json(new.id),
		live.emit(api.checklist_item_events(array[new.id], 'checklist_item.created')));
end $$;

-- Creates the items whose names do not exist yet; of two items with the same name, the first.
create or replace function api.create_checklist_items(p_body jsonb)
returns api.result language plpgsql as $$
declare
	last_order integer := api.last_checklist_order();
	created text[];
	ids uuid[];
	skipped text[];
begin
	with given as (
		select btrim(e ->> 'name') as name, e ->> 'description' as description, (e ->> 'order')::integer as item_order, n
		from jsonb_array_elements(p_body -> 'items') with ordinality t (e, n)
	), inserted as (
		insert into app.checklist_items (name, description, "order")
		select g.name, g.description, coalesce(g.item_order, least(last_order + g.n,
			100000)) from given g order by g.n
		on conflict (lower(name)) do nothing
		returning id, name
	)
	select array_agg(m.name), array_agg(m.id) into created, ids from inserted m;
	if created is null then
		return api.refuse('ITEM_NAME_TAKEN', 'All of these items exist already.');
	end if;
	select array_agg(s.name order by s.n) into skipped from (
		select btrim(e ->> 'name') as name, n,
			row_number() over (partition by btrim(e ->> 'name') order by n) as nth
		from jsonb_array_elements(p_body -> 'items') with ordinality t (e, n)) s
	where s.nth > 1 or s.name <> all (created);
	return api.created(null, '/safety-checklist/items?id=' || array_to_string(ids, ','),
		json_build_object('created', cardinality(created), 'skipped', coalesce(skipped, '{}')),
		live.emit(api.checklist_item_events(ids, 'checklist_item.created')));
end $$;

-- A refusal that lists the repeated items of a request; null if no item is repeated.
create or replace function api.check_items_once(p_ids uuid[], p_member text)
returns api.result language plpgsql immutable as $$
declare
	faults json[] := array(
		select api.fault('pointer', '/items/' || t.n - 1 || '/' || p_member, 'duplicate', 'must not be repeated')
		from (
			select i.n, row_number() over (partition by i.id order by i.n) as nth
			from unnest(p_ids) with ordinality i (id, n)
		) t
		where t.nth > 1 order by t.n);
begin
	return case when cardinality(faults) > 0 then
		api.refuse_input('VALIDATION_FAILED', '`items` contains an item twice.', variadic faults) end;
end $$;

create or replace function api.reorder_checklist_items(p_body jsonb)
returns api.result language plpgsql as $$
declare
	ids uuid[] := array(select (e ->> 'id')::uuid from jsonb_array_elements(p_body -> 'items') e);
	found_ids uuid[];
	moved_ids uuid[];
	refusal api.result;
begin
	refusal := api.check_items_once(ids, 'id');
	if refusal.code is not null then
		return refusal;
	end if;
	-- Locked in order of id, so that concurrent requests cannot deadlock; no key update, so
	-- that checks of these items are not blocked.
	found_ids := array(select i.id from app.checklist_items i where i.id = any (ids) order by i.id
		for no key update);
	if cardinality(found_ids) < cardinality(ids) then
		return api.refuse('NOT_FOUND', 'At least one of these items does not exist.');
	end if;
	with moved as (
		update app.checklist_items i set "order" = (e ->> 'order')::integer
		from jsonb_array_elements(p_body -> 'items') e
		where i.id = (e ->> 'id')::uuid and i."order" <> (e ->> 'order')::integer
		returning i.id
	)
	select array_agg(m.id) into moved_ids from moved m;
	return api.ok(null,
		(select coalesce(json_agg(to_json(s) order by s."order", s.name, s.id), '[]') from (
			select v.* from api.checklist_item_view v where v.id = any (ids)) s),
		case when moved_ids is not null
			then live.emit(api.checklist_item_events(moved_ids, 'checklist_item.updated')) end);
end $$;

-- Locks an item; otherwise returns the refusal.
create or replace function api.lock_checklist_item(p_id uuid, p_if_match bigint[],
	out target app.checklist_items, out refusal api.result) language plpgsql as $$
begin
	select * into target from app.checklist_items i where i.id = p_id for update;
	refusal := api.check_row(found, 'item', p_if_match, target.revision);
end $$;

create or replace function api.edit_checklist_item_fields(p_id uuid, p_if_match bigint[], p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
	target app.checklist_items;
begin
	p_body := api.trim_member(p_body, 'name');
	locked := api.lock_checklist_item(p_id, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	target := jsonb_populate_record(locked.target, p_body);
	if target is distinct from locked.target then
		update app.checklist_items i set name = target.name, description = target.description,
			"order" = target."order",
			is_active = target.is_active
		where i.id = p_id
		returning * into target;
		return api.ok(target.revision, api.checklist_item_json(p_id),
			live.emit(api.checklist_item_events(array[p_id], 'checklist_item.updated')));
	end if;
	return api.ok(target.revision, api.checklist_item_json(p_id));
end $$;

-- Checks one item of the session's open response; the first check creates the response.
create or replace function api.check_item(p_id uuid, p_caller uuid, p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
	item app.checklist_items;
	response uuid;
begin
	select * into item from app.checklist_items i where i.id = p_id and i.is_active;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no item with this id.');
	end if;
	locked := api.lock_session((p_body ->> 'duty_session_id')::uuid, p_caller, null);
	if (locked.refusal).code is not null then
		return locked.refusal;
	elsif (locked.target).clock_out_time is not null then
		return api.refuse('NOT_ON_DUTY', 'This duty session has ended.');
	end if;
	select r.id into response from app.checklist_responses r
	where r.duty_session_id = (locked.target).id and r.completed_at is null;
	if not found then
		insert into app.checklist_responses (duty_session_id, user_id, location_id)
		values ((locked.target).id, p_caller, (locked.target).location_id)
		returning id into response;
	end if;
	insert into app.checklist_checks as c (response_id, item_id, checked, notes)
	values (response, p_id, (p_body ->> 'checked')::boolean, p_body ->> 'notes')
	on conflict (response_id, item_id) do update set checked = excluded.checked,
		notes = case when p_body ? 'notes' then excluded.notes else c.notes end;
	return (select api.ok(item.revision, api.with_transient(api.checklist_item_json(p_id),
		jsonb_build_object('checked', c.checked, 'notes', c.notes)))
		from app.checklist_checks c where c.response_id = response and c.item_id = p_id);
end $$;

-- One path for two operations: administrators edit the item; users on duty record a check, with
-- their session.
create or replace function api.update_checklist_item(p_id uuid, p_caller uuid, p_role app.role,
	p_if_match bigint[], p_body jsonb)
returns api.result language plpgsql as $$
declare
	is_check boolean := p_body ?| array['duty_session_id', 'checked', 'notes'];
	faults json[] := array(
		select api.fault('pointer', '/' || f.name, 'conflict', 'cannot be combined with a check')
		from unnest(array['name', 'description', 'order', 'is_active']) with ordinality f (name, n)
		where p_body ? f.name order by f.n)
		|| array(
		select api.fault('pointer', '/' || f.name, 'required', 'is required for a check')
		from unnest(array['duty_session_id', 'checked']) with ordinality f (name, n)
		where not p_body ? f.name order by f.n);
begin
	if is_check and cardinality(faults) > 0 then
		return api.refuse_input('VALIDATION_FAILED',
			'`duty_session_id` and `checked` must be given together, with no other field but `notes`.', variadic faults);
	elsif is_check then
		return api.check_item(p_id, p_caller, p_body);
	elsif p_role < 'ADMIN' then
		return api.refuse('FORBIDDEN', 'Only an administrator can change the checklist.');
	end if;
	return api.edit_checklist_item_fields(p_id, p_if_match, p_body);
end $$;

-- Deactivates an item; its checks are kept.
create or replace function api.deactivate_checklist_item(p_id uuid, p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	locked record;
begin
	locked := api.lock_checklist_item(p_id, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	if not (locked.target).is_active then
		return api.no_content();
	end if;
	update app.checklist_items i set is_active = false where i.id = p_id;
	return api.no_content(live.emit(api.checklist_item_events(array[p_id], 'checklist_item.updated')));
end $$;

create or replace function api.checklist_events(p_response app.checklist_responses, p_type text)
returns jsonb language plpgsql immutable as $$
declare
	data jsonb := jsonb_build_object('id', p_response.id, 'duty_session_id', p_response.duty_session_id,
		'user_id', p_response.user_id, 'location_id', p_response.location_id, 'log_id', p_response.log_id,
		'completed_at', p_response.completed_at, 'revision', p_response.revision);
begin
	return live.events_on(array['duty', 'location:' || p_response.location_id, 'user:' || p_response.user_id],
		p_type, data);
end $$;

-- The text of the log: how many items were checked, and each item with its notes. Items that were checked
-- one by one before are part of it.
create or replace function api.checklist_log_text(p_response uuid, p_items jsonb)
returns text language sql stable
as $$ select left(count(*) filter (where c.checked) || ' of ' || count(*) || ' checked.' || E'\n'
	|| string_agg(E'\n' || case when c.checked then '[x] ' else '[ ] ' end || i.name
		|| coalesce(': ' || c.notes, ''), '' order by i."order", i.name, i.id), 20000)
from (
	select e.item_id, e.checked, e.notes from jsonb_to_recordset(p_items) e (item_id uuid, checked boolean, notes text)
	union all
	select k.item_id, k.checked, k.notes from app.checklist_checks k
	where k.response_id = p_response
	and not exists (select from jsonb_array_elements(p_items) e where (e ->> 'item_id')::uuid = k.item_id)
) c
join app.checklist_items i on i.id = c.item_id $$;

-- Stores the response, its checks, and the log in one transaction.
create or replace function api.submit_checklist(p_caller uuid, p_body jsonb)
returns api.result language plpgsql as $$
declare
	location uuid := p_body ->> 'location_id';
	ids uuid[] := array(select (e ->> 'item_id')::uuid from jsonb_array_elements(p_body -> 'items') e);
	locked record;
	target app.checklist_responses;
	log app.logs;
	refusal api.result;
begin
	refusal := api.check_items_once(ids, 'item_id');
	if refusal.code is not null then
		return refusal;
	end if;
	-- The log refers to the session's shift: lock the shift before the session, as deletion of
	-- a shift does.
	perform from app.shifts s where s.id = (
		select d.shift_id from app.duty_sessions d where d.id = (p_body ->> 'duty_session_id')::uuid) for key share;
	locked := api.lock_session((p_body ->> 'duty_session_id')::uuid, p_caller, null);
	if (locked.refusal).code is not null then
		return locked.refusal;
	elsif not exists (select from app.locations l where l.id = location) then
		return api.refuse('LOCATION_NOT_FOUND', null);
	elsif (select count(*) from app.checklist_items i where i.id = any (ids)) < cardinality(ids) then
		return api.refuse('NOT_FOUND', 'At least one of these items does not exist.');
	elsif (locked.target).clock_out_time is not null then
		return api.refuse('NOT_ON_DUTY', 'This duty session has ended.');
	end if;
	refusal := api.check_active(location);
	if refusal.code is not null then
		return refusal;
	elsif (locked.target).location_id <> location
			and (select u.role < 'SUPERVISOR' from app.users u where u.id = p_caller) then
		return api.refuse('LOCATION_MISMATCH', null);	-- as for other logs
	end if;

	-- The log comes first, so that the response is written once.
	select * into target from app.checklist_responses r
	where r.duty_session_id = (locked.target).id and r.completed_at is null;
	insert into app.logs (type, title, description, location_id, shift_id, user_id)
	values ('ON_DUTY_CHECKLIST', 'On-duty safety checklist', api.checklist_log_text(target.id, p_body -> 'items'),
		location, (locked.target).shift_id, p_caller)
	returning * into log;
	if target.id is null then
		insert into app.checklist_responses (duty_session_id, user_id, location_id, log_id, completed_at)
		values ((locked.target).id, p_caller, location, log.id, now())
		returning * into target;
	else
		update app.checklist_responses r set location_id = location, log_id = log.id, completed_at = now()
		where r.id = target.id
		returning * into target;
	end if;
	insert into app.checklist_checks (response_id, item_id, checked, notes)
	select target.id, (e ->> 'item_id')::uuid, (e ->> 'checked')::boolean, e ->> 'notes'
	from jsonb_array_elements(p_body -> 'items') e
	on conflict (response_id, item_id) do update set checked = excluded.checked, notes = excluded.notes;
	return api.created(null, '/logs/' || log.id,
		json_build_object('response_id', target.id, 'log_id', log.id),
		live.emit(api.log_events(log, 'log.created')
			|| api.checklist_events(target, 'checklist.completed')));
end $$;
