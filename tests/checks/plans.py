#!/usr/bin/env python3
"""plans.py: each statement finds what it is asked for by an index, among 200 000 logs,
50 000 stretches of duty and 20 000 people.

    plans.py BINNACLE PRINT_TABLES [-v]

A PostgreSQL of its own is migrated by the program and filled by plans.sql. Then
every statement that reads is tried, as plans_reads.py says: with each optional
filter alone, with some of them together, and from a cursor on:

- with a plan for any value (plan_cache_mode = force_generic_plan), none may go
  through the whole of a large table, and where an index has the right order, none
  may read many more rows than it gives back;
- as the server runs it, after so many executions that PostgreSQL may have settled
  for a plan, none may read many more rows than it gives back.

What the functions do inside, those of plans_writes.py above all, is watched by
auto_explain; and the events that they emit are compared with events.def. logs_count reads what it counts; it is measured only. -v prints the
time of each.
"""

import json
import os
import re
import subprocess
import sys

from plans_reads import LIST, OTHERS, USERS, cases
from plans_things import NEW, NOTE, ONCE, PERSON, PLACE, Expression
from plans_writes import WRITES as PLAIN_WRITES
from tables import ROOT, finish, program_tables, session_options, statements, variant

from cluster import Cluster

LARGE = ("logs", "log_edits", "events", "users", "notifications", "comments", "visitors", "messages",
         "notes", "duty_sessions", "location_check_ins", "tours", "equipment_checkouts", "shifts", "shift_assignments",
         "timesheets")
EXECUTIONS = 7  # PostgreSQL compares plans from the sixth on
INSIDE = 500  # rows that a function may read of a large table

ALL = {statement.name: statement for statement in statements()}

# What can be done once is tried with a key, too.
WRITES = PLAIN_WRITES + [(name, {**ONCE, **given}) for name, given in PLAIN_WRITES
                         if "idempotency_key" in ALL[name].params and "idempotency_key" not in given]


def quoted(value):
    if isinstance(value, Expression):
        return value
    return "null" if value is None else "'" + value.replace("'", "''") + "'"


def prepared(name, given):
    """PREPARE, and the EXECUTE for it."""
    text, order = variant(ALL[name], given)
    values = ", ".join(quoted(given.get(param)) for param in order)
    return f"prepare it as {text};\n", f"execute it({values})" if order else "execute it"


def nodes(plan):
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def whole_tables(plan):
    return [node["Relation Name"] for node in nodes(plan)
            if node["Node Type"] == "Seq Scan" and node["Relation Name"] in LARGE]


def rows_read(plan):
    most = 0
    for node in nodes(plan):
        if node.get("Relation Name") in LARGE:
            passed_over = sum(node.get(f"Rows Removed by {why}", 0)
                              for why in ("Filter", "Index Recheck"))
            most += (node["Actual Rows"] + passed_over) * node["Actual Loops"]
    return most


def explain(cluster, mode):
    """The plan of each case, in their order."""
    script = [f"set plan_cache_mode = {mode};\n"]
    for name, _, given, _, always in cases():
        prepare, execute = prepared(name, given)
        # Counting takes long, and the plan is the same.
        times = EXECUTIONS if mode == "auto" and name != "logs_count" else 0
        analyze = ", analyze, timing off" if mode == "auto" or always else ""
        script += [prepare, "\\o /dev/null\n", f"{execute};\n" * times, "\\o\n",
                   f"explain (format json{analyze}) {execute};\n",
                   "\\echo @@\n", "deallocate it;\n"]
    said = cluster.psql("".join(script), "plans", session_options()).split("@@\n")
    return [json.loads(part)[0] for part in said if part.strip()]


def check_reads(cluster, faults, verbose):
    for (name, title, _, most, always), plan in zip(cases(), explain(cluster, "force_generic_plan")):
        about = f"{name} ({title}), planned for any value"
        for table in whole_tables(plan["Plan"]):
            if name != "logs_count":
                faults.append(f"{about}: goes through all of {table}")
        if always and rows_read(plan["Plan"]) > most:
            faults.append(f"{about}: reads {rows_read(plan['Plan'])} rows, where {most} should do")
    slowest = 0
    for (name, title, _, most, _), plan in zip(cases(), explain(cluster, "auto")):
        count, took = rows_read(plan["Plan"]), plan["Execution Time"]
        if verbose:
            print(f"{took:9.2f} ms {count:7} rows  {name} {title}")
        if most is not None and count > most:
            faults.append(f"{name} ({title}): reads {count} rows, where {most} should do")
        if most is not None:
            slowest = max(slowest, took)
    print(f"# the slowest took {slowest:.2f} ms")


# The events of the transaction, as `@event TYPE CHANNEL MEMBERS`.
EMITTED = """set local auto_explain.log_min_duration = -1;
select '@event ' || e.type || ' ' || regexp_replace(e.channel, ':.*', ':{id}') || ' '
	|| array_to_string(array(select jsonb_object_keys(e.data)), ',')
from live.events e where e.xmin = pg_current_xact_id()::xid;
"""


