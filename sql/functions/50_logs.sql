-- The logbook: what is shown of a log, and its rules.

-- Each view has the columns one asks by, and `body`, what is shown. What it shows
-- of others is fetched row by row, not joined: for one log, and for a page of
-- them, that costs a third less, and it is written without blanks.

-- A log in a list: where, and by whom, in brief.
create or replace view api.log_item as
select l.id, l.location_id, l.created_at, l.archived_at, to_json(shown) as body
from app.logs l
cross join lateral (
	select l.id, l.type, l.title, l.description, l.status, l.location_id, l.user_id, l.severity,
		l.incident_time, l.people_involved, l.witnesses, l.actions_taken, l.follow_up_required,
		l.follow_up_notes, l.weather_conditions, l.photo_urls, l.video_urls, l.reviewed_by,
		l.reviewed_at, l.review_notes, l.archived_at, l.created_at, l.updated_at,
		(select to_json(b) from (select p.id, p.name from app.locations p
			where p.id = l.location_id) b) as location,
		(select to_json(b) from (select u.id, u.first_name, u.last_name from app.users u
			where u.id = l.user_id) b) as author
) shown;

-- The items of these logs, in this order. (A function, so that a list is planned
-- without them: what its filters let through is planned anew each time, how an item
-- is made once for a connection. Together that halves the cost of a list.)
create or replace function api.log_items(ids uuid[])
returns json language plpgsql stable as $$
begin
	return (
		select coalesce(json_agg(v.body order by i.n), '[]')
		from unnest(ids) with ordinality i (id, n)
		cross join lateral (select v.body from api.log_item v where v.id = i.id limit 1) v
	);
end $$;

-- A log by itself: with the whole place, and with its reviewer.
create or replace view api.log_view as
select l.id, l.revision, to_json(shown) as body
from app.logs l
cross join lateral (
	select l.id, l.type, l.title, l.description, l.status, l.location_id, l.user_id, l.severity,
		l.incident_time, l.people_involved, l.witnesses, l.actions_taken, l.follow_up_required,
		l.follow_up_notes, l.weather_conditions, l.photo_urls, l.video_urls, l.reviewed_by,
		l.reviewed_at, l.review_notes, l.archived_at, l.created_at, l.updated_at,
		(select to_json(b) from (select p.id, p.name, p.description, p.address, p.is_active
			from app.locations p where p.id = l.location_id) b) as location,
		(select to_json(b) from (select u.id, u.first_name, u.last_name, u.email from app.users u
			where u.id = l.user_id) b) as author,
		(select to_json(b) from (select u.id, u.first_name, u.last_name from app.users u
			where u.id = l.reviewed_by) b) as reviewer
) shown;

-- (PL/pgSQL keeps its plan; a function in SQL would be planned in each transaction.)
create or replace function api.log_json(p_id uuid)
returns json language plpgsql stable as $$
begin
	return (select v.body from api.log_view v where v.id = p_id);
end $$;

-- Told to those who watch the place, to those who watch the log, and, when it moved,
-- to those who watch the place where it was.
create or replace function api.tell_of_log(p_log app.logs, p_type text, p_was_at uuid default null)
returns jsonb language plpgsql as $$
declare
	data jsonb := jsonb_build_object('id', p_log.id, 'type', p_log.type, 'title', p_log.title,
		'status', p_log.status, 'severity', p_log.severity, 'location_id', p_log.location_id,
		'user_id', p_log.user_id, 'created_at', p_log.created_at, 'revision', p_log.revision);
begin
	return live.emit((
		select jsonb_agg(jsonb_build_object('channel', channel, 'type', p_type, 'data', data))
		from unnest(array['location:' || p_log.location_id, 'log:' || p_log.id,
			'location:' || nullif(p_was_at, p_log.location_id)]) channel
		where channel is not null));
end $$;

create or replace function api.create_log(p_id uuid, p_caller uuid, p_body jsonb)
returns api.answer language plpgsql as $$
declare
	new app.logs;
	body json;
begin
	insert into app.logs (id, type, title, description, status, location_id, user_id, severity,
		incident_time, people_involved, witnesses, actions_taken, follow_up_required, follow_up_notes,
		weather_conditions, photo_urls, video_urls)
	values (p_id, (p_body ->> 'type')::app.log_type, p_body ->> 'title', p_body ->> 'description',
		coalesce((p_body ->> 'status')::app.record_status, 'LIVE'), (p_body ->> 'location_id')::uuid,
		p_caller, (p_body ->> 'severity')::app.severity,
		coalesce((p_body ->> 'incident_time')::timestamptz,
			case when p_body ->> 'type' = 'INCIDENT' then now() end),
		p_body ->> 'people_involved', p_body ->> 'witnesses', p_body ->> 'actions_taken',
		coalesce((p_body ->> 'follow_up_required')::boolean, false), p_body ->> 'follow_up_notes',
		p_body ->> 'weather_conditions', api.texts(p_body -> 'photo_urls'),
		api.texts(p_body -> 'video_urls'))
	returning * into new;
	body := api.log_json(new.id);
	return row(null, null, null, new.revision, '/api/v1/logs/' || new.id, null, body,
		api.tell_of_log(new, 'log.created'))::api.answer;
