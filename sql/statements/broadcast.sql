-- broadcast_connections read 2s
select json_build_object('connection_count', t.connections, 'subscribers', t.subscribers,
	'processes', t.processes, 'as_of', t.as_of::timestamptz(3), 'timestamp', now()::timestamptz(3),
	'gateway_connections', (select count(*) from live.gateway_connections g where g.expires_at > now())) as body
from live.connection_totals() t;

-- broadcast_send write 5s untracked idempotent
select * from live.broadcast(:body);

-- broadcast_gateway_connected write 5s untracked idempotent
select * from live.gateway_connected(:body);

-- broadcast_gateway_disconnected write 5s untracked idempotent
select * from live.gateway_disconnected(:body);

-- broadcast_gateway_expire write 10s untracked
with deleted as (
	delete from live.gateway_connections g where g.id = any (array(
		select o.id from live.gateway_connections o where o.expires_at < now() limit 5000 for update skip locked))
	returning 1
)
select count(*) = 5000 as more from deleted;
