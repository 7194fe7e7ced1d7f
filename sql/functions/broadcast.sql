-- Broadcasts to all subscribers of the channel `all`.
-- after: common

-- Publishes to the channel `all`. Deliveries happen later, in each process, so the results count the
-- subscribers that the processes last reported.
create or replace function live.broadcast(p_body jsonb)
returns api.result language plpgsql as $$
declare
	total record;
begin
	if octet_length((p_body -> 'data')::text) > 32768 then
		return api.refuse_input('VALIDATION_FAILED', '`data` must not exceed 32768 bytes.',
			api.fault('pointer', '/data', 'too_long', 'must have at most 32768 bytes'));
	end if;
	select * into total from live.connection_totals();
	return api.ok(null,
		json_build_object('message', 'Published to ' || total.subscribers || ' of ' || total.connections
			|| ' connections.', 'results', json_build_object('total_connections', total.connections,
			'subscribers', total.subscribers, 'processes', total.processes,
			'as_of', total.as_of::timestamptz(3))),
		live.emit(jsonb_build_array(jsonb_build_object('channel', 'all', 'type', p_body ->> 'type',
			'data', p_body -> 'data'))));
end $$;
