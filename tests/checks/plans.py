#!/usr/bin/env python3
"""plans.py: every statement uses indexes on a large database: 200,000 logs, 50,000 duty sessions, 20,000 users.

    plans.py BINNACLE PRINT_TABLES [-v]

The program migrates a private PostgreSQL, and plans.sql fills it. Then every case of plans_reads.py is
run: each list with each optional filter alone, with some pairs of filters, and from a cursor.

- With a generic plan (plan_cache_mode = force_generic_plan), no statement may scan a whole large
  table. Where an index has the right order, none may read many more rows than it returns.
- With the settings of the server, after so many executions that PostgreSQL may have chosen a generic
  plan, no statement may read many more rows than it returns.

Statements inside functions, mainly those of plans_writes.py, are checked with auto_explain. The events
that the writes emit are compared with events.def. logs_count reads all rows that it counts; it is only
measured. -v prints the time of each case.
"""

import json
import os
import re
import subprocess
import sys

from plans_ids import CONTEXT, GUARD, IDEMPOTENCY, LOCATION, NEW_ID, PUBLIC_NOTE, Expression
from plans_reads import LIST, OTHERS, USERS_PAGE, cases
from plans_writes import WRITES as PLAIN_WRITES
from tables import (
    ROOT, finish, program_tables, session_options, statement_file, statement_user, statements, variant)

from cluster import Cluster

LARGE_TABLES = (
    "logs", "log_edits", "events", "users", "notifications", "comments", "visitors", "messages", "notes",
    "duty_sessions", "location_check_ins", "tours", "equipment_checkouts", "shifts", "shift_assignments", "timesheets",
    "entries")
# Statements of `binnacle audit`, which read the whole trail.
WHOLE_TRAIL = ("audit_verify_", "audit_count", "audit_prune")
EXECUTIONS = 7  # PostgreSQL compares the generic plan from the sixth execution on
MAX_ROWS_IN_FUNCTIONS = 500  # of a large table
REMEDY = "rewrite it, or add an index in sql/migrations"

STATEMENTS = {statement.name: statement for statement in statements()}

# What the trail needs.
TRACKED_WRITES = [(name, {**CONTEXT, **params} if "context" in STATEMENTS[name].params else params)
                  for name, params in PLAIN_WRITES]
# Idempotent statements are also run with a key.
WRITES = TRACKED_WRITES + [(name, {**IDEMPOTENCY, **params}) for name, params in TRACKED_WRITES
                           if "idempotency_key" in STATEMENTS[name].params and "idempotency_key" not in params]


def place(name):
    return f"{statement_file(STATEMENTS[name])}: {name}"


def quoted(value):
    if isinstance(value, Expression):
        return value
    return "null" if value is None else "'" + value.replace("'", "''") + "'"


def prepared(name, params):
    """PREPARE, and the EXECUTE for it."""
    text, order = variant(STATEMENTS[name], params)
    values = ", ".join(quoted(params.get(param)) for param in order)
    return f"prepare it as {text};\n", f"execute it({values})" if order else "execute it"


def nodes(plan):
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def scanned_tables(plan):
    return [node["Relation Name"] for node in nodes(plan)
            if node["Node Type"] == "Seq Scan" and node["Relation Name"] in LARGE_TABLES]


def rows_read(plan):
    total = 0
    for node in nodes(plan):
        if node.get("Relation Name") in LARGE_TABLES:
            removed = sum(node.get(f"Rows Removed by {step}", 0) for step in ("Filter", "Index Recheck"))
            total += (node["Actual Rows"] + removed) * node["Actual Loops"]
    return total


def explain(cluster, mode):
    """The plans of all cases, in order."""
    script = [f"set plan_cache_mode = {mode};\n"]
    for case in cases():
        prepare, execute = prepared(case.statement, case.params)
        # Counting takes long, and does not change the plan.
        times = EXECUTIONS if mode == "auto" and case.statement != "logs_count" else 0
        analyze = ", analyze, timing off" if mode == "auto" or case.generic else ""
        script += [prepare, "\\o /dev/null\n", f"{execute};\n" * times, "\\o\n",
                   f"explain (format json{analyze}) {execute};\n",
                   "\\echo @@\n", "deallocate it;\n"]
    output = cluster.psql("".join(script), "plans", session_options()).split("@@\n")
    return [json.loads(part)[0] for part in output if part.strip()]


