-- Broadcasts to all subscribers of the channel `all`, and connections that API gateways report.
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

-- The result that an integration of AWS API Gateway returns.
create or replace function live.gateway_result(p_message text)
returns api.result language sql immutable
as $$ select api.ok(null, json_build_object('statusCode', 200,
	'body', jsonb_build_object('message', p_message)::text)) $$;

-- Whether a gateway called the operation of this route: null, or the refusal.
create or replace function live.check_gateway_route(p_body jsonb, p_route text)
returns api.result language sql immutable
as $$ select case when p_body #>> '{requestContext,routeKey}' <> p_route then api.refuse_input('VALIDATION_FAILED', null,
	api.fault('pointer', '/requestContext/routeKey', 'not_a_choice', 'must be ' || p_route)) end $$;

-- Counts a connection to a gateway for a day, unless the gateway reports its end.
create or replace function live.gateway_connected(p_body jsonb)
returns api.result language plpgsql as $$
declare
	refusal api.result := live.check_gateway_route(p_body, '$connect');
begin
	if refusal.code is not null then
		return refusal;
	end if;
	insert into live.gateway_connections (id, expires_at)
	values (p_body #>> '{requestContext,connectionId}', now() + interval '24 hours')
	on conflict (id) do update set expires_at = excluded.expires_at;
	return live.gateway_result('Connected');
end $$;

create or replace function live.gateway_disconnected(p_body jsonb)
returns api.result language plpgsql as $$
declare
	refusal api.result := live.check_gateway_route(p_body, '$disconnect');
begin
	if refusal.code is not null then
		return refusal;
	end if;
	delete from live.gateway_connections g where g.id = p_body #>> '{requestContext,connectionId}';
	return live.gateway_result('Disconnected');
end $$;
