-- Messages: a thread belongs to a guard's duty session, and the guard and the supervisors read it; or
-- to a pair of people, and only they read it.
-- after: common

-- The other person of a pair; null if the user is not one of the two.
create or replace function api.pair_partner(p_pair uuid, p_user uuid)
returns uuid language sql stable
as $$ select case p_user when p.first_id then p.second_id when p.second_id then p.first_id end
	from app.message_pairs p where p.id = p_pair $$;

-- The pair of these two people; null if they have not written to each other.
create or replace function api.find_pair(p_one uuid, p_other uuid)
returns uuid language sql stable
as $$ select p.id from app.message_pairs p
	where p.first_id = least(p_one, p_other) and p.second_id = greatest(p_one, p_other) $$;

create or replace view api.message_view as
select m.id, m.revision, to_json(shown) as body
from app.messages m
cross join lateral (
	select m.id, m.content, m.type, m.sender_id, m.duty_session_id, m.reply_to_id, m.read_at, m.read_by,
		m.created_at, api.pair_partner(m.pair_id, m.sender_id) as recipient_id,
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
-- its sender, a direct message only to the two people.
create or replace function api.message_events(p_ids uuid[], p_type text)
returns jsonb language plpgsql stable as $$
begin
	return (
		select jsonb_agg(jsonb_build_object('channel', 'user:' || recipient.id, 'type', p_type,
			'data', jsonb_build_object('id', m.id, 'content', m.content, 'type', m.type,
				'sender_id', m.sender_id, 'recipient_id', partner.id,
				'duty_session_id', m.duty_session_id, 'reply_to_id', m.reply_to_id,
				'read_at', m.read_at, 'created_at', m.created_at, 'revision', m.revision)))
		from unnest(p_ids) i (id)
		join app.messages m on m.id = i.id
		left join app.duty_sessions s on s.id = m.duty_session_id
		cross join api.pair_partner(m.pair_id, m.sender_id) partner (id)
		cross join lateral (
			select coalesce(s.user_id, partner.id) as id union select m.sender_id
			union select u.id from app.users u
			where u.role >= 'SUPERVISOR' and u.archived_at is null and m.type not in ('BROADCAST', 'DIRECT')
		) recipient
	);
end $$;

-- The thread of a duty session, also of an ended one; without a session, that of the open duty
-- session of a guard or the caller. With another user (p_with), the pair of that user and the caller. Both are
-- null if the caller is off duty, or the two have not written to each other.
create or replace function api.find_thread(p_caller uuid, p_guard uuid, p_session uuid, p_with uuid,
	p_may_access_others boolean, out thread uuid, out pair uuid, out refusal api.result)
language plpgsql stable as $$
declare
	guard uuid := coalesce(p_guard, p_caller);
begin
	if p_with is not null then
		if coalesce(p_guard, p_session) is not null then
			refusal := api.refuse_input('VALIDATION_FAILED',
				'`with_user_id` cannot be combined with `guard_id` or `duty_session_id`.',
				api.fault('parameter', 'with_user_id', 'conflict', 'excludes guard_id and duty_session_id'));
		elsif not exists (select from app.users u where u.id = p_with) then
			refusal := api.refuse('USER_NOT_FOUND', 'There is no user with this id.');
		else
			pair := api.find_pair(p_caller, p_with);
		end if;
		return;
	elsif p_session is not null then
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

-- Whether the user reads the thread of a message. Only the two people of a pair do, whatever their role.
create or replace function api.may_read_message(p_message app.messages, p_user uuid, p_may_access_others boolean)
returns boolean language sql stable
as $$ select case when p_message.pair_id is not null then api.pair_partner(p_message.pair_id, p_user) is not null
	else p_may_access_others or exists (select from app.duty_sessions s
		where s.id = p_message.duty_session_id and s.user_id = p_user) end $$;

-- Locks a message if the caller may read it; otherwise returns the refusal.
create or replace function api.lock_message(p_id uuid, p_caller uuid, p_may_access_others boolean, p_if_match bigint[],
	out target app.messages, out refusal api.result) language plpgsql as $$
begin
	select * into target from app.messages m where m.id = p_id for update;
	if not found then
		refusal := api.refuse('NOT_FOUND', 'There is no message with this id.');
		return;
	end if;
	if not api.may_read_message(target, p_caller, p_may_access_others) then
		refusal := api.refuse('FORBIDDEN', 'The message is in another user''s thread.');
	elsif not api.if_match(p_if_match, target.revision) then
		refusal := api.refuse('PRECONDITION_FAILED', null);
	end if;
end $$;

create or replace function api.read_message(p_id uuid, p_caller uuid, p_may_access_others boolean)
returns api.result language plpgsql stable as $$
declare
	target app.messages;
begin
	select * into target from app.messages m where m.id = p_id;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no message with this id.');
	end if;
	if not api.may_read_message(target, p_caller, p_may_access_others) then
		return api.refuse('FORBIDDEN', 'The message is in another user''s thread.');
	end if;
	return api.ok(target.revision, api.message_json(p_id));
end $$;

-- The pair of the caller and a recipient, who must be active and, if the caller is a guard, a
-- supervisor. The pair is created with the first message.
create or replace function api.lock_pair(p_caller uuid, p_role app.role, p_recipient uuid,
	out pair uuid, out refusal api.result) language plpgsql as $$
begin
	if p_recipient = p_caller then
		refusal := api.refuse_input('VALIDATION_FAILED', 'You cannot write to yourself.',
			api.fault('pointer', '/recipient_id', 'conflict', 'must be another user'));
		return;
	elsif p_role < 'SUPERVISOR' and not exists (select from app.users u where u.id = p_recipient
			and u.archived_at is null and u.role >= 'SUPERVISOR') then
		refusal := api.refuse('USER_NOT_FOUND', 'There is no active user with this id to whom you can write.');
		return;
	end if;
	refusal := api.check_guards(array[p_recipient]);
	if refusal.code is null then
		insert into app.message_pairs (first_id, second_id)
		values (least(p_caller, p_recipient), greatest(p_caller, p_recipient)) on conflict do nothing;
		pair := api.find_pair(p_caller, p_recipient);
	end if;
end $$;

-- Whom a reply to a direct message reaches: the other person. Null: it replies to no direct message
-- of the caller, or a supervisor names someone else.
create or replace function api.direct_reply_recipient(p_caller uuid, p_role app.role, p_recipient uuid, p_reply uuid)
returns uuid language sql stable
as $$ select partner.id from app.messages m
	cross join api.pair_partner(m.pair_id, p_caller) partner (id)
	where m.id = p_reply and (p_role < 'SUPERVISOR' or coalesce(p_recipient, partner.id) = partner.id) $$;

-- Locks the duty sessions that receive a message: the sender's own or, for a supervisor (who need not
-- be on duty), that of the named guard or those of all guards on duty. They cannot be deleted until the
-- transaction ends.
create or replace function api.lock_sessions(p_caller uuid, p_type app.message_type, p_recipient uuid)
returns uuid[] language plpgsql as $$
begin
	if p_type = 'BROADCAST' then
		return array(
			select s.id from app.duty_sessions s
			where s.clock_out_time is null
			and (select u.role from app.users u where u.id = s.user_id) = 'GUARD'
			order by s.id for key share);
	end if;
	return array(
		select s.id from app.duty_sessions s
		where s.user_id = case p_type when 'GUARD_TO_SUPERVISOR' then p_caller else p_recipient end
		and s.clock_out_time is null
		and (p_type = 'GUARD_TO_SUPERVISOR'
			or exists (select from app.users u where u.id = p_recipient and u.role = 'GUARD'))
		for key share);
