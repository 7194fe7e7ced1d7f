-- Processes that serve subscribers, broadcasts, and expiry of events.

-- Totals over all processes.
create or replace function live.totals(out connections bigint, out subscriptions bigint)
language plpgsql stable as $$
begin
	select coalesce(sum(p.connections), 0), coalesce(sum(p.subscriptions), 0) into connections, subscriptions
	from live.processes p where p.seen_at > now() - interval '1 minute';
end $$;

-- Records that a process is alive, and deletes processes without a heartbeat for a minute. Rows
-- that another process is deleting are skipped, so no process waits.
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

-- Publishes to the channel `all`. The results count connections, not deliveries, which happen later
-- and in each process.
create or replace function live.broadcast(p_body jsonb)
returns api.answer language plpgsql as $$
declare
	everybody bigint;
begin
	if p_body ->> 'type' !~ '^[a-z0-9_.]+$' then
		return api.refuse('VALIDATION_FAILED', '`type` may contain only a-z, 0-9, _ and dots.');
	end if;
	if octet_length((p_body -> 'data')::text) > 32768 then
		return api.refuse('VALIDATION_FAILED', '`data` must not exceed 32768 bytes.');
	end if;
	select t.connections into everybody from live.totals() t;
	return row(null, null, null, null, null, null,
		json_build_object('message', 'Broadcast to ' || everybody || ' connections.', 'results', json_build_object(
			'total_connections', everybody, 'sent', everybody, 'failed', 0, 'stale_removed', 0)),
		live.emit(jsonb_build_array(jsonb_build_object('channel', 'all', 'type', p_body ->> 'type',
			'data', p_body -> 'data'))))::api.answer;
end $$;

-- Deletes a batch of events older than the given hours, but never the last event of a channel;
-- returns true if more remain. Events are visited in order of time, and none is visited twice: the
-- last event of a channel is deleted when its successor is visited. Only one process at a time does
-- this.
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
