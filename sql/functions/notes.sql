-- Public notes, and comments on notes. A private note of another user is indistinguishable from one
-- that does not exist.
-- after: comments, users

create or replace view api.public_note_view as
select n.id, n.revision, to_json(shown) as body
from app.notes n
cross join lateral (
	select n.id, n.title, n.content,
		(select to_json(b) from (select * from api.author_view a where a.id = n.owner_id) b) as author,
		n.created_at, n.updated_at, n.published_at
) shown
where n.is_public;

create or replace view api.note_comment_view as
select c.id, c.note_id, c.revision, to_json(shown) as body
from app.comments c
cross join lateral (
	select c.id, c.note_id, c.user_id,
		(select api.distinct_name(u) from app.users u where u.id = c.user_id) as username,
		api.shown_content(c) as content, c.hidden_at, c.created_at, c.updated_at
) shown;

-- The notes with these ids, in this order.
create or replace function api.public_note_items(p_ids uuid[])
returns json language plpgsql stable as $$
begin
	return (
		select coalesce(json_agg(v.body order by i.n), '[]')
		from unnest(p_ids) with ordinality i (id, n)
		cross join lateral (select w.body from api.public_note_view w where w.id = i.id limit 1) v
	);
end $$;

create or replace function api.note_comment_items(p_ids uuid[])
returns json language plpgsql stable as $$
begin
	return (
		select coalesce(json_agg(v.body order by i.n), '[]')
		from unnest(p_ids) with ordinality i (id, n)
		cross join lateral (select w.body from api.note_comment_view w where w.id = i.id limit 1) v
	);
end $$;

-- Comments on a public note, or on the caller's own (p_own). Locks the note until the
-- transaction ends.
create or replace function api.create_note_comment(p_note uuid, p_id uuid, p_caller uuid, p_own boolean, p_body jsonb)
returns api.result language plpgsql as $$
declare
	new app.comments;
begin
	perform from app.notes n
	where n.id = p_note and case when p_own then n.owner_id = p_caller else n.is_public end
	for share;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no note with this id.');
	elsif not api.lock_active_user(p_caller) then
		return api.refuse('ACCOUNT_ARCHIVED', null);
	end if;
	insert into app.comments (id, note_id, user_id, content)
	values (p_id, p_note, p_caller, btrim(p_body ->> 'content', E' \t\r\n'))
	returning * into new;
	return api.created(new.revision,
		case when p_own then '/me/notes/' else '/notes/' end || p_note || '/comments/' || p_id,
		(select v.body from api.note_comment_view v where v.id = p_id),
		api.emit_comment(new, 'comment.created'));
end $$;