end $$;

-- Where a message goes: to duty sessions or, directly, to a pair. A supervisor's message is direct if
-- the recipient is not a guard on duty.
create or replace function api.lock_threads(p_caller uuid, p_role app.role, p_recipient uuid, p_reply uuid,
	out type app.message_type, out threads uuid[], out pair uuid, out refusal api.result)
language plpgsql as $$
declare
	direct_to uuid := api.direct_reply_recipient(p_caller, p_role, p_recipient, p_reply);
	locked record;
begin
	if direct_to is null then
		type := case when p_role < 'SUPERVISOR' then 'GUARD_TO_SUPERVISOR'
			when p_recipient is not null then 'SUPERVISOR_TO_GUARD' else 'BROADCAST' end;
		threads := api.lock_sessions(p_caller, type, p_recipient);
		if cardinality(threads) > 0 then
			return;
		elsif type <> 'SUPERVISOR_TO_GUARD' then
			refusal := case type when 'BROADCAST' then api.refuse('GUARD_NOT_ON_DUTY', null)
				else api.refuse('NOT_ON_DUTY', null) end;
			return;
		end if;
	end if;
	type := 'DIRECT';
	threads := array[null::uuid];
	locked := api.lock_pair(p_caller, p_role, coalesce(direct_to, p_recipient));
	pair := locked.pair;
	refusal := locked.refusal;
