-- Notifications for one user or for everyone. Each user dismisses them for themselves only.
-- after: common

create or replace view api.notification_view as
select n.id, n.user_id, n.type, n.priority, n.title, n.message, n.action_label, n.action_url, n.dismissible,
	n.created_at, n.expires_at
from app.notifications n;

-- The notifications with these ids, in this order.
create or replace function api.notification_items(p_ids uuid[])
returns json language plpgsql stable as $$
begin
	return (
		select coalesce(json_agg(to_json(v) order by i.n), '[]')
		from unnest(p_ids) with ordinality i (id, n)
		cross join lateral (select * from api.notification_view w where w.id = i.id limit 1) v
	);
end $$;

-- The priority of this name, null if there is none: cursors come from clients.
create or replace function api.priority(p_name text)
returns app.priority language plpgsql immutable as $$
begin
	return (select p from unnest(enum_range(null::app.priority)) p where p::text = p_name);
end $$;

-- What the list of a user's notifications contains, to count it.
create or replace function api.open_notifications(p_caller uuid)
returns setof uuid language sql stable as $$
	select n.id from app.notifications n
	where n.user_id = p_caller and n.dismissed_at is null and (n.expires_at is null or n.expires_at > now())
	union all
	select n.id from app.notifications n
	where n.user_id is null and (n.expires_at is null or n.expires_at > now())
	and not exists (select from app.notification_dismissals d
		where d.notification_id = n.id and d.user_id = p_caller) $$;

-- A single notification, as this user sees it.
create or replace function api.notification_json(p_id uuid, p_caller uuid)
returns json language plpgsql stable as $$
begin
	return (
		select to_json(shown)
		from app.notifications n
		join api.notification_view v on v.id = n.id
		cross join lateral (
			select v.*, coalesce(n.dismissed_at, (select d.dismissed_at from app.notification_dismissals d
				where d.notification_id = n.id and d.user_id = p_caller)) as dismissed_at
		) shown
		where n.id = p_id
	);
end $$;

-- Published to the user or, without one, to everyone.
create or replace function api.notification_event(p_notification app.notifications, p_type text, p_to uuid)
returns jsonb language sql stable
as $$ select jsonb_build_object('channel', coalesce('user:' || p_to, 'org'), 'type', p_type,
	'data', jsonb_build_object('id', p_notification.id, 'user_id', p_notification.user_id,
	'type', p_notification.type, 'priority', p_notification.priority, 'title', p_notification.title,
	'message', p_notification.message, 'action_label', p_notification.action_label,
	'action_url', p_notification.action_url, 'dismissible', p_notification.dismissible,
	'expires_at', p_notification.expires_at, 'created_at', p_notification.created_at, 'revision', p_notification.revision)) $$;

-- Creates a notification for each of these users; returns the events, for the caller's live.emit.
-- Texts that are too long are truncated.
create or replace function api.notify(p_users uuid[], p_type text, p_priority text, p_title text, p_message text,
	p_action_label text, p_action_url text)
returns jsonb language plpgsql as $$
declare
	events jsonb;
begin
	with new as (
		insert into app.notifications (user_id, type, priority, title, message, action_label, action_url)
		select u.id, p_type::app.notification_type, p_priority::app.priority, left(p_title, 255),
			left(p_message, 5000), p_action_label, p_action_url
		from (select distinct id from unnest(p_users) id) u
		returning *
	)
	select jsonb_agg(api.notification_event(n, 'notification.created', n.user_id)) into events from new n;
	return coalesce(events, '[]');
end $$;

-- Checks when a notification expires: null, or the refusal.
create or replace function api.check_expiry(p_dismissible boolean, p_expires_at timestamptz)
returns api.result language sql stable
as $$ select case
	when not p_dismissible and p_expires_at is null then api.refuse_input('VALIDATION_FAILED',
		'A notification that cannot be dismissed must expire.',
		api.fault('pointer', '/expires_at', 'required', 'is required unless dismissible'))
	when p_expires_at <= now() then api.refuse_input('VALIDATION_FAILED',
		'`expires_at` must be in the future.',
		api.fault('pointer', '/expires_at', 'out_of_range', 'must be in the future'))
	when not p_dismissible and p_expires_at > now() + interval '168 hours' then
		api.refuse_input('VALIDATION_FAILED',
		'A notification that cannot be dismissed expires within 7 days.',
		api.fault('pointer', '/expires_at', 'out_of_range', 'must be at most 7 days ahead'))
	end $$;

create or replace function api.create_notification(p_id uuid, p_caller uuid, p_body jsonb)
returns api.result language plpgsql as $$
declare
	new app.notifications;
	can_dismiss boolean := coalesce((p_body ->> 'dismissible')::boolean, true);
	refusal api.result := api.check_expiry(can_dismiss, (p_body ->> 'expires_at')::timestamptz);
