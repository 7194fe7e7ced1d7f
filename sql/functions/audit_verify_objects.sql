-- Verification of the trail against its tables and triggers, and of each object against its entries.
-- after: audit, audit_verify

drop function if exists audit.is_same(jsonb, jsonb, jsonb, text[], text[]), audit.without_hashes(jsonb, text[]);

-- ---- Tables and triggers ----

-- What audit.kinds must contain. Verification reads nothing else: whoever changes that table, changes nothing here.
create or replace function audit.declared_kinds()
returns setof audit.kinds language sql stable
as $$
	select lower(d.kind), to_regclass('app.' || d.name), string_to_array(d.secrets, ' '), d.open_when,
		string_to_array(d.ignored, ' '), audit.column_names(to_regclass('app.' || d.name))
	from (values (null, null, null, null, null)
		-- audit_kinds.def: , ('{1}', '{2}', '{3}', '{4}', '{5}')
	) d (kind, name, secrets, open_when, ignored)
	where d.kind is not null
$$;

-- Whether the trigger of a table is there, enabled, and as audit.track() creates it: for each row, after insert,
-- update and delete.
create or replace function audit.has_trigger(p_kind audit.kinds)
returns boolean language sql stable
as $$ select exists (
	select from pg_trigger t
	where t.tgrelid = p_kind.tbl and t.tgname = 'record_change' and t.tgfoid = to_regprocedure('audit.record_change()')
	and t.tgenabled = 'O' and t.tgtype = 29 and t.tgattr = '' and t.tgqual is null
	and t.tgargs = convert_to(p_kind.kind, 'UTF8') || '\x00' || convert_to(p_kind.secrets::text, 'UTF8') || '\x00'
		|| convert_to(p_kind.open_when, 'UTF8') || '\x00' || convert_to(p_kind.ignored::text, 'UTF8') || '\x00') $$;

-- Tables that are not recorded as this version does it.
create or replace function audit.table_faults()
returns setof audit.fault language sql stable
as $$
	select null::integer, null::bigint, d.kind, null::uuid, case
		when d.tbl is null then 'the table of ' || d.kind || ' is missing'
		when not audit.has_trigger(d) then 'the trigger of ' || d.tbl || ' is missing, disabled or changed'
		else 'audit.kinds does not describe ' || d.tbl || ' as this version does' end
	from audit.declared_kinds() d left join audit.kinds k on k.kind = d.kind
	where d.tbl is null or not audit.has_trigger(d) or k is distinct from d
	order by d.kind
$$;

-- Entries of other kinds than those that are recorded.
create or replace function audit.kind_faults()
returns setof audit.fault language sql stable
as $$
	select e.chain, e.seq, e.kind, e.object_id, 'there is no such kind'
	from audit.entries e
	where e.kind <> 'trail' and e.kind not in (select k.kind from audit.declared_kinds() k where k.kind is not null)
	order by e.id
$$;

-- ---- Objects ----

create or replace function audit.fold_step(state jsonb, action text, after jsonb)
returns jsonb language plpgsql immutable as $$
begin
	if action in ('created', 'deleted', 'erased') then
		return coalesce(after, '{}');
	end if;
	return case when after is null then state else state || after end;
end $$;

-- The last state of an object, from its entries in order.
create or replace aggregate audit.fold(text, jsonb) (sfunc = audit.fold_step, stype = jsonb, initcond = '{}');

create or replace function audit.is_hash(value jsonb)
returns boolean language sql immutable
as $$ select jsonb_typeof(value) = 'object' and value ? 'sha256' and value ? 'salt' $$;

-- Values in the form in which a row prints them: of times, for example, there are several. Values that the table
-- cannot have stay as they are.
create or replace function audit.plain(p_table regclass, p_values jsonb)
returns jsonb language plpgsql stable as $$
declare
	plain jsonb;
begin
	execute format('select to_jsonb(jsonb_populate_record(null::%s, $1))', p_table) into plain using p_values;
	return plain;
exception
	when data_exception or integrity_constraint_violation then return p_values;
end $$;

-- Whether a row has the values of a state.
create or replace function audit.is_same(p_state jsonb, p_row jsonb, p_kind audit.kinds)
returns boolean language plpgsql stable as $$
declare
	name text;
