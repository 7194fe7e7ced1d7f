-- Entries of the trail, as the API shows them.
-- after: audit

create or replace view api.audit_entry_view as
select e.chain, e.seq, to_json(shown) as body
from audit.entries e
cross join lateral (
	select e.id, e.at, upper(e.kind) as kind, e.object_id, upper(e.action) as action,
		(select to_json(b) from (select u.id, u.first_name, u.last_name from app.users u
			where u.id = e.actor_id) b) as actor,
		e.api_key_id, e.origin, e.request_id, e.before, e.after, e.salt is null as removed
) shown;

-- The entries at these places, in this order.
create or replace function api.audit_items(p_chains integer[], p_seqs bigint[])
returns json language plpgsql stable as $$
begin
	return (
		select coalesce(json_agg(v.body order by i.n), '[]')
		from unnest(p_chains, p_seqs) with ordinality i (chain, seq, n)
		cross join lateral (
			select v.body from api.audit_entry_view v where v.chain = i.chain and v.seq = i.seq limit 1
		) v
	);
end $$;

-- The changes of an object, newest first, as far as they have higher numbers than `p_after`.
create or replace function api.history(p_kind text, p_object uuid, p_limit integer, p_skip integer,
	p_after bigint default 0)
returns json language plpgsql stable as $$
declare
	chains integer[];
	seqs bigint[];
begin
	select array_agg(e.chain), array_agg(e.seq) into chains, seqs
	from (
		select o.chain, o.seq from audit.entries o
		where o.object_id = p_object and o.kind = p_kind and o.id > p_after
		order by o.id desc limit p_limit offset p_skip
	) e;
	return api.audit_items(chains, seqs);
end $$;
