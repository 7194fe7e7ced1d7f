-- Broadcasts to all subscribers of the channel `all`.
-- after: common

-- Publishes to the channel `all`. The results count connections, not deliveries, which happen later,
-- in each process.
create or replace function live.broadcast(p_body jsonb)
returns api.result language plpgsql as $$
declare
	total bigint;
begin
	if octet_length((p_body -> 'data')::text) > 32768 then
		return api.refuse_input('VALIDATION_FAILED', '`data` must not exceed 32768 bytes.',
			api.fault('pointer', '/data', 'too_long', 'must have at most 32768 bytes'));
	end if;
	select t.connections into total from live.connection_totals() t;
	return api.ok(null,
		json_build_object('message', 'Broadcast to ' || total || ' connections.', 'results',
			json_build_object('total_connections', total, 'sent', total, 'failed', 0, 'stale_removed', 0)),
		live.emit(jsonb_build_array(jsonb_build_object('channel', 'all', 'type', p_body ->> 'type',
			'data', p_body -> 'data'))));
end $$;
