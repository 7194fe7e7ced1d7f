#!/usr/bin/env python3
"""serving_role.py: the role that serves can do nothing beyond its grants.

    serving_role.py BINNACLE

The program migrates databases of a private PostgreSQL: as a superuser, as owners that are not, and where the
role is missing. Each statement of FORBIDDEN must fail for lack of privilege, run by a login that is a plain
member of binnacle_server. Edit sql/functions/grants.sql.
"""

import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request

sys.path[1:1] = [str(pathlib.Path(__file__).resolve().parents[1] / "support")]

from tables import finish

from cluster import Cluster

SCHEMAS = ("app", "api", "live", "audit", "binnacle", "public")
# What was signed, edited and adjusted stays; so do the trail and the records of migrations.
KEPT = ("app.report_texts", "app.report_signatures", "app.log_edits", "app.timesheet_adjustments", "audit.entries",
        "audit.seals", "audit.kinds", "binnacle.schema_migrations", "binnacle.schema_functions")
WRITTEN = ("audit.entries", "audit.seals", "audit.kinds", "binnacle.schema_migrations", "binnacle.schema_functions")

FORBIDDEN = [
    *(f"create table {schema}.mine (id uuid)" for schema in SCHEMAS),
    *(f"create function {schema}.mine() returns integer language sql as 'select 1'" for schema in SCHEMAS),
    *(f"delete from {table}" for table in KEPT),
    *(f"truncate {table} cascade" for table in (*KEPT, "app.logs", "live.events")),
    *(f"insert into {table} select * from {table}" for table in WRITTEN),
    "update app.report_texts set content = content",
    "update app.report_signatures set signed_at = signed_at",
    "update app.log_edits set edited_at = edited_at",
    "update app.timesheet_adjustments set reason = reason",
    "update audit.entries set after = null",
    "update audit.seals set heads = '[]'",
    "update audit.kinds set ignored = '{}'",
    "update binnacle.schema_functions set checksum = ''",
    "select * from audit.entries for update",
    "begin; lock table audit.entries in exclusive mode",
    "copy audit.entries from stdin",
    # The functions that write the trail.
    "select audit.append('log', gen_random_uuid(), 'created', null, '{}')",
    "select audit.record_erasure('log', gen_random_uuid(), '{}')",
    "select audit.record_columns('log', 'app.logs', '{title}', '{}', '', '{}')",
    "select audit.track('log', 'app.logs', '{}', '', '{}')",
    "select audit.lock_untracked('log', 'app.logs', '{}', '', '{}')",
    "select audit.prune('visitor', 1, 10)",
    "select audit.lock_old_objects(k, now(), 10) from audit.kinds k",
    "select audit.prune_objects(k, now(), 10) from audit.kinds k",
    "select nextval('audit.entry_ids')",
    "select setval('audit.entry_ids', 1)",
    # Its trigger on a table of one's own would write entries of any object.
    "create temporary table mine (id uuid); create trigger forge after insert on mine for each row"
    " execute function audit.record_change('log', '{}', '', '{}')",
    # Definitions.
    "alter table app.logs disable trigger all",
    "alter table app.logs disable trigger record_change",
    "alter table audit.entries add column mine text",
    "alter table app.logs owner to binnacle_server",
    "alter table audit.entries enable row level security",
    "drop trigger record_change on app.logs",
    "create trigger mine after insert on app.logs for each row execute function audit.record_change()",
    "create rule mine as on delete to app.logs do instead nothing",
    "create index on audit.entries (at)",
    "create policy mine on audit.entries using (false)",
    "drop table audit.entries",
    "drop index audit.entries_of_time",
    "drop schema audit cascade",
    "drop function audit.chain_faults()",
    "create or replace function audit.record_change() returns trigger language plpgsql as 'begin return null; end'",
    "create or replace function audit.chain_faults() returns setof audit.fault language sql as ''",
    "alter function audit.record_change() security invoker",
    "alter function audit.record_change() rename to other",
    "create or replace view api.audit_entry_view as select 1",
    # Other rights.
    "create schema mine",
    "create role mine",
    "create database mine",
    "drop extension plpgsql",
    "create publication mine for all tables",
    "create event trigger mine on ddl_command_end execute function audit.record_change()",
    "create foreign data wrapper mine",
    "alter role binnacle_server login superuser",
    "alter role plain superuser",
    "grant postgres to plain",
    "set role postgres",
    "set session authorization postgres",
    "set session_replication_role = replica",
    "alter system set fsync = off",
    "alter database served set session_replication_role = replica",
    "alter role plain set session_replication_role = replica",
    "checkpoint",
    "copy app.logs to '/tmp/logs'",
    "copy app.locations from '/etc/hostname'",
    "copy app.logs to program 'cat'",
    "copy app.locations from program 'true'",
    "select pg_read_file('postgresql.conf')",
    "select pg_ls_dir('.')",
    "select lo_import('/etc/hostname')",
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres'",
    "select pg_reload_conf()",
    "select * from pg_authid",
    "select * from pg_shadow",
    "select * from elsewhere.secrets",
    "select * from public.secrets",
]

INSUFFICIENT_PRIVILEGE = "42501"


def run(cluster, sql, database, user):
    return subprocess.run(
        [str(cluster.programs / "psql"), "-XqAt", "-d", f"postgresql://{user}@/{database}?host={cluster.directory}"],
        input=sql, capture_output=True, text=True)