end $$;

-- Inserts a row for each thread; the response shows one of them, and the number of threads.
create or replace function api.send_message(p_id uuid, p_caller uuid, p_role app.role, p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
	reply uuid := (p_body ->> 'reply_to_id')::uuid;
	ids uuid[];
begin
	locked := api.lock_threads(p_caller, p_role, (p_body ->> 'recipient_id')::uuid, reply);
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
		where m.id = reply and (m.duty_session_id = locked.threads[1] or m.pair_id = locked.pair) for key share;
		if not found then
			return api.refuse('NOT_FOUND', '`reply_to_id` is not a message of this thread.');
		end if;
	end if;
	with new as (
		insert into app.messages (id, content, type, sender_id, duty_session_id, pair_id, reply_to_id)
		select case when t.n = 1 then p_id else gen_random_uuid() end,
			btrim(p_body ->> 'content', E' \t\r\n'), locked.type, p_caller, t.id, locked.pair, reply
		from unnest(locked.threads) with ordinality t (id, n)
		returning id
	)
	select array_agg(n.id) into ids from new n;
	return api.created(1, '/messages/' || p_id,
		api.with_transient(api.message_json(p_id), jsonb_build_object('threads', cardinality(ids))),
		live.emit(api.message_events(ids, 'message.created')));
end $$;

-- Whether a message is meant for this user: messages from guards for all supervisors, direct ones for
-- the other person, others for the guard of the thread. Nobody receives what they sent.
create or replace function api.receives_message(p_message app.messages, p_user uuid)
returns boolean language plpgsql stable as $$
begin
	if p_message.sender_id = p_user then
		return false;
	elsif p_message.type = 'GUARD_TO_SUPERVISOR' then
		return exists (select from app.users u where u.id = p_user and u.role >= 'SUPERVISOR');
	elsif p_message.type = 'DIRECT' then
		return api.pair_partner(p_message.pair_id, p_user) is not null;
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

-- Replies to a deleted message are kept. Administrators do not reach direct messages of others.
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
	if target.sender_id <> p_caller and (not p_may_access_others or target.pair_id is not null) then
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

-- Direct messages to this user that they have not read.
create or replace function api.unread_direct_count(p_pair uuid, p_caller uuid)
returns bigint language sql stable
as $$ select count(*) from app.messages m
	where m.pair_id = p_pair and m.read_at is null and m.sender_id <> p_caller $$;

-- The pairs of a user that have messages, with the other person.
create or replace function api.direct_conversations(p_caller uuid)
returns table (pair_id uuid, user_id uuid, "user" json, last_message text, last_message_time timestamptz)
language sql stable as $$
	select p.id, partner.id,
		(select to_json(b) from (select u.id, u.first_name, u.last_name from app.users u where u.id = partner.id) b),
		last.content, last.created_at
	from app.message_pairs p
	cross join lateral (select case p_caller when p.first_id then p.second_id else p.first_id end as id) partner
	cross join lateral (
		select m.content, m.created_at from app.messages m
		where m.pair_id = p.id
		order by m.created_at desc, m.id desc
		limit 1
	) last
	where p_caller in (p.first_id, p.second_id) $$;

-- All unread messages to this user: direct ones, those to the guard of an open duty session and, for
-- supervisors, those from guards on duty.
create or replace function api.unread_messages(p_caller uuid)
returns bigint language sql stable as $$
	select (select coalesce(sum(api.unread_direct_count(p.id, p_caller)), 0) from app.message_pairs p
			where p_caller in (p.first_id, p.second_id))
		+ (select count(*) from app.duty_sessions s join app.messages m on m.duty_session_id = s.id
			where s.user_id = p_caller and s.clock_out_time is null
			and m.type <> 'GUARD_TO_SUPERVISOR' and m.sender_id <> p_caller and m.read_at is null)
		+ (select coalesce(sum(api.unread_count(c.duty_session_id, p_caller)), 0) from api.conversation c
			where (select u.role >= 'SUPERVISOR' from app.users u where u.id = p_caller)) $$;
