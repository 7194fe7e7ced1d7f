-- audit_list read 5s
select api.audit_items(page.chains[1 : :limit::integer], page.seqs[1 : :limit::integer]) as body,
	case when cardinality(page.ids) > :limit::integer
		then json_build_array(page.times[:limit::integer], page.ids[:limit::integer]) end as next
from (
	select array_agg(f.id) as ids, array_agg(f.at) as times, array_agg(f.chain) as chains, array_agg(f.seq) as seqs
	from (
		select e.at, e.id, e.chain, e.seq
		from audit.entries e
		where true
		and e.kind = any (lower(:kind?)::text[])
		and e.object_id = :object_id?::uuid
		and e.actor_id = :actor_id?::uuid
		and e.action = any (lower(:action?)::text[])
		and e.at >= api.range_start(:start_date?)
		and e.at < api.range_end(:end_date?)
		and (e.at, e.id) < (:cursor_1?::timestamptz, :cursor_2?::bigint)
		order by e.at desc, e.id desc
		limit :limit::integer + 1 offset :skip::integer
	) f
) page;

-- audit_seal_daily write 10s untracked
select s.more from audit.seal_daily() s (more);

-- audit_seal write 60s untracked
select audit.seal_json(s) as body from audit.add_seal() s;

-- audit_last_seal read 10s
select (select audit.seal_json(s) from audit.seals s order by s.number desc limit 1) as body;

-- audit_verify_chains read 600s
select * from audit.chain_faults();

-- audit_verify_removals read 600s
select * from audit.removal_faults();

-- audit_verify_seals read 600s
select * from audit.seal_faults();

-- audit_verify_seal read 600s
select * from audit.printed_seal_faults(:seal);

-- audit_verify_tables read 60s
select * from audit.table_faults();

-- audit_verify_kinds read 600s
select * from audit.kind_faults();

-- audit_verify_histories read 600s
select * from audit.history_faults();

-- audit_verify_objects read 600s
select * from audit.object_faults();

-- audit_verify_functions read 60s
-- Those in the database that are not those of the program. `source` is the text of all of them.
with ours as (
	select split_part(p, '(', 1) as name, split_part(p, '$$', 2) as body
	from string_to_table(:source, 'create or replace function ') with ordinality t (p, n)
	where n > 1
), theirs as (
	select n.nspname || '.' || f.proname as name, f.prosrc as body, n.nspname
	from pg_catalog.pg_proc f join pg_catalog.pg_namespace n on n.oid = f.pronamespace
	where f.prokind = 'f' and n.nspname in ('api', 'app', 'audit', 'live')
)
select null::integer as chain, null::bigint as seq, null as kind, null::uuid as object_id, f.fault
from (
	select 'the function ' || o.name || ' was changed' as fault
	from ours o where not exists (select from theirs t where t.name = o.name and t.body = o.body)
	union all
	-- PostgreSQL might prefer it to the one that is meant.
	select 'there is another function ' || t.name
	from theirs t where t.nspname = 'audit' and not exists (select from ours o where o.name = t.name and o.body = t.body)
	union all
	select 'the aggregate audit.fold was changed'
	where not exists (
		select from pg_catalog.pg_aggregate a
		where a.aggfnoid = to_regprocedure('audit.fold(text, jsonb)') and a.aggfinalfn = 0 and a.agginitval = '{}'
		and a.aggtransfn = to_regprocedure('audit.fold_step(jsonb, text, jsonb)'))
) f
order by f.fault;

-- audit_count read 600s
select count(*) as entries from audit.entries;

-- audit_prune write 60s owner
select p.removed from audit.prune(lower(:kind), :days, 200) p (removed);
