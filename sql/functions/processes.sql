-- Processes that serve subscribers: heartbeats and totals.

-- Totals over all processes.
create or replace function live.connection_totals(out connections bigint, out subscriptions bigint)
language plpgsql stable as $$
begin
	select coalesce(sum(p.connections), 0), coalesce(sum(p.subscriptions), 0) into connections, subscriptions
	from live.processes p where p.seen_at > now() - interval '1 minute';
end $$;

-- Records that a process is alive, and deletes processes without a heartbeat for a minute. Rows
-- that another process is deleting are skipped, so no process waits.
create or replace function live.heartbeat(p_process uuid, p_connections integer, p_subscriptions integer)
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
