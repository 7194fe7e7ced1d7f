-- The processes that stream, what is said to everybody, and old events.

-- How many all processes serve together.
create or replace function live.totals(out connections bigint, out subscriptions bigint)
language plpgsql stable as $$
begin
	select coalesce(sum(p.connections), 0), coalesce(sum(p.subscriptions), 0) into connections, subscriptions
	from live.processes p where p.seen_at > now() - interval '1 minute';
end $$;

-- A process is there; those that have not said so for a minute are forgotten. (None waits for
-- another that forgets the same.)
create or replace function live.beat(p_process uuid, p_connections integer, p_subscriptions integer)
returns void language plpgsql as $$
begin
	insert into live.processes as p (id, connections, subscriptions)
	values (p_process, p_connections, p_subscriptions)
	on conflict (id) do update set connections = excluded.connections, subscriptions = excluded.subscriptions,
		seen_at = now();
	delete from live.processes p where p.id in (
		select g.id from live.processes g
		where g.seen_at < now() - interval '1 minute' and g.id <> p_process
		for update skip locked);
end $$;

-- Said to everybody who listens to `all`. Its results count connections: what becomes of each
-- is seen by the process that has it, later.
create or replace function live.broadcast(p_body jsonb)
returns api.answer language plpgsql as $$
declare
	everybody bigint;
begin
	if p_body ->> 'type' !~ '^[a-z0-9_.]+$' then
		return api.refuse('VALIDATION_FAILED', '`type` is made of a-z, 0-9, _ and the dot.');
	end if;
	if octet_length((p_body -> 'data')::text) > 32768 then
		return api.refuse('VALIDATION_FAILED', '`data` has at most 32768 bytes.');
	end if;
	select t.connections into everybody from live.totals() t;
	return row(null, null, null, null, null, null,
		json_build_object('message', 'Broadcast to ' || everybody || ' connections.', 'results', json_build_object(
			'total_connections', everybody, 'sent', everybody, 'failed', 0, 'stale_removed', 0)),
		live.emit(jsonb_build_array(jsonb_build_object('channel', 'all', 'type', p_body ->> 'type',
			'data', p_body -> 'data'))))::api.answer;
end $$;

-- Drops events that are older than so many hours, but never the last of a channel; true: there
-- are more. It goes through them in the order of their times, so many at a time, and never
-- again through those it has passed: one that was its channel's last is dropped when the one
-- that came after it is passed in its turn. One process at a time does it.
create or replace function live.drop_old(p_hours integer, p_most integer)
returns boolean language plpgsql as $$
declare
	since timestamptz(3);
	upto timestamptz(3);
	passed bigint;
begin
	select d.until into since from live.dropped d for update skip locked;
	if not found then
		return false;
	end if;
	select max(e.at), count(*) into upto, passed from (
		select o.at from live.events o
		where o.at > since and o.at < now() - make_interval(hours => p_hours)
		order by o.at limit p_most
	) e;
	if passed = 0 then
		return false;
	end if;
	delete from live.events e where e.ctid = any (array(
		select o.ctid
		from (
			select p.channel, max(p."offset") as "offset" from live.events p
			where p.at > since and p.at <= upto group by p.channel
		) g
		cross join lateral (select live.top(g.channel) as "offset" offset 0) t
		cross join lateral (
			select r.ctid from live.events r
			where r.channel = g.channel and r."offset" <= g."offset" and r."offset" < t."offset"
		) o));
	update live.dropped set until = upto;
	return passed >= p_most;
end $$;
