-- Processes that serve subscribers: heartbeats and totals.

-- Totals over the processes that reported within a minute: connections, those subscribed to the
-- channel `all`, the number of processes, and the time of the oldest report (null: no process has
-- reported yet).
create or replace function live.connection_totals(out connections bigint, out subscribers bigint,
	out processes bigint, out as_of timestamptz)
language plpgsql stable as $$
begin
	select coalesce(sum(p.connections), 0), coalesce(sum(p.subscribers), 0), count(*), min(p.seen_at)
	into connections, subscribers, processes, as_of
	from live.processes p where p.seen_at > now() - interval '1 minute';
end $$;

-- Records that a process is alive, and deletes processes without a heartbeat for a minute. Rows
-- that another process is deleting are skipped, so no process waits.
create or replace function live.heartbeat(p_process uuid, p_connections integer, p_subscriptions integer,
	p_subscribers integer)
returns void language plpgsql as $$
begin
	insert into live.processes as p (id, connections, subscriptions, subscribers)
	values (p_process, p_connections, p_subscriptions, p_subscribers)
	on conflict (id) do update set connections = excluded.connections, subscriptions = excluded.subscriptions,
		subscribers = excluded.subscribers, seen_at = now();
	delete from live.processes p where p.id in (
		select g.id from live.processes g
		where g.seen_at < now() - interval '1 minute' and g.id <> p_process
		for update skip locked);
end $$;
