-- Assigns offsets to events and stores them.

-- Builds events of the same type and data for several channels, as input for live.emit; null
-- channels are skipped.
create or replace function live.events_on(p_channels text[], p_type text, p_data jsonb)
returns jsonb language plpgsql immutable as $$
begin
	return (
		select jsonb_agg(jsonb_build_object('channel', channel, 'type', p_type, 'data', p_data))
		from (select distinct channel from unnest(p_channels) channel where channel is not null) told);
end $$;

-- Stores [{"channel", "type", "data"}, …] and returns them with "offset" and "at". Each channel is
-- locked until the transaction ends, so commit order is offset order and offsets have no gaps; the
-- statement after the locks sees everything committed before them. Locks are taken in key order, so
-- two writers cannot deadlock as long as each transaction calls this function once. (PL/pgSQL, not
-- SQL, because each of its statements has its own snapshot.) A session may have cached its plan
-- when the table was empty; enable_seqscan = off keeps that plan from scanning all events.
create or replace function live.emit(events jsonb)
returns jsonb language plpgsql set enable_seqscan = off as $$
declare
	key bigint;
	emitted jsonb;
begin
	for key in
		select distinct hashtextextended(e ->> 'channel', 0)
		from jsonb_array_elements(events) e order by 1
	loop
		perform pg_advisory_xact_lock(key);
	end loop;

	with given as (
		select e ->> 'channel' as channel, e ->> 'type' as type, e -> 'data' as data, n,
			row_number() over (partition by e ->> 'channel' order by n) as place
		from jsonb_array_elements(events) with ordinality as t (e, n)
	), placed as (
		insert into live.events (channel, "offset", type, data)
		select g.channel, g.place + coalesce((
			select max(l."offset") from live.events l where l.channel = g.channel), 0),
			g.type, g.data
		from given g order by g.n
		returning channel, "offset", type, data, at
	)
	select jsonb_agg(to_jsonb(p)) into emitted from placed p;
	return emitted;
end $$;
