-- Who may subscribe to a channel, and which events a subscriber has missed.

-- The epoch of the offsets. It changes when the database is restored, from a dump or to an earlier
-- time, and when a standby is promoted, because offsets may then refer to other events. The id and
-- the object ids differ between copies, the system identifier differs between clusters, and the
-- timeline changes when a cluster is restored or promoted. Parts that a hosted database does not
-- let us read are left out.
create or replace function live.epoch()
returns text language plpgsql stable as $$
declare
	parts text;
begin
	select concat_ws(' ', e.id, e.tableoid, (select d.oid from pg_database d where d.datname = current_database()))
	into parts from live.epoch e;
	begin
		parts := parts || ' ' || (select c.system_identifier from pg_control_system() c);
	exception when insufficient_privilege or feature_not_supported or undefined_function then
		null;
	end;
	begin
		-- The control file names the timeline of the last checkpoint, which may be
		-- outdated.
		parts := parts || ' ' || case when pg_is_in_recovery()
			then (select upper(lpad(to_hex(c.timeline_id), 8, '0')) from pg_control_checkpoint() c)
			else left(pg_walfile_name(pg_current_wal_lsn()), 8) end;
	exception when insufficient_privilege or feature_not_supported or object_not_in_prerequisite_state
		or undefined_function then
		null;
	end;
	return left(encode(sha256(convert_to(parts, 'UTF8')), 'hex'), 16);
end $$;

-- The minimum role for a channel; null: unknown channel.
create or replace function live.required_role(p_pattern text)
returns text language sql immutable
as $$ select case p_pattern
	-- channels.def: when '{2}' then '{3}'
	end $$;

-- Whether a user may subscribe to a channel; null: the caller has no account, or uses only an API
-- key. Reads the user's row, because a cached role may be outdated. A missing resource gives the
-- same result as a forbidden one, so that callers cannot probe for ids.
create or replace function live.can_subscribe(p_channel text, p_caller uuid)
returns boolean language plpgsql stable as $$
declare
	pattern text := p_channel;
	required text;
	caller_role app.role;
	resource_id uuid;
begin
	if p_channel ~ '^[a-z]+:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
		pattern := split_part(p_channel, ':', 1) || ':{id}';
		resource_id := split_part(p_channel, ':', 2);
	end if;
	required := live.required_role(pattern);
	if p_caller is not null then
		select u.role into caller_role from app.users u where u.id = p_caller and u.archived_at is null;
		if not found then
			return false;
		end if;
	end if;
	if required is null or (required <> 'PUBLIC' and (caller_role is null or caller_role < required::app.role)) then
		return false;
	end if;
	case pattern
	when 'note:{id}' then
		return exists (select from app.notes n where n.id = resource_id and (n.is_public or n.owner_id = p_caller));
	when 'log:{id}' then
		return exists (select from app.logs l where l.id = resource_id
			and api.may_see_log(l, p_caller, caller_role));
	when 'location:{id}' then
		return exists (select from app.locations l where l.id = resource_id);
	when 'user:{id}' then
		return coalesce(resource_id = p_caller, false);
	else
		return true;
	end case;
end $$;

-- The same for many pairs of channel and user, in their order.
create or replace function live.can_subscribe_many(p_channels text[], p_callers uuid[])
returns boolean[] language plpgsql stable as $$
begin
	return array(select live.can_subscribe(g.channel, g.caller)
		from unnest(p_channels, p_callers) with ordinality g (channel, caller, n) order by g.n);
end $$;

-- An event as subscribers receive it.
create or replace function live.event_json(e live.events)
returns jsonb language sql stable
as $$ select jsonb_build_object('offset', e."offset", 'type', e.type, 'data', e.data, 'at', e.at) $$;

-- The functions below that read events disable sequential scans: a session may have cached its plan
-- when the table was empty.

-- Subscribes to a channel. With an offset, returns all missed events in order, or none if they are
-- not complete. All values come from one snapshot, because a stable function uses the snapshot of
-- the calling statement.
create or replace function live.subscribe(p_channel text, p_caller uuid, p_since bigint, p_epoch text, p_max integer,
	out code text, out epoch text, out "offset" bigint, out recovered boolean, out missed jsonb)
