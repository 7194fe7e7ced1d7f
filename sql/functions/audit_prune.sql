-- Removal of old values from the trail. The entries stay, so that the chains still verify.
-- after: audit, audit_verify_objects

-- The objects of a kind, at most `p_max`, that have values older than `p_before`. Locks their rows, so that
-- nothing changes them meanwhile: all before audit.append() locks a chain, as other transactions do.
create or replace function audit.lock_old_objects(p_kind audit.kinds, p_before timestamptz, p_max integer)
returns uuid[] language plpgsql as $$
declare
	objects uuid[];
begin
	objects := array(
		select distinct e.object_id from audit.entries e
		where e.kind = p_kind.kind and e.at < p_before and e.salt is not null
		and not (e.action = 'recorded' and not exists (
			select from audit.entries o where o.object_id = e.object_id and o.kind = e.kind and o.id > e.id))
		limit p_max);
	execute format('select 1 from %s t where t.id = any ($1) order by t.id for update', p_kind.tbl) using objects;
	return objects;
end $$;

-- Removes the values of entries of a kind that are older than `p_before`, of at most `p_max` objects;
-- returns how many. Of an object that still exists, the last values are recorded once more, in an entry
-- of today.
create or replace function audit.prune_objects(p_kind audit.kinds, p_before timestamptz, p_max integer)
returns bigint language plpgsql as $$
declare
	object uuid;
	state jsonb;
	last_id bigint;
	removed bigint;
	total bigint := 0;
	objects jsonb := '{}';
begin
	foreach object in array audit.lock_old_objects(p_kind, p_before, p_max) loop
		select audit.fold(e.action, e.after order by e.id), max(e.id) filter (where e.at < p_before) into state, last_id
		from audit.entries e where e.object_id = object and e.kind = p_kind.kind;
		if state <> '{}' then
			perform audit.append(p_kind.kind, object, 'recorded', null, state);
		end if;
		update audit.entries e set before = null, after = null, salt = null
		where e.object_id = object and e.kind = p_kind.kind and e.id <= last_id and e.salt is not null;
		get diagnostics removed = row_count;
		total := total + removed;
		objects := objects || jsonb_build_object(object, last_id);
	end loop;
	if total > 0 then
		perform audit.append('trail', gen_random_uuid(), 'pruned', null, jsonb_build_object('kind', p_kind.kind,
			'before', p_before, 'entries', total, 'objects', objects));
	end if;
	return total;
end $$;

-- Prunes a batch of a kind; returns the number of entries whose values were removed.
create or replace function audit.prune(p_kind text, p_days integer, p_max integer)
returns bigint language plpgsql as $$
declare
	kind audit.kinds;
begin
	select * into strict kind from audit.kinds k where k.kind = p_kind;
	return audit.prune_objects(kind, now() - make_interval(days => p_days), p_max);
end $$;