begin
	if refusal.code is not null then
		return refusal;
	end if;
	insert into app.notifications (id, user_id, type, priority, title, message, action_label, action_url, dismissible,
		expires_at)
	values (p_id, (p_body ->> 'user_id')::uuid, coalesce((p_body ->> 'type')::app.notification_type, 'INFO'),
		coalesce((p_body ->> 'priority')::app.priority, 'MEDIUM'), p_body ->> 'title', p_body ->> 'message',
		p_body ->> 'action_label', p_body ->> 'action_url', can_dismiss, (p_body ->> 'expires_at')::timestamptz)
	returning * into new;
	return api.created(new.revision, '/notifications/' || p_id,
		api.notification_json(p_id, p_caller),
		live.emit(jsonb_build_array(
			api.notification_event(new, 'notification.created', new.user_id))));
end $$;

-- A user's own notifications and those for everyone; callers with access to others may read all.
create or replace function api.read_notification(p_id uuid, p_caller uuid, p_may_access_others boolean)
returns api.result language plpgsql stable as $$
declare
	target app.notifications;
begin
	select * into target from app.notifications n where n.id = p_id;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no notification with this id.');
	end if;
	if target.user_id <> p_caller and not p_may_access_others then
		return api.refuse('FORBIDDEN', 'The notification belongs to another user.');
	end if;
	return api.ok(target.revision, api.notification_json(p_id, p_caller));
end $$;

-- Locks a notification; otherwise returns the refusal.
create or replace function api.lock_notification(p_id uuid, p_if_match bigint[],
	out target app.notifications, out refusal api.result) language plpgsql as $$
begin
	select * into target from app.notifications n where n.id = p_id for update;
	refusal := api.check_row(found, 'notification', p_if_match, target.revision);
end $$;

-- A notification that can no longer be dismissed is shown again to those who had dismissed it.
create or replace function api.update_notification(p_id uuid, p_caller uuid, p_if_match bigint[], p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
	target app.notifications;
	refusal api.result;
begin
	locked := api.lock_notification(p_id, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	target := jsonb_populate_record(locked.target, p_body);
	if p_body ?| array['dismissible', 'expires_at'] then
		refusal := api.check_expiry(target.dismissible, target.expires_at);
	end if;
	if refusal.code is not null then
		return refusal;
	elsif target is not distinct from locked.target then
		return api.ok(target.revision, api.notification_json(p_id, p_caller));
	end if;
	if not target.dismissible then
		delete from app.notification_dismissals d where d.notification_id = p_id;
	end if;
	update app.notifications n set type = target.type, priority = target.priority, title = target.title,
		message = target.message, action_label = target.action_label, action_url = target.action_url,
		dismissible = target.dismissible, expires_at = target.expires_at,
		dismissed_at = case when target.dismissible then n.dismissed_at end
	where n.id = p_id
	returning * into target;
	return api.ok(target.revision, api.notification_json(p_id, p_caller), live.emit(jsonb_build_array(
		api.notification_event(target, 'notification.updated', target.user_id))));
end $$;

create or replace function api.withdraw_notification(p_id uuid, p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	locked record;
	target app.notifications;
begin
	locked := api.lock_notification(p_id, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	target := locked.target;
	delete from app.notifications n where n.id = p_id;
	return api.no_content(live.emit(jsonb_build_array(
		api.notification_event(target, 'notification.withdrawn', target.user_id))));
end $$;

-- Dismissal is permanent; dismissing a notification again changes nothing.
create or replace function api.dismiss_notification(p_id uuid, p_caller uuid, p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	target app.notifications;
	events jsonb;
begin
	select * into target from app.notifications n where n.id = p_id for update;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no notification with this id.');
	end if;
	if target.user_id <> p_caller then
		return api.refuse('FORBIDDEN', 'The notification belongs to another user.');
	end if;
	if not api.if_match(p_if_match, target.revision) then
		return api.refuse('PRECONDITION_FAILED', null);
	end if;
	if not target.dismissible then
		return api.refuse('NOT_DISMISSIBLE', null);
	end if;
	if target.user_id is null then
		insert into app.notification_dismissals (notification_id, user_id) values (p_id, p_caller)
		on conflict do nothing;
	else
		update app.notifications n set dismissed_at = now() where n.id = p_id and n.dismissed_at is null;
	end if;
	if found then
		select * into target from app.notifications n where n.id = p_id;
		events := jsonb_build_array(api.notification_event(target, 'notification.dismissed', p_caller));
	end if;
	return api.ok(target.revision, api.notification_json(p_id, p_caller), live.emit(events));
end $$;
