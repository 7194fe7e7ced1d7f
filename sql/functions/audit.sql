-- The trail: records the changes of each object.

-- ---- Hashes ----

-- (A JSON text contains no line breaks.)
create or replace function audit.digest(salt bytea, before jsonb, after jsonb)
returns bytea language sql stable
as $$ select sha256(salt || convert_to(concat(before, E'\n', after), 'UTF8')) $$;

-- The hash of an entry whose predecessor has the hash `previous` (empty: it is the first of its chain).
-- (Of these, only the origin, which comes last, can contain a bar.)
create or replace function audit.chain_hash(previous bytea, digest bytea, id bigint, chain integer, seq bigint,
	at timestamptz, kind text, object_id uuid, action text, actor_id uuid, api_key_id uuid, request_id text,
	origin text)
returns bytea language sql stable
as $$ select sha256(previous || digest || convert_to(concat(id, '|', chain, '|', seq, '|',
	(extract(epoch from at) * 1000)::bigint, '|', kind, '|', object_id, '|', action, '|', actor_id, '|',
	api_key_id, '|', request_id, '|', origin), 'UTF8')) $$;

-- Stands for a secret value. (The salt keeps equal values from having equal hashes.)
create or replace function audit.hash_value(salt text, value text)
returns jsonb language sql stable
as $$ select jsonb_build_object('salt', salt, 'sha256', encode(sha256(convert_to(salt || value, 'UTF8')), 'hex')) $$;

-- ---- Entries ----

-- Appends an entry to the transaction's chain, which is that of the first object it appends for. The
-- chain stays locked until the transaction ends. Since this happens when it commits, and each
-- transaction locks one chain, two cannot deadlock. (binnacle.context has the actor, the API key, the
-- origin and the request id; each statement that writes sets it. The statement after the lock has its
-- own snapshot, so it sees the last entry. An `if` calls a function faster than `perform`, which runs a query.)
create or replace function audit.append(p_kind text, p_object uuid, p_action text, p_before jsonb, p_after jsonb)
returns void language plpgsql as $$
declare
	v_chain integer := nullif(current_setting('binnacle.chain', true), '');
begin
	if v_chain is null then
		v_chain := set_config('binnacle.chain', (uuid_hash_extended(p_object, 0) & 255)::text, true);
	end if;
	if pg_advisory_xact_lock(7165217, v_chain) is null then
	end if;
	insert into audit.entries (id, chain, seq, at, kind, object_id, action, actor_id, api_key_id, origin,
		request_id, before, after, salt, digest, hash)
	select e.id, v_chain, e.seq, now(), p_kind, p_object, p_action, e.actor_id, e.api_key_id, e.origin,
		e.request_id, p_before, p_after, e.salt, e.digest,
		audit.chain_hash(e.previous, e.digest, e.id, v_chain, e.seq, now()::timestamptz(3), p_kind, p_object,
			p_action, e.actor_id, e.api_key_id, e.request_id, e.origin)
	from (
		select nextval('audit.entry_ids') as id, coalesce(l.seq, 0) + 1 as seq, coalesce(l.hash, '') as previous,
			n.context[1]::uuid as actor_id, n.context[2]::uuid as api_key_id,
			coalesce(n.context[3], 'sql/' || session_user) as origin, n.context[4] as request_id,
			n.salt, audit.digest(n.salt, p_before, p_after) as digest
		from (
			select string_to_array(nullif(current_setting('binnacle.context', true), ''), '|', '') as context,
				uuid_send(gen_random_uuid()) as salt
			offset 0
		) n
		left join lateral (
			select p.seq, p.hash from audit.entries p where p.chain = v_chain order by p.seq desc limit 1
		) l on true
		offset 0
	) e;
end $$;

-- Whether the secret columns of a row are recorded as they are: see include/table/audit_kinds.def.
create or replace function audit.is_open(p_row jsonb, p_open_when text)
returns boolean language sql immutable
as $$ select p_open_when <> '' and
	(p_row -> ltrim(p_open_when, '!') in ('null', 'false')) = starts_with(p_open_when, '!') $$;

-- The values to record, some of those of a row, with hashes in place of secrets.
create or replace function audit.hide(p_values jsonb, p_row jsonb, p_secrets text[], p_open_when text)
returns jsonb language plpgsql stable as $$
declare
	salt text := gen_random_uuid();
	name text;
begin
	if p_secrets = '{}' or p_values is null or audit.is_open(p_row, p_open_when) then
		return p_values;
	end if;
	foreach name in array p_secrets loop
		if p_values ->> name is not null then
			p_values := jsonb_set(p_values, array[name], audit.hash_value(salt, p_values ->> name));
		end if;
	end loop;
	return p_values;
end $$;

-- What an update has changed; nulls if nothing that is recorded.
create or replace function audit.difference(p_old jsonb, p_new jsonb, p_ignored text[],
	out before jsonb, out after jsonb)
language plpgsql immutable as $$
begin
	select jsonb_object_agg(n.key, p_old -> n.key), jsonb_object_agg(n.key, n.value) into before, after
	from jsonb_each(p_new) n
	where p_old -> n.key is distinct from n.value and n.key <> all (p_ignored);
end $$;

-- Records that an account was erased: all its values, since those of its earlier entries are removed.
create or replace function audit.record_erasure(p_kind text, p_object uuid, p_row jsonb)
returns void language plpgsql as $$
begin
	perform audit.append(p_kind, p_object, 'erased', null, jsonb_strip_nulls(p_row));
	update audit.entries e set before = null, after = null, salt = null
	where e.object_id = p_object and e.kind = p_kind and e.action <> 'erased';
