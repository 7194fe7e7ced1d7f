-- Messages: a thread belongs to a guard's duty session; the guard and the supervisors read it.
-- after: common

create or replace view api.message_view as
select m.id, m.revision, to_json(shown) as body
from app.messages m
cross join lateral (
	select m.id, m.content, m.type, m.sender_id, m.duty_session_id, m.reply_to_id, m.read_at, m.read_by,
		m.created_at,
		(select to_json(b) from (select u.id, u.first_name, u.last_name from app.users u
			where u.id = m.sender_id) b) as sender
) shown;

-- The messages with these ids, in this order.
create or replace function api.message_items(p_ids uuid[])
returns json language plpgsql stable as $$
begin
	return (
		select coalesce(json_agg(v.body order by i.n), '[]')
		from unnest(p_ids) with ordinality i (id, n)
		cross join lateral (select w.body from api.message_view w where w.id = i.id limit 1) v
	);
end $$;

create or replace function api.message_json(p_id uuid)
returns json language plpgsql stable as $$
begin
	return (select v.body from api.message_view v where v.id = p_id);
end $$;

-- Published to the guard of the thread and to all supervisors; a broadcast only to its guard and
-- its sender.
create or replace function api.message_events(p_ids uuid[], p_type text)
returns jsonb language plpgsql stable as $$
begin
	return (
		select jsonb_agg(jsonb_build_object('channel', 'user:' || recipient.id, 'type', p_type,
			'data', jsonb_build_object('id', m.id, 'content', m.content, 'type', m.type,
				'sender_id', m.sender_id, 'duty_session_id', m.duty_session_id,
				'reply_to_id', m.reply_to_id, 'read_at', m.read_at, 'created_at', m.created_at,
				'revision', m.revision)))
		from unnest(p_ids) i (id)
		join app.messages m on m.id = i.id
		join app.duty_sessions s on s.id = m.duty_session_id
		cross join lateral (
			select s.user_id as id union select m.sender_id
			union select u.id from app.users u
			where u.role >= 'SUPERVISOR' and u.archived_at is null and m.type <> 'BROADCAST'
		) recipient
	);
end $$;

-- The thread of a duty session, also of an ended one; without a session, that of the open duty
-- session of a guard or the caller. Null: the caller is off duty and has no thread.
create or replace function api.find_thread(p_caller uuid, p_guard uuid, p_session uuid, p_may_access_others boolean,
	out thread uuid, out refusal api.result) language plpgsql stable as $$
declare
	guard uuid := coalesce(p_guard, p_caller);
begin
	if p_session is not null then
		select s.user_id into guard from app.duty_sessions s
		where s.id = p_session and s.user_id = coalesce(p_guard, s.user_id);
		if not found then
			refusal := api.refuse('NOT_FOUND', 'There is no duty session with this id.');
			return;
		end if;
	end if;
	if guard <> p_caller and not p_may_access_others then
		refusal := api.refuse('FORBIDDEN', 'Only a supervisor can read other users'' messages.');
		return;
	elsif p_session is not null then
		thread := p_session;
		return;
	end if;
	select s.id into thread from app.duty_sessions s where s.user_id = guard and s.clock_out_time is null;
	if found or guard = p_caller then
		return;
	end if;
	if exists (select from app.users u where u.id = guard) then
		refusal := api.refuse('GUARD_NOT_ON_DUTY', null);
	else
		refusal := api.refuse('USER_NOT_FOUND', 'There is no user with this id.');
	end if;
end $$;

-- Locks a message if the caller may read it; otherwise returns the refusal.
create or replace function api.lock_message(p_id uuid, p_caller uuid, p_may_access_others boolean, p_if_match bigint[],
	out target app.messages, out refusal api.result) language plpgsql as $$
declare
	owner uuid;