def too_many_rows(case, plan, how):
    count = rows_read(plan["Plan"])
    if count > case.max_rows:
        yield (f"{place(case.statement)} ({case.title}){how} reads {count} rows, but "
               f"tests/checks/plans_reads.py allows {case.max_rows}; {REMEDY}")


def generic_plan_errors(cluster):
    for case, plan in zip(cases(), explain(cluster, "force_generic_plan")):
        if case.statement != "logs_count":
            for table in scanned_tables(plan["Plan"]):
                yield (f"{place(case.statement)} ({case.title}) scans all of {table} with a generic plan; "
                       f"{REMEDY}")
        if case.generic:
            yield from too_many_rows(case, plan, " with a generic plan")


def plan_errors(cluster, verbose):
    slowest = 0
    for case, plan in zip(cases(), explain(cluster, "auto")):
        time = plan["Execution Time"]
        if verbose:
            print(f"{time:9.2f} ms {rows_read(plan['Plan']):7} rows  {case.statement} {case.title}")
        if case.max_rows is not None:
            yield from too_many_rows(case, plan, "")
            slowest = max(slowest, time)
    print(f"# slowest statement: {slowest:.2f} ms")


# The events of the transaction, as `@event TYPE CHANNEL FIELDS`.
EMITTED = """set local auto_explain.log_min_duration = -1;
select '@event ' || e.type || ' ' || regexp_replace(e.channel, ':.*', ':{id}') || ' '
	|| array_to_string(array(select jsonb_object_keys(e.data)), ',')
from live.events e where e.xmin = pg_current_xact_id()::xid;
"""


def event_errors(output, declared):
    """Compares all events that the writes emitted with the declared ones."""
    channels, fields = {}, {}
    for kind, channel, names in re.findall(r"^@event (\S+) (\S+) (\S*)$", output, flags=re.M):
        channels.setdefault(kind, set()).add(channel)
        fields.setdefault(kind, set()).add(frozenset(names.split(",")))
    for event in declared:
        kind, expected = event["type"], frozenset(event["data"])
        if kind == "*":
            continue  # broadcasts
        if kind not in channels:
            yield (f"include/table/events.def: {kind}: add a statement that emits it to tests/checks/plans_writes.py, "
                   "or remove the row")
            continue
        if channels[kind] != set(event["channels"].split()):
            yield (f"include/table/events.def: {kind}: the channels are `{event['channels']}`, but SQL emits it on "
                   f"`{' '.join(sorted(channels[kind]))}`")
        if fields[kind] != {expected}:
            different = set().union(*fields[kind]) ^ expected
            yield (f"src/resources/events.c: {kind}: these fields are declared but not always emitted by SQL, or "
                   f"emitted but not declared: {' '.join(sorted(different))}")


def statements_with_functions():
    """Statements that call functions, with parameters."""
    reads = [
        ("logs_list", LIST), ("users_list", USERS_PAGE), ("users_list", {**USERS_PAGE, "caller_role": "GUARD"}),
        ("users_read", {"id": GUARD, "caller_id": NEW_ID, "caller_role": "ADMIN", "may_access_others": "true"}),
        ("logs_of_location", {"id": LOCATION, "limit": "20"}), ("duty_sessions_list", LIST), ("check_ins_list", LIST),
        ("notes_list", LIST), ("notes_comments", {**LIST, "id": PUBLIC_NOTE}),
        ("my_notes_list", {**LIST, "caller_id": GUARD})]
    others = [(name, params) for name, params, _ in OTHERS
              if name in ("duty_sessions_active", "duty_sessions_read", "check_ins_read", "incidents_list",
                          "timesheets_read") and "with_total" not in params
              or name.startswith(("channels_", "events_"))]
    return WRITES + reads + others