def check_events(text, declared, faults):
    """Compares all events that the writes emitted with the declared ones."""
    channels, members = {}, {}
    for kind, channel, names in re.findall(r"^@event (\S+) (\S+) (\S*)$", text, flags=re.M):
        channels.setdefault(kind, set()).add(channel)
        members.setdefault(kind, set()).add(frozenset(names.split(",")))
    for event in declared:
        kind, its_channels, wanted = event["type"], event["channels"], frozenset(event["data"])
        if kind == "*":
            continue  # broadcasts
        if kind not in channels:
            faults.append(f"include/table/events.def: {kind}: no write of tests/checks/plans_writes.py emits it")
            continue
        if channels[kind] != set(its_channels.split()):
            faults.append(f"include/table/events.def: {kind}: the channels are {' '.join(sorted(channels[kind]))}")
        if members[kind] != {wanted}:
            faults.append(f"src/resources/events.c: {kind}: these fields are declared or emitted, not both: "
                          f"{' '.join(sorted(set().union(*members[kind]) ^ wanted))}")


def check_inside(cluster, declared, faults):
    """What functions do, and what PostgreSQL does on their behalf."""
    tried = WRITES + [
        ("logs_list", LIST), ("users_list", USERS), ("users_list", {**USERS, "caller_role": "GUARD"}),
        ("users_read", {"id": PERSON, "caller_id": NEW, "caller_role": "ADMIN", "may_access_others": "true"}),
        ("logs_of_location", {"id": PLACE, "limit": "20"}), ("duty_sessions_list", LIST), ("check_ins_list", LIST),
        ("notes_list", LIST), ("notes_comments", {**LIST, "id": NOTE}), ("my_notes_list", {**LIST, "caller_id": PERSON})]
    tried += [(name, given) for name, given, _ in OTHERS
              if name in ("duty_sessions_active", "duty_sessions_read", "check_ins_read", "incidents_list",
                          "timesheets_read") and "with_total" not in given
              or name.startswith("live_")]
    script = ["load 'auto_explain';\n", "set client_min_messages = log;\n"]
    script += [f"set {name} = {value};\n" for name, value in {
        "plan_cache_mode": "force_generic_plan",
        "auto_explain.log_min_duration": "0", "auto_explain.log_nested_statements": "on",
        "auto_explain.log_analyze": "on", "auto_explain.log_timing": "off",
        "auto_explain.log_triggers": "on", "auto_explain.log_format": "text"}.items()]
    for name, given in tried:
        prepare, execute = prepared(name, given)
        script += ["\\echo @@ " + name + "\n", prepare, f"begin;\n{execute};\n{EMITTED}rollback;\n", "deallocate it;\n"]
    done = subprocess.run(
        ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", cluster.url("plans"), "-f", "-"], input="".join(script),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PGOPTIONS": session_options()})
    if done.returncode != 0:
        raise SystemExit(f"psql: {done.stdout[-2000:]}")
    check_events(done.stdout, declared, faults)
    parts = re.split(r"@@ (\w+)\n", done.stdout)[1:]
    seen = 0
    for name, said in zip(parts[::2], parts[1::2]):
        seen += said.count("Query Text:")
        for table in re.findall(r"Seq Scan on (\w+)", said):
            if table in LARGE:
                faults.append(f"{name}: goes through all of {table} inside")
        for rows in re.findall(r"Rows Removed by [A-Za-z ]+: (\d+)", said):
            if int(rows) > INSIDE:
                faults.append(f"{name}: passes over {rows} rows inside")
        for table, rows, loops in re.findall(r"Scan [^\n]*?on (\w+)[^\n]*actual rows=(\d+) loops=(\d+)", said):
            if table in LARGE and int(rows) * int(loops) > INSIDE:
                faults.append(f"{name}: reads {rows} rows of {table}, {loops} times, inside")
        if name != "callers_provision" and re.search(r"^\|[A-Z_]+\|", said, flags=re.M):
            faults.append(f"{name}: was refused here: {said.strip().splitlines()[0][:200]}")
    if seen < 5 * len(tried):
        faults.append("auto_explain told too little: nothing was seen inside the functions")


def check_all_are_tried(faults):
    tried = {}
    for name, _, given, _, _ in cases():
        tried.setdefault(name, set()).update(given)
    for name, given in WRITES:
        tried.setdefault(name, set()).update(given)
    for name, statement in ALL.items():
        for param in set(statement.params) - tried.get(name, set()):
            faults.append(f"{name}: nobody here tries :{param}")
        if name not in tried:
            faults.append(f"{name}: nobody here tries it")


def main(program, print_tables, *options):
    faults = []
    check_all_are_tried(faults)
    with Cluster(["shared_buffers=128MB", "autovacuum=off", "max_wal_size=2GB", "jit=off"]) as cluster:
        cluster.migrate(program, "plans")
        cluster.psql((ROOT / "tests" / "checks" / "plans.sql").read_text(encoding="utf-8"), "plans")
        check_reads(cluster, faults, "-v" in options)
        check_inside(cluster, program_tables(print_tables)["events"], faults)
    finish(faults)


if len(sys.argv) < 3:
    sys.exit(__doc__)
main(*sys.argv[1:])
