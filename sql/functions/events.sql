-- Assigns offsets to events, stores them, and deletes expired ones.

-- Builds events of the same type and data for several channels, as input for live.emit; null
-- channels are skipped.
create or replace function live.events_on(p_channels text[], p_type text, p_data jsonb)
returns jsonb language plpgsql immutable as $$
declare
	name text;
	events jsonb;
begin
	for i in 1 .. cardinality(p_channels) loop
		name := p_channels[i];
		if name is not null and name <> all (p_channels[:i - 1]) is not false then
			events := coalesce(events, '[]') || jsonb_build_object('channel', name, 'type', p_type, 'data', p_data);
		end if;
	end loop;
	return events;
end $$;

-- Stores one event of one channel, the most frequent case, as live.emit() does.
create or replace function live.emit_to(p_channel text, p_type text, p_data jsonb)
returns jsonb language plpgsql as $$
declare
	emitted jsonb;
begin
	if pg_advisory_xact_lock(hashtextextended(p_channel, 0)) is null then
	end if;
	insert into live.events (channel, "offset", type, data)
	values (p_channel, 1 + coalesce((
		select max(l."offset") from live.events l where l.channel = p_channel), 0), p_type, p_data)
	returning jsonb_build_array(to_jsonb(events)) into emitted;
	return emitted;
end $$;

-- Stores [{"channel", "type", "data"}, …] and returns them with "offset" and "at". Each channel is
-- locked until the transaction ends, so commit order is offset order and offsets have no gaps; the
-- statements after the locks see everything committed before them. Locks are taken in key order, so
-- two writers cannot deadlock as long as each transaction calls this function once. (PL/pgSQL, not
-- SQL, because each of its statements has its own snapshot.)
create or replace function live.emit(events jsonb)
returns jsonb language plpgsql as $$
declare
	key bigint;
	event jsonb;
	stored bigint;
	emitted jsonb := '[]';
begin
	if events is null or events = '[]' then
		return null;
	elsif jsonb_array_length(events) > 8 then
		return live.emit_many(events);
	elsif jsonb_array_length(events) = 1 then
		if pg_advisory_xact_lock(hashtextextended(events -> 0 ->> 'channel', 0)) is null then
		end if;
	else
		for key in
			select distinct hashtextextended(e ->> 'channel', 0) from jsonb_array_elements(events) e order by 1
		loop
			if pg_advisory_xact_lock(key) is null then
			end if;
		end loop;
	end if;
	for i in 0 .. jsonb_array_length(events) - 1 loop
		event := events -> i;
		insert into live.events (channel, "offset", type, data)
		values (event ->> 'channel', 1 + coalesce((
			select max(l."offset") from live.events l where l.channel = event ->> 'channel'), 0),
			event ->> 'type', event -> 'data')
		returning "offset" into stored;
		emitted := emitted || (event || jsonb_build_object('offset', stored, 'at', now()::timestamptz(3)));
	end loop;
	return emitted;
end $$;

-- The same, faster for many events. A session may have cached its plan when the table was empty;
-- enable_seqscan = off keeps that plan from scanning all events.
create or replace function live.emit_many(events jsonb)
returns jsonb language plpgsql set enable_seqscan = off as $$
declare
	key bigint;
	emitted jsonb;
begin
	for key in
		select distinct hashtextextended(e ->> 'channel', 0)
		from jsonb_array_elements(events) e order by 1
	loop
		perform pg_advisory_xact_lock(key);
	end loop;

	with input as (
		select e ->> 'channel' as channel, e ->> 'type' as type, e -> 'data' as data, n,
			row_number() over (partition by e ->> 'channel' order by n) as seq
		from jsonb_array_elements(events) with ordinality as t (e, n)
	), inserted as (
		insert into live.events (channel, "offset", type, data)
		select g.channel, g.seq + coalesce((
			select max(l."offset") from live.events l where l.channel = g.channel), 0),
			g.type, g.data
		from input g order by g.n
		returning channel, "offset", type, data, at
	)
	select jsonb_agg(to_jsonb(p)) into emitted from inserted p;
	return emitted;
end $$;

-- The last offset of a channel.
create or replace function live.last_offset(p_channel text)
returns bigint language plpgsql stable as $$
begin
	return coalesce((select max(e."offset") from live.events e where e.channel = p_channel), 0);
end $$;

-- Deletes a batch of events older than the given hours, but never the last event of a channel;
-- returns true if more remain. Events are visited in order of time, and none is visited twice: the
-- last event of a channel is deleted when its successor is visited. Only one process at a time does
-- this.
create or replace function live.delete_expired(p_hours integer, p_max integer)
returns boolean language plpgsql as $$
declare
	since timestamptz(3);
	up_to timestamptz(3);
	visited bigint;
begin
	select d.until into since from live.event_expiry d for update skip locked;
	if not found then
		return false;
	end if;
	select max(e.at), count(*) into up_to, visited from (
		select o.at from live.events o
		where o.at > since and o.at < now() - make_interval(hours => p_hours)
		order by o.at limit p_max
	) e;
	if visited = 0 then
		return false;
	end if;
	delete from live.events e where e.ctid = any (array(
		select o.ctid
		from (
			select p.channel, max(p."offset") as "offset" from live.events p
			where p.at > since and p.at <= up_to group by p.channel
		) g
		cross join lateral (select live.last_offset(g.channel) as "offset" offset 0) t
		cross join lateral (
			select r.ctid from live.events r
			where r.channel = g.channel and r."offset" <= g."offset" and r."offset" < t."offset"
		) o));
	update live.event_expiry set until = up_to;
	return visited >= p_max;
end $$;
