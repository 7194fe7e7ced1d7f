-- broadcast_connections read 2s
select json_build_object('connection_count', t.connections, 'subscribers', t.subscribers,
	'processes', t.processes, 'as_of', t.as_of::timestamptz(3), 'timestamp', now()::timestamptz(3)) as body
from live.connection_totals() t;

-- broadcast_send write 5s untracked idempotent
select * from live.broadcast(:body);