begin
	select * into target from app.messages m where m.id = p_id for update;
	if not found then
		refusal := api.refuse('NOT_FOUND', 'There is no message with this id.');
		return;
	end if;
	select s.user_id into owner from app.duty_sessions s where s.id = target.duty_session_id;
	if owner <> p_caller and not p_may_access_others then
		refusal := api.refuse('FORBIDDEN', 'The message is in another user''s thread.');
	elsif not api.if_match(p_if_match, target.revision) then
		refusal := api.refuse('PRECONDITION_FAILED', null);
	end if;
end $$;

create or replace function api.read_message(p_id uuid, p_caller uuid, p_may_access_others boolean)
returns api.result language plpgsql stable as $$
declare
	target record;
begin
	select m.revision, s.user_id as owner into target
	from app.messages m
	join app.duty_sessions s on s.id = m.duty_session_id
	where m.id = p_id;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no message with this id.');
	end if;
	if target.owner <> p_caller and not p_may_access_others then
		return api.refuse('FORBIDDEN', 'The message is in another user''s thread.');
	end if;
	return api.ok(target.revision, api.message_json(p_id));
end $$;

-- Locks the threads that receive a message: the sender's own or, for a supervisor (who need not be
-- on duty), that of the named guard or those of all guards on duty. The sessions cannot be deleted until the transaction
-- ends.
create or replace function api.lock_threads(p_caller uuid, p_role app.role, p_recipient uuid,
	out type app.message_type, out threads uuid[], out refusal api.result) language plpgsql as $$
declare
	own_session uuid;
begin
	select s.id into own_session from app.duty_sessions s
	where s.user_id = p_caller and s.clock_out_time is null for key share;
	if not found and p_role < 'SUPERVISOR' then
		refusal := api.refuse('NOT_ON_DUTY', null);
		return;
	end if;
	type := case when p_role < 'SUPERVISOR' then 'GUARD_TO_SUPERVISOR'
		when p_recipient is not null then 'SUPERVISOR_TO_GUARD' else 'BROADCAST' end;
	if type = 'GUARD_TO_SUPERVISOR' then
		threads := array[own_session];
	elsif type = 'SUPERVISOR_TO_GUARD' then
		threads := array(
			select s.id from app.duty_sessions s
			where s.user_id = p_recipient and s.clock_out_time is null
			and exists (select from app.users u where u.id = p_recipient and u.role = 'GUARD')
			for key share);
	else
		threads := array(
			select s.id from app.duty_sessions s
			where s.clock_out_time is null
			and (select u.role from app.users u where u.id = s.user_id) = 'GUARD'
			order by s.id for key share);
	end if;
	if cardinality(threads) > 0 then
		return;
	end if;
	if p_recipient is null or exists (select from app.users u where u.id = p_recipient) then
		refusal := api.refuse('GUARD_NOT_ON_DUTY', null);
	else
		refusal := api.refuse('USER_NOT_FOUND', 'There is no user with this id.');
	end if;
end $$;