def command(cluster, program, args, database, user, **settings):
    return subprocess.run([program, *args], capture_output=True, text=True, timeout=60, env={
        **os.environ, **settings, "DATABASE_URL": f"postgresql://{user}@/{database}?host={cluster.directory}"})


class Check:
    def __init__(self, cluster, program):
        self.cluster, self.program = cluster, program
        self.errors = []

    def expect(self, what, done, status, text=""):
        output = done.stdout + done.stderr
        if done.returncode != status or text not in output:
            self.errors.append(f"{what}: exit {done.returncode}: {output.strip()[-300:]}")

    def migrate(self, database, user):
        return command(self.cluster, self.program, ["migrate"], database, user)

    # ---- Each forbidden statement ----

    def forbidden(self):
        self.cluster.migrate(self.program, "served")
        self.cluster.psql("create role plain login in role binnacle_server")
        self.cluster.psql("create schema elsewhere; create table elsewhere.secrets (); create table secrets ();"
                          "insert into app.locations (id, name) values (gen_random_uuid(), 'Pier')", "served")
        before = self.count_entries()
        done = run(self.cluster, "".join(f"{sql};\n\\echo :SQLSTATE\nrollback;\n" for sql in FORBIDDEN), "served", "plain")
        for sql, state in zip(FORBIDDEN, done.stdout.splitlines()[-len(FORBIDDEN):], strict=True):
            if state != INSUFFICIENT_PRIVILEGE:
                self.errors.append(f"not forbidden (SQLSTATE {state}): {sql}")
        if self.count_entries() != before:
            self.errors.append("one of the forbidden statements wrote an entry of the trail")

    def count_entries(self):
        return self.cluster.psql("select count(*) from audit.entries", "served")

    def plain_login_serves(self):
        """A login that is a member of the role, and owns nothing, is enough to serve."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        child = subprocess.Popen([self.program, "serve"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, env={
            **os.environ, "HOST": "127.0.0.1", "PORT": str(port), "OIDC_ISSUERS": "https://id.invalid clients",
            "DATABASE_URL": f"postgresql://plain@/served?host={self.cluster.directory}"})
        try:
            if not self.reads(port, child):
                child.terminate()
                self.errors.append(f"a plain member of binnacle_server cannot serve: {child.communicate()[0][-500:]}")
        finally:
            child.kill()
            child.wait()
        for args, status, text in ((["audit", "seal"], 0, "heads"), (["audit", "verify"], 0, "verified"),
                                   (["audit", "prune"], 1, "must be the owner")):
            self.expect(f"a plain member runs {' '.join(args)}", command(
                self.cluster, self.program, args, "served", "plain", AUDIT_RETENTION="visitor=1"), status, text)
        self.expect("a plain member cannot migrate", self.migrate("empty_for_plain", "plain"), 1)

    @staticmethod
    def reads(port, child):
        """/api/v1/… with an unknown API key needs the database to answer 401."""
        for _ in range(200):
            try:
                urllib.request.urlopen(urllib.request.Request(
                    f"http://127.0.0.1:{port}/api/v1/logs", headers={"X-API-Key": f"bnc_{'0' * 61}"}))
            except urllib.error.HTTPError as error:
                return error.code == 401
            except OSError:
                if child.poll() is not None:
                    return False
                time.sleep(0.05)
        return False

    # ---- Owners ----

    def owners(self):
        """An owner that may create roles needs no superuser; another one is told what a superuser must do."""
        self.cluster.psql("create role creator login createrole; create database created owner creator;"
                          "create role limited login; create database limited owner limited")
        self.expect("an owner with CREATEROLE migrates", self.migrate("created", "creator"), 0)
        self.expect("… again", self.migrate("created", "creator"), 0)
        self.expect("another owner is told what to do", self.migrate("limited", "limited"), 1,
                    "grant binnacle_server to limited")
        self.cluster.psql("grant binnacle_server to limited")
        self.expect("and can then migrate a second database of the cluster", self.migrate("limited", "limited"), 0)
        self.expect("its commands work", command(self.cluster, self.program, ["audit", "verify"], "limited", "limited"), 0)

    def role_is_missing(self):
        """As in a cluster in which a dump was restored: roles are not part of a dump."""
        for database in ("limited", "created"):
            self.cluster.psql(f"drop database {database}")
        self.cluster.psql("drop owned by plain, binnacle_server", "served")
        self.cluster.psql("drop role plain, binnacle_server")
        served = command(self.cluster, self.program, ["serve"], "served", "postgres",
                         OIDC_ISSUERS="https://id.invalid clients", PORT="0")
        self.expect("serve says to run migrate", served, 1, "migrate")
        self.expect("migrate repairs it", self.migrate("served", "postgres"), 0, "replaced the functions")
        self.expect("… for good", self.migrate("served", "postgres"), 0)
        self.cluster.psql("create role plain login in role binnacle_server")
        self.expect("the grants are back", run(self.cluster, "select * from app.logs", "served", "plain"), 0)


def main(program):
    with Cluster() as cluster:
        check = Check(cluster, program)
        cluster.psql("create database empty_for_plain")
        check.forbidden()
        check.plain_login_serves()
        check.owners()
        check.role_is_missing()
    finish(check.errors)


main(*sys.argv[1:])
