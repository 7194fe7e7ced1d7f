-- Verification of the trail. Each function returns faults, the first one of each chain or object.
-- after: audit, audit_seals

do $$ begin
	create type audit.fault as (chain integer, seq bigint, kind text, object_id uuid, fault text);
exception when duplicate_object then null;
end $$;

-- Entries that were changed, inserted, swapped, or removed before the end of a chain.
create or replace function audit.chain_faults()
returns setof audit.fault language sql stable
as $$
	select distinct on (c.chain) c.chain, c.seq, c.kind, c.object_id, case
		when c.seq <> c.previous_seq + 1 then 'the entry before it is missing'
		when c.digest <> audit.digest(c.salt, c.before, c.after) then 'its values were changed'
		when c.id <= c.previous_id then 'it is not in the order of the ids'
		else 'it was changed, or the entry before it' end
	from (
		select e.*, lag(e.seq, 1, 0::bigint) over w as previous_seq, lag(e.id, 1, 0::bigint) over w as previous_id,
			lag(e.hash, 1, '') over w as previous
		from audit.entries e
		window w as (partition by e.chain order by e.seq)
	) c
	where c.seq <> c.previous_seq + 1 or c.digest <> audit.digest(c.salt, c.before, c.after) or c.id <= c.previous_id
	or c.hash <> audit.chain_hash(c.previous, c.digest, c.id, c.chain, c.seq, c.at, c.kind, c.object_id, c.action,
		c.actor_id, c.api_key_id, c.request_id, c.origin)
	order by c.chain, c.seq
$$;

-- Entries whose values are missing though neither an erasure nor `audit prune` removed them.
create or replace function audit.removal_faults()
returns setof audit.fault language sql stable
as $$
	with removals as (
		select e.kind, e.object_id, max(e.id) as last_id from audit.entries e where e.action = 'erased' group by 1, 2
		union all
		select p.after ->> 'kind', o.key::uuid, o.value::bigint
		from audit.entries p cross join jsonb_each_text(p.after -> 'objects') o
		where p.kind = 'trail' and p.action = 'pruned'
	)
	select e.chain, e.seq, e.kind, e.object_id, 'its values were removed'
	from audit.entries e
	where e.salt is null and not exists (
		select from removals r where r.kind = e.kind and r.object_id = e.object_id and r.last_id >= e.id)
	order by e.id
$$;

-- Entries that a seal has, [[chain, seq, hash], …], and the trail does not.
create or replace function audit.head_faults(p_heads jsonb)
returns setof audit.fault language sql stable
as $$
	select (h ->> 0)::integer, (h ->> 1)::bigint, e.kind, e.object_id,
		case when e.hash is null then 'it was sealed, and is missing' else 'it was changed after it was sealed' end
	from jsonb_array_elements(p_heads) h
	left join audit.entries e on e.chain = (h ->> 0)::integer and e.seq = (h ->> 1)::bigint
	where encode(e.hash, 'hex') is distinct from h ->> 2
$$;

create or replace function audit.seal_faults()
returns setof audit.fault language plpgsql stable as $$
declare
	seal audit.seals;
	previous audit.seals;
begin
	for seal in select * from audit.seals s order by s.number loop
		if seal.number <> coalesce(previous.number, 0) + 1 then
			return query select null::integer, null::bigint, 'seal', null::uuid, 'seal ' || seal.number - 1 || ' is missing';
		end if;
		if seal.hash <> audit.seal_hash(coalesce(previous.hash, ''), seal.number, seal.at, seal.heads) then
			return query select null::integer, null::bigint, 'seal', null::uuid, 'seal ' || seal.number || ' was changed';
		end if;
		return query select * from audit.head_faults(seal.heads);
		previous := seal;
	end loop;
end $$;

-- Compares the trail with a seal that was printed before.
create or replace function audit.printed_seal_faults(p_seal jsonb)
returns setof audit.fault language sql stable
as $$
	select null::integer, null::bigint, 'seal', null::uuid, 'seal ' || (p_seal ->> 'number') || ' is missing, or was changed'
	where not exists (select from audit.seals s where s.number = (p_seal ->> 'number')::bigint
		and s.heads = p_seal -> 'heads' and encode(s.hash, 'hex') = p_seal ->> 'hash')
	union all
	select * from audit.head_faults(p_seal -> 'heads')
$$;

-- ---- Objects ----

create or replace function audit.fold_step(state jsonb, action text, after jsonb)
returns jsonb language sql immutable
as $$ select case when action in ('created', 'deleted', 'erased') then coalesce(after, '{}')
	else state || coalesce(after, '{}') end $$;

-- The last state of an object, from its entries in order.
create or replace aggregate audit.fold(text, jsonb) (sfunc = audit.fold_step, stype = jsonb, initcond = '{}');

create or replace function audit.is_hash(value jsonb)
returns boolean language sql immutable
as $$ select jsonb_typeof(value) = 'object' and value ? 'sha256' and value ? 'salt' $$;

-- Whether a row has the values of a state. `p_plain` is the state in the form in which the row prints it:
-- of times, for example, there are several.
create or replace function audit.is_same(p_state jsonb, p_plain jsonb, p_row jsonb, p_secrets text[], p_ignored text[])
returns boolean language plpgsql stable as $$
declare
	name text;
begin
	if p_row is null or p_state = '{}' then
		return p_row is null and p_state = '{}';
	end if;
	foreach name in array p_secrets loop
		if audit.is_hash(p_state -> name) then
			if audit.hash_value(p_state -> name ->> 'salt', p_row ->> name) is distinct from p_state -> name then
				return false;
			end if;
			p_ignored := p_ignored || name;
		end if;
	end loop;
	return jsonb_strip_nulls(p_plain - p_ignored) = jsonb_strip_nulls(p_row - p_ignored);
end $$;

-- Objects of a kind whose row is not as their last entry says.
create or replace function audit.faults_of_kind(p_kind audit.kinds)
returns setof audit.fault language plpgsql stable as $$
begin
	return query execute format($q$
		select o.chain, o.seq, $1, coalesce(s.object_id, t.id), case
			when s.object_id is null then 'the object is not in the trail'
			when t.id is null then 'the object is missing'
			when s.state = '{}' then 'the object was deleted, or its entries were'
			else 'the object is not as its last entry says' end
		from (
			select e.object_id, audit.fold(e.action, e.after order by e.id) as state
			from audit.entries e where e.kind = $1
			group by e.object_id
		) s
		full join %s t on t.id = s.object_id
		left join lateral (
			select e.chain::integer as chain, e.seq from audit.entries e where e.object_id = s.object_id and e.kind = $1
			order by e.id desc limit 1
		) o on true
		where not audit.is_same(coalesce(s.state, '{}'),
			to_jsonb(jsonb_populate_record(null::%s, audit.without_hashes(s.state, $2))), to_jsonb(t), $2, $3)
	$q$, p_kind.tbl, p_kind.tbl) using p_kind.kind, p_kind.secrets, p_kind.ignored;
end $$;

create or replace function audit.without_hashes(p_state jsonb, p_secrets text[])
returns jsonb language sql immutable
as $$ select case when p_secrets = '{}' then p_state
	else p_state - array(select s from unnest(p_secrets) s where audit.is_hash(p_state -> s)) end $$;

create or replace function audit.object_faults()
returns setof audit.fault language plpgsql stable as $$
declare
	kind audit.kinds;
begin
	for kind in select * from audit.kinds k order by k.kind loop
		return query select * from audit.faults_of_kind(kind);
	end loop;
end $$;