end $$;

-- The log, locked, if the caller may change it; otherwise the refusal.
create or replace function api.take_log(p_id uuid, p_caller uuid, p_may_others boolean, p_if_match bigint[],
	out it app.logs, out refusal api.answer) language plpgsql as $$
begin
	select * into it from app.logs l where l.id = p_id for update;
	if not found then
		refusal := api.refuse('NOT_FOUND', 'There is no log with this id.');
	elsif not p_may_others and it.user_id <> p_caller then
		refusal := api.refuse('FORBIDDEN', 'Only its author or a supervisor may change a log.');
	elsif it.archived_at is not null then
		refusal := api.refuse('LOG_ARCHIVED', null);
	elsif not api.matches(p_if_match, it.revision) then
		refusal := api.refuse('PRECONDITION_FAILED', null);
	end if;
end $$;

create or replace function api.edit_log(p_id uuid, p_caller uuid, p_may_others boolean, p_if_match bigint[],
	p_body jsonb)
returns api.answer language plpgsql as $$
declare
	claim record;
	old app.logs;
	it app.logs;
	body json;
begin
	claim := api.take_log(p_id, p_caller, p_may_others, p_if_match);
	if (claim.refusal).code is not null then
		return claim.refusal;
	end if;
	old := claim.it;
	it := jsonb_populate_record(old, p_body - 'status');
	if it is not distinct from old then
		return row(null, null, null, old.revision, null, null, api.log_json(p_id), null)::api.answer;
	end if;
	update app.logs l set type = it.type, title = it.title, description = it.description,
		location_id = it.location_id, severity = it.severity, incident_time = it.incident_time,
		people_involved = it.people_involved, witnesses = it.witnesses,
		actions_taken = it.actions_taken,
		follow_up_required = coalesce(it.follow_up_required, false),
		follow_up_notes = it.follow_up_notes, weather_conditions = it.weather_conditions,
		photo_urls = coalesce(it.photo_urls, '{}'), video_urls = coalesce(it.video_urls, '{}'),
		status = 'UPDATED'
	where l.id = p_id
	returning * into it;

	insert into app.log_edits (log_id, edited_by, field_changed, old_value, new_value, revision)
	select p_id, p_caller, o.key, o.value, n.value, old.revision
	from jsonb_each(to_jsonb(old)) o
	join jsonb_each(to_jsonb(it)) n on n.key = o.key
	where o.value <> n.value and o.key not in ('updated_at', 'revision');

	body := api.log_json(p_id);
	return row(null, null, null, it.revision, null, null, body,
		api.tell_of_log(it, 'log.updated', old.location_id))::api.answer;
end $$;

create or replace function api.shelve_log(p_id uuid, p_caller uuid, p_may_others boolean, p_if_match bigint[])
returns api.answer language plpgsql as $$
declare
	claim record;
	it app.logs;
begin
	claim := api.take_log(p_id, p_caller, p_may_others, p_if_match);
	if (claim.refusal).code is not null then
		return claim.refusal;
	end if;
	update app.logs l set status = 'ARCHIVED', archived_at = now() where l.id = p_id returning * into it;
	insert into app.log_edits (log_id, edited_by, field_changed, old_value, new_value, revision)
	values (p_id, p_caller, 'status', to_jsonb((claim.it).status), '"ARCHIVED"', (claim.it).revision),
		(p_id, p_caller, 'archived_at', null, to_jsonb(it.archived_at), (claim.it).revision);
	return row(204, null, null, null, null, null, null, api.tell_of_log(it, 'log.archived'))::api.answer;
end $$;

-- For good, with its history; archived logs included.
create or replace function api.erase_log(p_id uuid, p_if_match bigint[])
returns api.answer language plpgsql as $$
declare
	it app.logs;
begin
	select * into it from app.logs l where l.id = p_id for update;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no log with this id.');
	end if;
	if not api.matches(p_if_match, it.revision) then
		return api.refuse('PRECONDITION_FAILED', null);
	end if;
	delete from app.logs l where l.id = p_id;
	return row(204, null, null, null, null, null, null, api.tell_of_log(it, 'log.removed'))::api.answer;
end $$;
