-- processes_heartbeat write 2s untracked
select live.heartbeat(:process, :connections, :subscriptions, :subscribers), (
	select count(*) from live.processes p
	where p.id <> :process and p.seen_at > now() - interval '1 minute') as others;
