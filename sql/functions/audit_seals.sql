-- Seals of the trail: the last hash of each chain, for comparison with a trail that was changed later.
-- after: audit

create or replace function audit.seal_hash(previous bytea, number bigint, at timestamptz, heads jsonb)
returns bytea language sql stable
as $$ select sha256(previous || convert_to(concat(number, '|', (extract(epoch from at) * 1000)::bigint, '|', heads), 'UTF8')) $$;

create or replace function audit.chain_heads()
returns jsonb language sql stable
as $$ select coalesce(jsonb_agg(jsonb_build_array(c.chain, l.seq, encode(l.hash, 'hex')) order by c.chain), '[]')
	from generate_series(0, 255) c (chain)
	cross join lateral (select e.seq, e.hash from audit.entries e where e.chain = c.chain order by e.seq desc limit 1) l $$;

-- (The serving role may not insert seals; this function may.)
create or replace function audit.add_seal()
returns audit.seals language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
	last audit.seals;
	new audit.seals;
begin
	perform pg_advisory_xact_lock(7165217, 256);
	select * into last from audit.seals s order by s.number desc limit 1;
	new.number := coalesce(last.number, 0) + 1;
	new.at := clock_timestamp();
	new.heads := audit.chain_heads();
	new.hash := audit.seal_hash(coalesce(last.hash, ''), new.number, new.at, new.heads);
	insert into audit.seals values (new.*);
	return new;
end $$;

create or replace function audit.seal_json(p_seal audit.seals)
returns json language sql stable
as $$ select json_build_object('number', p_seal.number, 'at', p_seal.at, 'hash', encode(p_seal.hash, 'hex'),
	'previous', (select encode(s.hash, 'hex') from audit.seals s where s.number = p_seal.number - 1),
	'heads', p_seal.heads) $$;

-- Seals the trail if a day has passed since the last seal. Returns false: there is never more to do.
create or replace function audit.seal_daily()
returns boolean language plpgsql as $$
begin
	if not exists (select from audit.seals s where s.at > now() - interval '24 hours') then
		perform audit.add_seal();
	end if;
	return false;
end $$;
