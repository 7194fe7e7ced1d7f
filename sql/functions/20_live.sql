-- live.emit: events get their places.

-- The same on each of these channels, for live.emit; null is no channel.
create or replace function live.events_on(p_channels text[], p_type text, p_data jsonb)
returns jsonb language plpgsql immutable as $$
begin
	return (
		select jsonb_agg(jsonb_build_object('channel', channel, 'type', p_type, 'data', p_data))
		from (select distinct channel from unnest(p_channels) channel where channel is not null) told);
end $$;

-- Takes [{"channel", "type", "data"}, …] and gives them back with "offset" and "at".
-- Each channel is locked until the transaction ends, so commit order is offset
-- order and there are no holes; the statement after the locks sees what was
-- committed before them. The locks are taken in the order of their keys: two
-- writers never wait for each other crosswise, as long as a transaction calls
-- this once. (PL/pgSQL, not SQL: each of its statements has its own snapshot.)
-- A session keeps its plan, which it may have made when there were no events yet: it must not be
-- one that reads them all.
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
