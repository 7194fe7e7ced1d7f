-- Verification of the trail. Each function returns faults, the first one of each chain or object.
-- after: audit, audit_seals

do $$ begin
	create type audit.fault as (chain integer, seq bigint, kind text, object_id uuid, fault text);
exception when duplicate_object then null;
end $$;

-- Entries that were changed, inserted, swapped, or removed before the end of a chain. (An entry whose values
-- were removed has no salt: there is nothing that its digest could be compared with.)
create or replace function audit.chain_faults()
returns setof audit.fault language sql stable
as $$
	select distinct on (c.chain) c.chain, c.seq, c.kind, c.object_id, case
		when c.seq <> c.previous_seq + 1 then 'the entry before it is missing'
		when c.digest <> audit.digest(c.salt, c.before, c.after) then 'its values were changed'
		when c.salt is null and (c.before is not null or c.after is not null) then 'its values were removed, and it has some'
		when c.chain not between 0 and 255 then 'there is no such chain'
		when c.id <= c.previous_id then 'it is not in the order of the ids'
		else 'it was changed, or the entry before it' end
	from (
		select e.*, lag(e.seq, 1, 0::bigint) over w as previous_seq, lag(e.id, 1, 0::bigint) over w as previous_id,
			lag(e.hash, 1, '') over w as previous
		from audit.entries e
		window w as (partition by e.chain order by e.seq)
	) c
	where c.seq <> c.previous_seq + 1 or c.digest <> audit.digest(c.salt, c.before, c.after) or c.id <= c.previous_id
	or c.salt is null and (c.before is not null or c.after is not null) or c.chain not between 0 and 255
	or c.hash <> audit.chain_hash(c.previous, c.digest, c.id, c.chain, c.seq, c.at, c.kind, c.object_id, c.action,
		c.actor_id, c.api_key_id, c.request_id, c.origin)
	order by c.chain, c.seq
$$;

-- Entries whose values are missing though neither an erasure nor `audit prune` removed them.
create or replace function audit.removal_faults()
returns setof audit.fault language sql stable
as $$
	with removals as (
		select e.kind, e.object_id, max(e.id) - 1 as last_id from audit.entries e where e.action = 'erased' group by 1, 2
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
