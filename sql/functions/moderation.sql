-- Moderation: administrators hide public notes and comments, with a reason for the author.
-- after: comments, my_notes, notifications

-- Notifies the author, unless they are the caller; returns the events.
create or replace function api.notify_author(p_author uuid, p_caller uuid, p_what text, p_hidden boolean, p_reason text)
returns jsonb language plpgsql as $$
begin
	return api.notify(array_remove(array[p_author], p_caller), 'WARNING', 'MEDIUM',
		p_what || case when p_hidden then ' hidden' else ' no longer hidden' end, p_reason, null, null);
end $$;

-- Hides a public note, which makes it private, or lets its owner publish it again.
create or replace function api.moderate_note(p_id uuid, p_caller uuid, p_body jsonb)
returns api.result language plpgsql as $$
declare
	hide boolean := (p_body ->> 'hidden')::boolean;
	reason text := p_body ->> 'reason';
	target app.notes;
begin
	select * into target from app.notes n where n.id = p_id and (n.is_public or n.hidden_at is not null) for update;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no note with this id.');
	elsif hide = (target.hidden_at is not null) then
		return api.no_content();
	end if;
	update app.notes n set is_public = false, published_at = null, hidden_at = case when hide then now() end,
		hidden_by = case when hide then p_caller end, hidden_reason = case when hide then reason end
	where n.id = p_id
	returning * into target;
	return api.no_content(live.emit(api.note_events(target, 'note.moderated')
		|| api.notify_author(target.owner_id, p_caller, 'Note', hide, reason)));
end $$;

-- Gives the events that announced a comment the text that is shown now, for subscribers who recover.
create or replace function api.update_published_content(p_comment app.comments)
returns void language plpgsql as $$
begin
	update live.events e set data = e.data || jsonb_build_object('content', api.shown_content(p_comment))
	where e.channel = coalesce('log:' || p_comment.log_id, 'note:' || p_comment.note_id)
	and e.data ->> 'id' = p_comment.id::text and e.data ? 'content';
end $$;

-- Hides a comment on a log or (p_note) on a public note, or shows it again.
create or replace function api.moderate_comment(p_id uuid, p_note uuid, p_caller uuid, p_body jsonb)
returns api.result language plpgsql as $$
declare
	hide boolean := (p_body ->> 'hidden')::boolean;
	reason text := p_body ->> 'reason';
	target app.comments;
begin
	select * into target from app.comments c where c.id = p_id and c.note_id is not distinct from p_note for update;
	if not found or (p_note is not null and not exists (select from app.notes n where n.id = p_note and n.is_public)) then
		return api.refuse('NOT_FOUND', 'There is no comment with this id.');
	elsif hide = (target.hidden_at is not null) then
		return api.no_content();
	end if;
	update app.comments c set hidden_at = case when hide then now() end,
		hidden_by = case when hide then p_caller end, hidden_reason = case when hide then reason end
	where c.id = p_id
	returning * into target;
	perform api.update_published_content(target);
	return api.no_content(live.emit(
		jsonb_build_array(api.comment_event(target, 'comment.moderated'))
		|| api.notify_author(target.user_id, p_caller, 'Comment', hide, reason)));
end $$;
