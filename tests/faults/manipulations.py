"""manipulations.py: what somebody may do to the trail and its objects with SQL, as a superuser.

Each is a text of SQL, made for random entries and objects of a given database, and what `audit verify` must print.
"""

import dataclasses
import json

# Of an entry; expressions that change it.
ENTRY_FIELDS = {
    "at": "at - interval '1 second'", "kind": "'tour_stop'", "object_id": "gen_random_uuid()",
    "action": "'recorded'", "actor_id": "gen_random_uuid()", "api_key_id": "gen_random_uuid()",
    "origin": "origin || '!'", "request_id": "coalesce(request_id, '') || '!'", "id": "id + 1000000",
    "after": "coalesce(after, '{}') || '{\"title\": \"forged\"}'", "before": "coalesce(before, '{}') || '{\"title\": 1}'",
    "salt": "sha256(salt)", "digest": "sha256(digest)", "hash": "sha256(hash)",
}
# A column of each of these tables, and another value for it.
ROW_FIELDS = {
    "log": "title = title || '!'", "visitor": "company = 'forged'", "location": "is_active = not is_active",
    "comment": "content = content || '!'", "note": "content = content || '!'", "shift": "end_time = end_time + '1 hour'",
    "user": "last_name = last_name || '!'", "vehicle": "year = year + 1", "notification": "message = message || '!'",
    "duty_session": "clock_in_time = clock_in_time - interval '1 hour'", "message": "content = content || '!'",
    "shift_assignment": "role = 'forged'",
}
BEHIND = "set session_replication_role = replica;\n"  # triggers do not fire

# What somebody needs who knows how the trail works.
HELPERS = """
create function pg_temp.rehash(p_chain integer, p_from bigint) returns void language plpgsql as $$
declare e audit.entries; previous bytea;
begin
	previous := coalesce((select hash from audit.entries where chain = p_chain and seq < p_from
		order by seq desc limit 1), '');
	for e in select * from audit.entries where chain = p_chain and seq >= p_from order by seq loop
		if e.salt is not null then
			e.digest := audit.digest(e.salt, e.before, e.after);
		end if;
		previous := audit.chain_hash(previous, e.digest, e.id, e.chain, e.seq, e.at, e.kind, e.object_id, e.action,
			e.actor_id, e.api_key_id, e.request_id, e.origin);
		update audit.entries x set digest = e.digest, hash = previous where x.chain = e.chain and x.seq = e.seq;
	end loop;
end $$;
-- Makes a row what its entries say.
create function pg_temp.match(p_kind text, p_id uuid) returns void language plpgsql as $$
declare k audit.kinds; state jsonb; current jsonb;
begin
	select * into k from audit.kinds where kind = p_kind;
	select coalesce(audit.fold(action, after order by id), '{}') into state from audit.entries
	where kind = p_kind and object_id = p_id;
	execute format('select to_jsonb(t) from %s t where id = $1', k.tbl) into current using p_id;
	execute format('delete from %s where id = $1', k.tbl) using p_id;
	if state <> '{}' then
		state := state || coalesce((select jsonb_object_agg(c, current -> c) from unnest(k.secrets || k.ignored) c
			where current ? c), '{}');
		execute format('insert into %s select (jsonb_populate_record(null::%s, $1)).*', k.tbl, k.tbl) using state;
	end if;
end $$;
"""


@dataclasses.dataclass
class Manipulation:
    name: str
    sql: str
    named: str  # in the output
    sealed: bool = False  # only found with a seal


