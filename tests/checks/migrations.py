#!/usr/bin/env python3
"""migrations.py: a migration that finds rows which break its rule names them and stops.

    migrations.py

Runs the migrations in a private PostgreSQL, up to the one that is tested.
"""

import subprocess

from tables import ROOT, finish

from cluster import Cluster

USER = "01900000-0000-7000-8000-000000000001"
SHEET = "01900000-0000-7000-8000-000000000002"
ENTRY = "01900000-0000-7000-8000-00000000001"  # and a digit

# Entries from 6 to 14, from 13:59 to 15, and from 15 to 16 o'clock: the second overlaps the first.
ENTRIES = f"""
insert into app.users (id, role, first_name, last_name) values ('{USER}', 'GUARD', 'Ada', 'Lind');
insert into app.timesheets (id, user_id, week_start_date, created_by)
values ('{SHEET}', '{USER}', '2026-03-01', '{USER}');
insert into app.timesheet_entries (id, timesheet_id, date, clock_in_time, clock_out_time, was_manually_added)
select ('{ENTRY}' || n)::uuid, '{SHEET}', '2026-03-02', start_time, end_time, true
from (values (1, '2026-03-02 06:00Z'::timestamptz, '2026-03-02 14:00Z'::timestamptz),
	(2, '2026-03-02 13:59Z', '2026-03-02 15:00Z'), (3, '2026-03-02 15:00Z', '2026-03-02 16:00Z')
) e (n, start_time, end_time);
"""
OVERLAPPING = f"{ENTRY}2"


def run(cluster, file):
    """The message of the error; empty: the migration succeeded."""
    done = subprocess.run(
        [str(cluster.programs / "psql"), "-XqAt1", "-v", "ON_ERROR_STOP=1", "-d", cluster.url(), "-f", str(file)],
        capture_output=True, text=True)
    return done.stderr if done.returncode else ""


def overlap_errors(cluster):
    """The migration of timesheet entries names the entry that overlaps, and succeeds once it is gone."""
    tested = ROOT / "sql" / "migrations" / "0022_time.sql"
    for file in sorted(tested.parent.glob("*.sql")):
        if file == tested:
            break
        if error := run(cluster, file):
            return [f"sql/migrations/{file.name}: {error}"]
    cluster.psql(ENTRIES)
    message = run(cluster, tested)
    if message.count(ENTRY) != 1 or OVERLAPPING not in message:
        return [f"sql/migrations/{tested.name} does not name the entry that overlaps, and only that: {message}"]
    cluster.psql(f"delete from app.timesheet_entries where id = '{OVERLAPPING}'")
    if error := run(cluster, tested):
        return [f"sql/migrations/{tested.name} fails after the entry is gone: {error}"]
    return []


def main():
    with Cluster() as cluster:
        finish(overlap_errors(cluster))


main()