end $$;

-- The trigger of each table in audit.kinds; its arguments are the kind, its secrets, their condition and
-- the ignored columns. It is deferred, so that it runs after everything else of a transaction: also after
-- live.emit() has locked its channels. The serving role may not insert entries; this function may.
create or replace function audit.record_change()
returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
	changed record;
	old_row jsonb;
	new_row jsonb;
begin
	if tg_op = 'INSERT' then
		new_row := to_jsonb(new);
		if audit.append(tg_argv[0], new.id, 'created', null,
			jsonb_strip_nulls(case when tg_argv[1] = '{}' and tg_argv[3] = '{}' then new_row
				else audit.hide(new_row - tg_argv[3]::text[], new_row, tg_argv[1]::text[], tg_argv[2]) end)) is null then
		end if;
	elsif tg_op = 'UPDATE' then
		old_row := to_jsonb(old);
		new_row := to_jsonb(new);
		changed := audit.difference(old_row, new_row, tg_argv[3]::text[]);
		if changed.after ? 'erased_at' then
			perform audit.record_erasure(tg_argv[0], new.id, new_row);
		elsif changed.after is not null then
			perform audit.append(tg_argv[0], new.id, 'updated',
				audit.hide(changed.before, old_row, tg_argv[1]::text[], tg_argv[2]),
				audit.hide(changed.after, new_row, tg_argv[1]::text[], tg_argv[2]));
		end if;
	else
		old_row := to_jsonb(old);
		perform audit.append(tg_argv[0], old.id, 'deleted',
			jsonb_strip_nulls(audit.hide(old_row - tg_argv[3]::text[], old_row, tg_argv[1]::text[], tg_argv[2])), null);
	end if;
	return null;
end $$;

-- ---- Setting up ----

create or replace function audit.column_names(p_table regclass)
returns text[] language sql stable
as $$ select array_agg(a.attname::text order by a.attnum) from pg_attribute a
	where a.attrelid = p_table and a.attnum > 0 and not a.attisdropped $$;

-- Records the values of columns that the trail does not know: of all, for rows that existed before the
-- table had the trigger.
create or replace function audit.record_columns(p_kind text, p_table regclass, p_columns text[], p_secrets text[],
	p_open_when text, p_ignored text[])
returns void language plpgsql as $$
declare
	found jsonb;
	known text[];
begin
	for found in execute format('select to_jsonb(t) from %s t order by id', p_table) loop
		known := array(select k from jsonb_object_keys(found) k
			where k <> all (p_columns) or k = any (p_ignored) or found -> k = 'null');
		if not found - known = '{}' then
			perform audit.append(p_kind, (found ->> 'id')::uuid, 'recorded', null,
				audit.hide(found - known, found, p_secrets, p_open_when));
		end if;
	end loop;
end $$;

-- Locks a table that audit.track() will change or read. All are locked before audit.append() locks a chain:
-- a transaction that has changed rows may wait for the chain. (Dropping a trigger needs the stronger lock.)
create or replace function audit.lock_untracked(p_kind text, p_table regclass, p_secrets text[], p_open_when text,
	p_ignored text[])
returns void language plpgsql as $$
declare
	kind audit.kinds;
begin
	select * into kind from audit.kinds k where k.kind = p_kind;
	if (kind.tbl, kind.secrets, kind.open_when, kind.ignored) <> (p_table, p_secrets, p_open_when, p_ignored) then
		execute format('lock table %s in access exclusive mode', p_table);
	elsif kind.columns is distinct from audit.column_names(p_table) then
		execute format('lock table %s in share row exclusive mode', p_table);
	end if;
end $$;

-- Puts the trigger on a table; records what the trail does not know of it.
create or replace function audit.track(p_kind text, p_table regclass, p_secrets text[], p_open_when text,
	p_ignored text[])
returns void language plpgsql as $$
declare
	kind audit.kinds;
	columns text[] := audit.column_names(p_table);
begin
	select * into kind from audit.kinds k where k.kind = p_kind for update;
	if kind.columns is distinct from columns then
		perform audit.record_columns(p_kind, p_table,
			array(select c from unnest(columns) c where kind.columns is null or c <> all (kind.columns)),
			p_secrets, p_open_when, p_ignored);
	end if;
	if (kind.tbl, kind.secrets, kind.open_when, kind.ignored)
		is distinct from (p_table, p_secrets, p_open_when, p_ignored) then
		execute format('drop trigger if exists record_change on %s', p_table);
		execute format('create constraint trigger record_change after insert or update or delete on %s
			deferrable initially deferred for each row execute function audit.record_change(%L, %L, %L, %L)',
			p_table, p_kind, p_secrets, p_open_when, p_ignored);
	end if;
	insert into audit.kinds (kind, tbl, secrets, open_when, ignored, columns)
	values (p_kind, p_table, p_secrets, p_open_when, p_ignored, columns)
	on conflict on constraint kinds_unique do update set tbl = excluded.tbl, secrets = excluded.secrets,
		open_when = excluded.open_when, ignored = excluded.ignored, columns = excluded.columns;
end $$;

do $$ begin
	-- audit_kinds.def: perform audit.lock_untracked(lower('{1}'), 'app.{2}', string_to_array('{3}', ' '), '{4}', string_to_array('{5}', ' '));
	-- audit_kinds.def: perform audit.track(lower('{1}'), 'app.{2}', string_to_array('{3}', ' '), '{4}', string_to_array('{5}', ' '));
end $$;
