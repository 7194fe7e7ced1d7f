-- A user's own notes: private until published.
-- after: common

-- A note, as its owner sees it.
create or replace view api.note_view as
select n.id, n.owner_id, n.revision, to_json(shown) as body
from app.notes n
cross join lateral (
	select n.id, n.title, n.content, n.is_public, n.published_at, n.hidden_at, n.hidden_reason,
		n.created_at, n.updated_at
) shown;

create or replace function api.note_items(p_ids uuid[])
returns json language plpgsql stable as $$
begin
	return (
		select coalesce(json_agg(v.body order by i.n), '[]')
		from unnest(p_ids) with ordinality i (id, n)
		cross join lateral (select w.body from api.note_view w where w.id = i.id limit 1) v
	);
end $$;

-- The changes of a note, as its owner sees them: without the name of who hid it.
create or replace function api.note_history(p_id uuid, p_owner uuid, p_limit integer, p_skip integer)
returns json language plpgsql stable as $$
begin
	return (
		select coalesce(json_agg(case when e.entry -> 'actor' ->> 'id' = p_owner::text then e.entry
			else e.entry || '{"actor": null}' #- '{before,hidden_by}' #- '{after,hidden_by}' end order by e.n), '[]')
		from jsonb_array_elements(api.history('note', p_id, p_limit, p_skip)::jsonb) with ordinality e (entry, n)
	);
end $$;

create or replace function api.note_json(p_id uuid)
returns json language plpgsql stable as $$
begin
	return (select v.body from api.note_view v where v.id = p_id);
end $$;

-- Published to the note and to its owner. The events carry no content, because a channel's history
-- remains readable after the note has become private.
create or replace function api.note_events(p_note app.notes, p_type text)
returns jsonb language plpgsql immutable as $$
declare
	data jsonb := jsonb_build_object('id', p_note.id, 'owner_id', p_note.owner_id,
		'is_public', p_note.is_public, 'published_at', p_note.published_at, 'created_at', p_note.created_at,
		'updated_at', p_note.updated_at, 'revision', p_note.revision);
begin
	return live.events_on(array['note:' || p_note.id, 'user:' || p_note.owner_id], p_type, data);
end $$;

create or replace function api.create_note(p_id uuid, p_caller uuid, p_body jsonb)
returns api.result language plpgsql as $$
declare
	new app.notes;
begin
	if not api.lock_active_user(p_caller) then
		return api.refuse('ACCOUNT_ARCHIVED', null);
	end if;
	insert into app.notes (id, owner_id, title, content)
	values (p_id, p_caller, p_body ->> 'title', p_body ->> 'content')
	returning * into new;
	return api.created(new.revision, '/me/notes/' || p_id, api.note_json(p_id),
		live.emit(api.note_events(new, 'note.created')));
end $$;

-- Locks a note of the caller; otherwise returns the refusal.
create or replace function api.lock_note(p_id uuid, p_caller uuid, p_if_match bigint[],
	out target app.notes, out refusal api.result) language plpgsql as $$
begin
	select * into target from app.notes n where n.id = p_id and n.owner_id = p_caller for update;
	if not found then
		refusal := api.refuse('NOT_FOUND', 'You have no note with this id.');
	elsif not api.if_match(p_if_match, target.revision) then
		refusal := api.refuse('PRECONDITION_FAILED', null);
	end if;
end $$;

-- The result of a change, and its event.
create or replace function api.note_result(p_note app.notes, p_type text)
returns api.result language plpgsql as $$
begin
	return api.ok(p_note.revision, api.note_json(p_note.id), live.emit(api.note_events(p_note, p_type)));
end $$;

create or replace function api.update_note(p_id uuid, p_caller uuid, p_if_match bigint[], p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
	target app.notes;
begin
	locked := api.lock_note(p_id, p_caller, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	target := jsonb_populate_record(locked.target, p_body);
	if target is not distinct from locked.target then
		return api.ok(target.revision, api.note_json(p_id));
	elsif target.is_public and target.title is null then
		return api.refuse_input('TITLE_REQUIRED', 'Make the note private before removing its title.',
			api.fault('pointer', '/title', 'required', 'is required while the note is public'));
	end if;
	update app.notes n set title = target.title, content = target.content where n.id = p_id returning * into target;
	return api.note_result(target, 'note.updated');
end $$;

-- Deletes a note permanently, with its comments.
create or replace function api.delete_note(p_id uuid, p_caller uuid, p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	locked record;
begin
	locked := api.lock_note(p_id, p_caller, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	delete from app.notes n where n.id = p_id;
	return api.no_content(live.emit(api.note_events(locked.target, 'note.removed')));
end $$;

-- Publishing a public note again makes it the most recently published one.
create or replace function api.publish_note(p_id uuid, p_caller uuid, p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	locked record;
	target app.notes;
begin
	locked := api.lock_note(p_id, p_caller, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	elsif (locked.target).hidden_at is not null then
		return api.refuse('NOTE_HIDDEN', null);
	elsif (locked.target).title is null then
		return api.refuse_input('TITLE_REQUIRED', null,
			api.fault('parameter', 'id', 'invalid', 'must be the ID of a note with a title'));
	end if;
	update app.notes n set is_public = true, published_at = now() where n.id = p_id returning * into target;
	return api.note_result(target, 'note.published');
end $$;

-- Waits for comments being written (api.create_note_comment); later ones find the note private.
create or replace function api.unpublish_note(p_id uuid, p_caller uuid, p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	locked record;
	target app.notes;
begin
	locked := api.lock_note(p_id, p_caller, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	elsif not (locked.target).is_public then
		return api.ok((locked.target).revision, api.note_json(p_id));
	end if;
	update app.notes n set is_public = false, published_at = null where n.id = p_id returning * into target;
	return api.note_result(target, 'note.unpublished');
end $$;