begin
	if p_row is null or p_state = '{}' then
		return p_row is null and p_state = '{}';
	end if;
	p_row := p_row - p_kind.ignored;
	foreach name in array p_kind.secrets loop
		if audit.is_hash(p_state -> name) then
			if audit.hash_value(p_state -> name ->> 'salt', p_row ->> name) is distinct from p_state -> name then
				return false;
			end if;
			p_state := p_state - name;
			p_row := p_row - name;
		end if;
	end loop;
	p_state := jsonb_strip_nulls(p_state - p_kind.ignored);
	p_row := jsonb_strip_nulls(p_row);
	return p_state = p_row or jsonb_strip_nulls(audit.plain(p_kind.tbl, p_state)) = p_row;
end $$;

-- Objects of a kind whose row is not as their last entry says.
create or replace function audit.faults_of_kind(p_kind audit.kinds)
returns setof audit.fault language plpgsql stable as $$
begin
	return query execute format($q$
		select o.chain, o.seq, $1.kind, coalesce(s.object_id, t.id), case
			when s.object_id is null then 'the object is not in the trail'
			when t.id is null then 'the object is missing'
			when s.state = '{}' then 'the object was deleted, or its entries were'
			else 'the object is not as its last entry says' end
		from (
			select e.object_id, audit.fold(e.action, e.after order by e.id) as state
			from audit.entries e where e.kind = $1.kind
			group by e.object_id
		) s
		full join %s t on t.id = s.object_id
		left join lateral (
			select e.chain::integer as chain, e.seq from audit.entries e
			where e.object_id = s.object_id and e.kind = $1.kind
			order by e.id desc limit 1
		) o on true
		where not audit.is_same(coalesce(s.state, '{}'), to_jsonb(t), $1)
	$q$, p_kind.tbl) using p_kind;
end $$;

create or replace function audit.object_faults()
returns setof audit.fault language plpgsql stable as $$
declare
	kind audit.kinds;
begin
	for kind in select * from audit.declared_kinds() k where k.tbl is not null order by k.kind loop
		return query select * from audit.faults_of_kind(kind);
	end loop;
end $$;

-- ---- Histories ----

-- Whether an entry says other values than the state before it. (Hashes have different salts. Null and absent are
-- the same.) `p_all`: the state has all values that an object had.
create or replace function audit.contradicts(p_state jsonb, p_values jsonb, p_all boolean, p_kind audit.kinds)
returns boolean language plpgsql stable as $$
declare
	name text;
	value jsonb;
	old jsonb;
begin
	if p_state @> p_values then
		return false;
	end if;
	for name, value in select * from jsonb_each(p_values) loop
		old := coalesce(p_state -> name, 'null');
		if old <> value and (p_all or p_state ? name) and name <> all (p_kind.ignored)
			and not (name = any (p_kind.secrets) and (audit.is_hash(old) or audit.is_hash(value)))
			and audit.plain(p_kind.tbl, jsonb_build_object(name, old)) -> name
				is distinct from audit.plain(p_kind.tbl, jsonb_build_object(name, value)) -> name then
			return true;
		end if;
	end loop;
	return false;
end $$;

-- Entries that do not continue those before: between them, the row was changed behind the trail. SQL commands, such
-- as migrations, may add columns, whose values entries then have without an earlier one.
create or replace function audit.histories_of_kind(p_kind audit.kinds)
returns setof audit.fault language sql stable
as $$
	select h.chain, h.seq, h.kind, h.object_id, case h.action
		when 'created' then 'the object existed already'
		when 'recorded' then 'it records other values than the entries before it'
		else 'the object was changed before it, behind the trail' end
	from (
		select e.*, coalesce(audit.fold(e.action, e.after) over before_it, '{}') as state,
			coalesce(bool_or(e.salt is null) over before_it, false) as removed
		from audit.entries e where e.kind = p_kind.kind
		window before_it as (partition by e.object_id order by e.id rows between unbounded preceding and 1 preceding)
	) h
	where h.salt is not null and case h.action
		when 'created' then h.state <> '{}'
		when 'recorded' then audit.contradicts(h.state, h.after, false, p_kind)
		when 'erased' then false
		else audit.contradicts(h.state, h.before, not h.removed and not starts_with(h.origin, 'sql/'), p_kind) end
	order by h.id
$$;

create or replace function audit.history_faults()
returns setof audit.fault language plpgsql stable as $$
declare
	kind audit.kinds;
begin
	for kind in select * from audit.declared_kinds() k where k.tbl is not null order by k.kind loop
		return query select * from audit.histories_of_kind(kind);
	end loop;
end $$;