def run_with_auto_explain(cluster, tested):
    script = ["load 'auto_explain';\n", "set client_min_messages = log;\n"]
    script += [f"set {name} = {value};\n" for name, value in {
        "plan_cache_mode": "force_generic_plan",
        "auto_explain.log_min_duration": "0", "auto_explain.log_nested_statements": "on",
        "auto_explain.log_analyze": "on", "auto_explain.log_timing": "off",
        "auto_explain.log_triggers": "on", "auto_explain.log_format": "text"}.items()]
    for name, params in tested:
        prepare, execute = prepared(name, params)
        script += ["\\echo @@ " + name + "\n", prepare, f"begin;\n{execute};\n{EMITTED}rollback;\n", "deallocate it;\n"]
    done = subprocess.run(
        ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", cluster.url("plans"), "-f", "-"], input="".join(script),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PGOPTIONS": session_options()})
    if done.returncode != 0:
        raise SystemExit(f"psql: {done.stdout[-2000:]}")
    return done.stdout


def inside_errors(name, output):
    """Errors in the plans that auto_explain logged for a statement."""
    for table in re.findall(r"Seq Scan on (\w+)", output):
        if table in LARGE_TABLES:
            yield f"{place(name)}: a function that it calls scans all of {table}; {REMEDY}"
    for rows in re.findall(r"Rows Removed by [A-Za-z ]+: (\d+)", output):
        if int(rows) > MAX_ROWS_IN_FUNCTIONS:
            yield f"{place(name)}: a function that it calls reads and discards {rows} rows; {REMEDY}"
    for table, rows, loops in re.findall(r"Scan [^\n]*?on (\w+)[^\n]*actual rows=(\d+) loops=(\d+)", output):
        if table in LARGE_TABLES and int(rows) * int(loops) > MAX_ROWS_IN_FUNCTIONS:
            yield (f"{place(name)}: a function that it calls reads {rows} rows of {table}, {loops} times; "
                   f"{REMEDY}")
    if name != "callers_provision" and re.search(r"^\|[A-Z_]+\|", output, flags=re.M):
        yield (f"{place(name)}: returned a problem; fix its parameters in tests/checks/plans_writes.py: "
               f"{output.strip().splitlines()[0][:200]}")


def function_errors(cluster, declared):
    """Checks the statements inside functions, triggers and foreign keys, and the emitted events."""
    tested = statements_with_functions()
    output = run_with_auto_explain(cluster, tested)
    yield from event_errors(output, declared)
    parts = re.split(r"@@ (\w+)\n", output)[1:]
    for name, part in zip(parts[::2], parts[1::2]):
        yield from inside_errors(name, part)
    if output.count("Query Text:") < 5 * len(tested):
        yield "tests/checks/plans.py: auto_explain logged too few plans; check its settings in run_with_auto_explain()"


def missing_cases():
    tested = {}
    for name, params in [*((case.statement, case.params) for case in cases()), *WRITES]:
        tested.setdefault(name, set()).update(params)
    for name, statement in STATEMENTS.items():
        if name.startswith(WHOLE_TRAIL):
            continue
        file = f"tests/checks/plans_{statement.lane}s.py"
        if name not in tested:
            yield f"{statement_user(statement)}: add a row for {name} to {file}"
            continue
        for param in sorted(set(statement.params) - tested[name]):
            yield f"{statement_user(statement)}: add values for :{param} of {name} to {file}"


def main(program, print_tables, *options):
    errors = [*missing_cases()]
    with Cluster(["shared_buffers=128MB", "autovacuum=off", "max_wal_size=2GB", "jit=off"]) as cluster:
        cluster.migrate(program, "plans")
        cluster.psql((ROOT / "tests" / "checks" / "plans.sql").read_text(encoding="utf-8"), "plans")
        errors += generic_plan_errors(cluster)
        errors += plan_errors(cluster, "-v" in options)
        errors += function_errors(cluster, program_tables(print_tables)["events"])
    finish(errors, suite="slow")


if len(sys.argv) < 3:
    sys.exit(__doc__)
main(*sys.argv[1:])