-- Inserts a row for each thread; the response shows one of them, and the number of threads.
create or replace function api.send_message(p_id uuid, p_caller uuid, p_role app.role, p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
	reply uuid := (p_body ->> 'reply_to_id')::uuid;
	ids uuid[];
begin
	locked := api.lock_threads(p_caller, p_role, (p_body ->> 'recipient_id')::uuid);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	if reply is not null then
		if locked.type = 'BROADCAST' then
			return api.refuse_input('VALIDATION_FAILED',
				'A broadcast cannot be a reply: `reply_to_id` requires `recipient_id`.',
				api.fault('pointer', '/reply_to_id', 'conflict', 'requires recipient_id'));
		end if;
		perform from app.messages m
		where m.id = reply and m.duty_session_id = locked.threads[1] for key share;
		if not found then
			return api.refuse('NOT_FOUND', '`reply_to_id` is not a message of this thread.');
		end if;
	end if;
	with new as (
		insert into app.messages (id, content, type, sender_id, duty_session_id, reply_to_id)
		select case when t.n = 1 then p_id else gen_random_uuid() end,
			btrim(p_body ->> 'content', E' \t\r\n'), locked.type, p_caller, t.id, reply
		from unnest(locked.threads) with ordinality t (id, n)
		returning id
	)
	select array_agg(n.id) into ids from new n;
	return api.created(1, '/messages/' || p_id,
		api.with_transient(api.message_json(p_id), jsonb_build_object('threads', cardinality(ids))),
		live.emit(api.message_events(ids, 'message.created')));
end $$;

-- Whether a message is meant for this user: messages from guards for all supervisors, others for the
-- guard of the thread. Nobody receives what they sent.
create or replace function api.receives_message(p_message app.messages, p_user uuid)
returns boolean language plpgsql stable as $$
begin
	if p_message.sender_id = p_user then
		return false;
	elsif p_message.type = 'GUARD_TO_SUPERVISOR' then
		return exists (select from app.users u where u.id = p_user and u.role >= 'SUPERVISOR');
	end if;
	return exists (select from app.duty_sessions s where s.id = p_message.duty_session_id and s.user_id = p_user);
end $$;

-- Each recipient reads for themselves; the first of them sets read_at. Broadcasts also record other
-- readers in read_by.
create or replace function api.mark_message_read(p_id uuid, p_caller uuid, p_may_access_others boolean,
	p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	locked record;
	events jsonb;
	receives boolean;
begin
	locked := api.lock_message(p_id, p_caller, p_may_access_others, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	receives := api.receives_message(locked.target, p_caller);
	insert into app.message_reads (message_id, user_id) select p_id, p_caller where receives
	on conflict do nothing;
	update app.messages m set read_at = case when receives then coalesce(m.read_at, now()) else m.read_at end,
		read_by = case when m.type = 'BROADCAST' then array_remove(m.read_by, p_caller) || p_caller
			else m.read_by end
	where m.id = p_id and ((receives and m.read_at is null)
		or (m.type = 'BROADCAST' and p_caller <> all (m.read_by)));
	if found then
		events := api.message_events(array[p_id], 'message.read');
	end if;
	return api.ok((select m.revision from app.messages m where m.id = p_id),
		api.message_json(p_id), live.emit(events));
end $$;

-- Replies to a deleted message are kept.
create or replace function api.delete_message(p_id uuid, p_caller uuid, p_may_access_others boolean,
	p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	target app.messages;
	events jsonb;
begin
	select * into target from app.messages m where m.id = p_id for update;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no message with this id.');
	end if;
	if target.sender_id <> p_caller and not p_may_access_others then
		return api.refuse('FORBIDDEN', 'Only the sender or an administrator can delete a message.');
	end if;
	if not api.if_match(p_if_match, target.revision) then
		return api.refuse('PRECONDITION_FAILED', null);
	end if;
	events := api.message_events(array[p_id], 'message.removed');
	delete from app.messages m where m.id = p_id;
	return api.no_content(live.emit(events));
end $$;

-- Threads of guards on duty that have messages, newest first.
create or replace view api.conversation as
select s.id as duty_session_id, s.user_id as guard_id,
	(select to_json(b) from (select u.id, u.first_name, u.last_name from app.users u
		where u.id = s.user_id) b) as guard,
	(select to_json(b) from (select p.id, p.name from app.locations p where p.id = s.location_id) b) as location,
	last.content as last_message, last.created_at as last_message_time
from app.duty_sessions s
cross join lateral (
	select m.content, m.created_at
	from app.messages m
	where m.duty_session_id = s.id
	order by m.created_at desc, m.id desc
	limit 1
) last
where s.clock_out_time is null and (select u.role from app.users u where u.id = s.user_id) = 'GUARD';

-- Messages from the guard of a thread that this supervisor has neither sent nor read.
create or replace function api.unread_count(p_thread uuid, p_caller uuid)
returns bigint language sql stable
as $$ select count(*) from app.messages m
	where m.duty_session_id = p_thread and m.type = 'GUARD_TO_SUPERVISOR' and m.sender_id <> p_caller
	and not exists (select from app.message_reads r where r.message_id = m.id and r.user_id = p_caller) $$;