class Manipulations:
    def __init__(self, psql, random):
        """`psql` runs SQL in the database that will be copied."""
        self.psql, self.random = psql, random
        self.makers = [getattr(self, name) for name in dir(self) if name.startswith("make_")]

    def list(self, count):
        """`count` of them, in turn of each kind."""
        return [self.makers[number % len(self.makers)]() for number in range(count)]

    def one(self, sql):
        """A random row of a query, as a dictionary."""
        rows = self.psql(f"select to_jsonb(q) from ({sql}) q").splitlines()
        return json.loads(self.random.choice(rows))

    def entry(self, where="true"):
        """Never the last of its chain, and with its values."""
        return self.one("select chain, seq, kind, object_id, action from audit.entries e where salt is not null and"
                        f" exists (select from audit.entries n where n.chain = e.chain and n.seq > e.seq) and {where}")

    def row(self):
        for kind in self.random.sample(list(ROW_FIELDS), len(ROW_FIELDS)):
            table = self.psql(f"select tbl from audit.kinds where kind = '{kind}'").strip()
            if self.psql(f"select 1 from {table} limit 1"):
                return kind, table, self.one(f"select id from {table}")["id"]
        raise SystemExit("there are no rows")

    @staticmethod
    def place(entry, after=0):
        return f"chain {entry['chain']}, entry {entry['seq'] + after}"

    @staticmethod
    def at(entry):
        return f"(chain, seq) = ({entry['chain']}, {entry['seq']})"

    # ---- Entries ----

    def make_field(self):
        entry, field = self.entry(), self.random.choice(list(ENTRY_FIELDS))
        if field == "action" and entry["action"] == "recorded" or field == "kind" and entry["kind"] == "tour_stop":
            field = "at"
        return Manipulation(f"changed {field}", f"update audit.entries set {field} = {ENTRY_FIELDS[field]}"
                            f" where {self.at(entry)}", self.place(entry))

    def make_blank(self):
        entry = self.entry("kind <> 'trail'")
        return Manipulation("blanked values", "update audit.entries set before = null, after = null, salt = null"
                            f" where {self.at(entry)}", entry["object_id"])

    def make_false_values(self):
        """Of an entry whose values were removed, with or without an erasure."""
        entry = self.one("select chain, seq from audit.entries where salt is null or action = 'created'")
        return Manipulation("false values", "update audit.entries set after = '{\"title\": \"forged\"}', salt = null"
                            f" where {self.at(entry)}", self.place(entry))

    def make_deleted(self):
        entry = self.entry()
        return Manipulation("deleted entry", f"delete from audit.entries where {self.at(entry)}", self.place(entry, 1))

    def make_swapped(self):
        entry = self.entry()
        return Manipulation(
            "swapped entries", f"update audit.entries set seq = -1 where {self.at(entry)};"
            f"update audit.entries set seq = seq - 1 where chain = {entry['chain']} and seq = {entry['seq'] + 1};"
            f"update audit.entries set seq = {entry['seq'] + 1} where seq = -1", self.place(entry))

    def make_moved(self):
        """To the end of another chain, so that none is missing there."""
        entry = self.entry()
        chain = (entry["chain"] + 1) % 256
        return Manipulation(
            "moved entry", f"update audit.entries set chain = {chain}, seq = 1 + coalesce((select max(seq) from"
            f" audit.entries where chain = {chain}), 0) where {self.at(entry)}", self.place(entry, 1))

    def make_forged_entry(self):
        """Of a kind that is not recorded."""
        return Manipulation("unknown kind", "select audit.append('forged', gen_random_uuid(), 'created', null, '{}')",
                            "there is no such kind")

    def make_unfounded(self):
        """An entry for a change that never was."""
        _, _, row = self.row()
        kind = self.psql(f"select kind from audit.entries where object_id = '{row}' limit 1").strip()
        return Manipulation("unfounded entry", f"select audit.append('{kind}', '{row}', 'deleted', null, null)", row)

    def make_rehashed(self):
        """The creation of an object that exists, with another value."""
        entry = self.one("select chain, seq, object_id from audit.entries e where kind = 'log' and action = 'created'"
                         " and salt is not null and exists (select from app.logs l where l.id = object_id) and not exists"
                         " (select from audit.entries o where o.object_id = e.object_id and o.id > e.id)")
        return Manipulation(
            "re-hashed tail", HELPERS + "update audit.entries set after = after || '{\"title\": \"forged\"}'"
            f" where {self.at(entry)}; select pg_temp.rehash({entry['chain']}, {entry['seq']})", entry["object_id"])

    def make_truncated(self):
        """From the creation of an object that still exists."""
        entry = self.one("select chain, seq, object_id from audit.entries e where kind = 'visitor' and action = 'created'")
        return Manipulation("truncated chain", f"delete from audit.entries where chain = {entry['chain']}"
                            f" and seq >= {entry['seq']}", entry["object_id"])

    # ---- With a seal ----

    def sealed_entry(self, where="true"):
        return self.entry(f"{where} and (select max((h ->> 1)::bigint) from audit.seals s, jsonb_array_elements(s.heads) h"
                          " where (h ->> 0)::integer = e.chain) >= e.seq")

    def make_rehashed_and_matched(self):
        """A creation and its row, or who did it, with a good chain."""
        entry = self.sealed_entry("kind in ('visitor', 'location')")
        what = self.random.choice(("after = after || '{\"company\": \"forged\", \"description\": \"forged\"}'",
                                   "actor_id = gen_random_uuid()", "at = at - interval '1 hour'"))
        return Manipulation(
            "re-hashed and matched", HELPERS + BEHIND + f"update audit.entries set {what} where {self.at(entry)};"
            f"select pg_temp.rehash({entry['chain']}, {entry['seq']});"
            f"select pg_temp.match('{entry['kind']}', '{entry['object_id']}')", "it was changed after it was sealed", True)

    def make_truncated_and_matched(self):
        entry = self.sealed_entry()
        gone = f"chain = {entry['chain']} and seq >= {entry['seq']}"
        return Manipulation(
            "truncated and matched", HELPERS + BEHIND + f"create temporary table gone as select distinct kind,"
            f" object_id from audit.entries where {gone} and kind <> 'trail'; delete from audit.entries where {gone};"
            "do $$ declare g record; begin for g in select * from gone loop begin"
            " perform pg_temp.match(g.kind, g.object_id);"
            " exception when others then null; end; end loop; end $$", "it was sealed, and is missing", True)

    def make_without_seals(self):
        return Manipulation("seals deleted", "delete from audit.seals", "is missing, or was changed", True)

    def make_changed_seal(self):
        return Manipulation("changed seal", "update audit.seals set heads = heads - 0", "was changed")

    # ---- Rows ----

    def make_old_row(self):
        """As it was before its last change."""
        entry = self.one("select e.kind, k.tbl, e.object_id, e.before from audit.entries e join audit.kinds k using (kind)"
                         " where action = 'updated' and k.secrets = '{}' and salt is not null"
                         " and not exists (select from audit.entries o where o.object_id = e.object_id and o.id > e.id)")
        names = ", ".join(f'"{name}"' for name in entry["before"])
        values = json.dumps(entry["before"]).replace("'", "''")
        return Manipulation(
            f"old row of {entry['kind']}", BEHIND + f"update {entry['tbl']} set ({names}) = (select {names} from"
            f" jsonb_populate_record(null::{entry['tbl']}, '{values}')) where id = '{entry['object_id']}'",
            entry["object_id"])

    def make_changed_row(self):
        kind, table, row = self.row()
        return Manipulation(f"changed {kind}", BEHIND + f"update {table} t set {ROW_FIELDS[kind]} where id = '{row}'", row)

    def make_deleted_row(self):
        kind, table, row = self.row()
        return Manipulation(f"deleted {kind}", BEHIND + f"delete from {table} where id = '{row}'", row)

    def make_inserted_row(self):
        row = self.one("select gen_random_uuid() as id")["id"]
        table = self.random.choice(("app.logs", "app.visitors", "app.locations", "app.duty_sessions"))
        return Manipulation(
            f"inserted into {table}", BEHIND + f"insert into {table} select (jsonb_populate_record(t, '{{\"id\": \"{row}\","
            f" \"name\": \"forged\"}}')).* from {table} t limit 1", row)

    def make_overwritten_row(self):
        """Changed behind the trail, and then on record."""
        row = self.one("select l.id from app.logs l where exists (select from audit.entries e where"
                       " e.object_id = l.id and salt is not null and e.after ? 'title')")["id"]
        return Manipulation(
            "overwritten", BEHIND + f"update app.logs set title = 'forged' where id = '{row}';"
            "set session_replication_role = origin;"
            f"update app.logs set title = 'later' where id = '{row}'", row)

    def make_recorded_row(self):
        """Changed behind the trail; then made known to it, as if it were new."""
        row = self.one("select l.id from app.logs l where exists (select from audit.entries e where"
                       " e.object_id = l.id and salt is not null and e.after ? 'title')")["id"]
        return Manipulation(
            "recorded again", BEHIND + f"update app.logs set title = 'forged' where id = '{row}';"
            f"select audit.append('log', '{row}', 'recorded', null, to_jsonb(l)) from app.logs l where id = '{row}'", row)

    # ---- Machinery ----

    def make_machinery(self):
        """What records and verifies: triggers, functions, and their settings."""
        kind, table, row = self.row()
        name, sql, named = self.random.choice((
            ("disabled trigger", f"alter table {table} disable trigger record_change", f"the trigger of {table}"),
            ("dropped trigger", f"drop trigger record_change on {table}", f"the trigger of {table}"),
            ("other arguments", f"drop trigger record_change on {table}; create constraint trigger record_change after"
             f" insert or update or delete on {table} deferrable initially deferred for each row execute function"
             f" audit.record_change('{kind}', '{{}}', '', '{{title,last_name,name,status}}')", f"the trigger of {table}"),
            ("fewer events", f"drop trigger record_change on {table}; create trigger record_change after insert on"
             f" {table} for each row execute function audit.record_change('{kind}', '{{}}', '', '{{}}')",
             f"the trigger of {table}"),
            ("no kind", f"delete from audit.kinds where kind = '{kind}'", f"audit.kinds does not describe {table}"),
            ("ignored column", f"update audit.kinds set ignored = '{{title,company}}' where kind = '{kind}'",
             f"audit.kinds does not describe {table}"),
            ("other columns", f"update audit.kinds set columns = columns[2:] where kind = '{kind}'",
             f"audit.kinds does not describe {table}"),
            ("other table", f"create table copy as table {table}; update audit.kinds set tbl = 'copy' where kind = '{kind}';"
             + BEHIND + f"delete from {table} where id = '{row}'", row),
            ("other function", "create or replace function audit.chain_faults() returns setof audit.fault language sql"
             " stable as 'select * from audit.kind_faults() where false'", "the function audit.chain_faults was changed"),
            ("preferred function", "create function audit.chain_hash(previous bytea, digest bytea, id bigint, chain smallint,"
             " seq bigint, at timestamptz, kind text, object_id uuid, action text, actor_id uuid, api_key_id uuid,"
             " request_id text, origin text) returns bytea language sql as 'select null::bytea'",
             "there is another function audit.chain_hash"),
            ("other aggregate", "create function audit.nothing(jsonb, text, jsonb) returns jsonb language sql as"
             " $$ select '{}'::jsonb $$; create or replace aggregate audit.fold(text, jsonb) (sfunc = audit.nothing,"
             " stype = jsonb, initcond = '{}')", "the aggregate audit.fold was changed"),
            ("silent function", "create or replace function audit.record_change() returns trigger language plpgsql as"
             " $$ begin return null; end $$", "the function audit.record_change was changed"),
        ))
        return Manipulation(name, sql, named)
