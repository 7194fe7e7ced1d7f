-- live.sql: subscriptions, missed events, and the processes that serve subscribers.

-- live_hear read 5s
select * from live.hear(:channel, :caller_id, :since, :epoch, :most);

-- live_may_hear read 5s
select array_to_string(live.may_hear_many(:channels, :callers), ' ') as may;

-- live_missed read 5s
select * from live.missed(:channels, :offsets, :most);

-- live_tops read 5s
select live.epoch() as epoch, t.* from live.tops(:channels) t;

-- live_past read 5s
select * from live.past(:channel, :caller_id, :since, :most, :reverse);

-- live_presence read 2s
select * from live.presence(:channel, :caller_id);

-- live_connections read 2s
select json_build_object('connection_count', t.connections, 'timestamp', now()::timestamptz(3)) as body
from live.totals() t;

-- live_beat write 2s
select live.beat(:process, :connections, :subscriptions), (
	select count(*) from live.processes p
	where p.id <> :process and p.seen_at > now() - interval '1 minute') as others;

-- live_broadcast write 5s once
select * from live.broadcast(:body);

-- live_sweep write 10s
select live.drop_old(:hours, 5000) as more;