language plpgsql stable set enable_seqscan = off as $$
declare
	count bigint;
begin
	recovered := false;
	if not live.can_subscribe(p_channel, p_caller) then
		code := 'FORBIDDEN';
		return;
	end if;
	epoch := live.epoch();
	"offset" := live.last_offset(p_channel);
	if p_since is null or p_epoch is distinct from epoch or p_since > "offset" or p_since < "offset" - p_max then
		return;
	end if;
	select count(*), coalesce(jsonb_agg(live.event_json(e) order by e."offset"), '[]') into count, missed
	from live.events e where e.channel = p_channel and e."offset" > p_since;
	recovered := count = "offset" - p_since;
	if not recovered then
		missed := null;
	end if;
end $$;

-- Backfill: the events after each channel's offset, in order, up to a maximum per channel. `more`
-- is set on a channel's last row if more events follow. `at` is formatted as in JSON.
create or replace function live.backfill(p_channels text[], p_offsets bigint[], p_max integer)
returns table (channel text, "offset" bigint, type text, data jsonb, at text, more boolean)
language plpgsql stable set enable_seqscan = off as $$
begin
	return query
	select g.channel, f."offset", f.type, f.data, to_json(f.at) #>> '{}',
		row_number() over (partition by g.n order by f."offset") = p_max and f."offset" < live.last_offset(g.channel)
	from unnest(p_channels, p_offsets) with ordinality g (channel, since, n)
	cross join lateral (
		select e."offset", e.type, e.data, e.at
		from live.events e
		where e.channel = g.channel and e."offset" > g.since
		order by e."offset"
		limit p_max
	) f
	order by g.n, f."offset";
end $$;

create or replace function live.last_offsets(p_channels text[])
returns table (channel text, "offset" bigint) language plpgsql stable set enable_seqscan = off as $$
begin
	return query select g.channel, live.last_offset(g.channel) from unnest(p_channels) g (channel);
end $$;

-- The history of a channel: events after an offset or, in reverse, before it. Null: from the first
-- event or, in reverse, from the last.
create or replace function live.history(p_channel text, p_caller uuid, p_since bigint, p_max integer, p_reverse boolean,
	out code text, out epoch text, out "offset" bigint, out publications jsonb)
language plpgsql stable set enable_seqscan = off as $$
begin
	if not live.can_subscribe(p_channel, p_caller) then
		code := 'FORBIDDEN';
		return;
	end if;
	epoch := live.epoch();
	"offset" := live.last_offset(p_channel);
	if p_reverse then
		select coalesce(jsonb_agg(live.event_json(e) order by e."offset" desc), '[]') into publications from (
			select * from live.events o
			where o.channel = p_channel and o."offset" < coalesce(p_since, 9223372036854775807)
			order by o."offset" desc limit p_max
		) e;
	else
		select coalesce(jsonb_agg(live.event_json(e) order by e."offset"), '[]') into publications from (
			select * from live.events o
			where o.channel = p_channel and o."offset" > coalesce(p_since, 0)
			order by o."offset" limit p_max
		) e;
	end if;
end $$;

-- Presence. For `duty`: the last thousand open duty sessions. Other channels have none.
create or replace function live.presence(p_channel text, p_caller uuid,
	out code text, out presence json, out clients integer, out users integer)
language plpgsql stable as $$
begin
	if not live.can_subscribe(p_channel, p_caller) then
		code := 'FORBIDDEN';
	elsif p_channel = 'duty' then
		select coalesce(json_object_agg(d.id, json_build_object('client', d.id, 'user', d.user_id,
			'conn_info', shown)), '{}'), count(*), count(distinct d.user_id)
		into presence, clients, users
		from (
			select s.id, s.user_id, s.location_id, s.clock_in_time from app.duty_sessions s
			where s.clock_out_time is null
			order by s.clock_in_time desc, s.id desc limit 1000
		) d
		cross join lateral (
			select u.first_name, u.last_name, u.role, d.location_id, d.clock_in_time
			from app.users u where u.id = d.user_id
		) shown;
	end if;
end $$;
