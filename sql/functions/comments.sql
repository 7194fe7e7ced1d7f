-- Comments on logs. (Comments on notes are in notes.sql.)
-- after: common

-- The text of a comment as everyone sees it.
create or replace function api.shown_content(p_comment app.comments)
returns text language sql immutable
as $$ select case when p_comment.hidden_at is null then p_comment.content else 'Hidden by an administrator.' end $$;

create or replace view api.comment_view as
select c.id, c.revision, to_json(shown) as body
from app.comments c
cross join lateral (
	select c.id, c.log_id, c.user_id, api.shown_content(c) as content, c.hidden_at, c.created_at, c.updated_at,
		(select to_json(b) from (select u.id, u.first_name, u.last_name from app.users u
			where u.id = c.user_id) b) as author
) shown
where c.log_id is not null;

-- The comments with these ids, in this order.
create or replace function api.comment_items(p_ids uuid[])
returns json language plpgsql stable as $$
begin
	return (
		select coalesce(json_agg(v.body order by i.n), '[]')
		from unnest(p_ids) with ordinality i (id, n)
		cross join lateral (select w.body from api.comment_view w where w.id = i.id limit 1) v
	);
end $$;

-- Published to the log or the note.
create or replace function api.comment_event(p_comment app.comments, p_type text)
returns jsonb language plpgsql stable as $$
declare
	author_name text := (select api.distinct_name(u) from app.users u where u.id = p_comment.user_id);
begin
	return jsonb_build_object(
		'channel', coalesce('log:' || p_comment.log_id, 'note:' || p_comment.note_id),
		'type', p_type, 'data', jsonb_build_object('id', p_comment.id, 'log_id', p_comment.log_id,
		'note_id', p_comment.note_id, 'user_id', p_comment.user_id, 'username', author_name,
		'content', api.shown_content(p_comment), 'created_at', p_comment.created_at,
		'revision', p_comment.revision));
end $$;

create or replace function api.emit_comment(p_comment app.comments, p_type text)
returns jsonb language plpgsql as $$
begin
	return live.emit(jsonb_build_array(api.comment_event(p_comment, p_type)));
end $$;

create or replace function api.create_comment(p_log uuid, p_id uuid, p_caller uuid, p_role app.role, p_body jsonb)
returns api.result language plpgsql as $$
declare
	new app.comments;
begin
	perform from app.logs l where l.id = p_log and api.may_see_log(l, p_caller, p_role) for key share;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no log with this id.');
	end if;
	insert into app.comments (id, log_id, user_id, content)
	values (p_id, p_log, p_caller, btrim(p_body ->> 'content', E' \t\r\n'))
	returning * into new;
	return api.created(new.revision, '/comments/' || p_id,
		(select v.body from api.comment_view v where v.id = p_id),
		api.emit_comment(new, 'comment.created'));
end $$;
