#!/usr/bin/env python3
"""codes.py: the constraints, events and channels of SQL are those of the tables."""

import re

from tables import finish, functions, rows, sql

# Violated only by a mistake of ours, which is answered 500: what a caller gives is
# checked against its field before, or the value is not his to give.
OURS = {
    "users_subject_unique": "callers_provision takes the row that is there",
    "api_keys_digest_unique": "244 random bits",
    "api_keys_created_by": "the caller's row is there",
    "idempotency_keys_unique": "idempotency.c answers what was answered before",
    "events_channel_offset": "live.emit counts under a lock",
    "epoch_one": "made by a migration, and left alone",
    "epoch_is_one": "likewise",
    "event_expiry_one": "likewise",
    "event_expiry_is_one": "likewise",
    "processes_pkey": "a process that was there already is brought up to date",
    "logs_author": "the caller's row is there",
    "logs_reviewer": "the caller's row is there",
    "duty_sessions_user": "the caller's row is there",
    "location_check_ins_session": "in the statement that holds the session",
    "location_check_ins_user": "the caller's row is there",
    "timesheets_user": "looked up before; people are never removed",
    "timesheets_submitted_by": "the caller's row is there",
    "timesheets_approved_by": "likewise",
    "timesheets_rejected_by": "likewise",
    "timesheets_created_by": "likewise",
    "timesheet_entries_sheet": "in the function that holds the sheet",
    "timesheet_entries_session": "read in the same function; sessions stay",
    "timesheet_entries_location": "looked up before, or the session's; places stay",
    "timesheet_entries_shift": "looked up and locked",
    "timesheet_entries_session_unique": "the sessions are told once, as the sheet is made",
    "timesheet_adjustments_pkey": "made by PostgreSQL",
    "timesheet_adjustments_sheet": "in the function that holds the sheet",
    "timesheet_adjustments_adjuster": "the caller's row is there",
    "timesheet_adjustments_numbered": "the sheet is locked",
    "log_edits_pkey": "made by PostgreSQL",
    "log_edits_log": "in the statement that holds the log",
    "log_edits_editor": "the caller's row is there",
    "log_edits_unique": "one change makes one revision",
    "messages_of_thread_unique": "the id is unique by itself",
    "messages_sender": "the caller's row is there",
    "messages_session": "in the function that holds the session",
    "messages_reply_to": "in the function that holds the message",
    "dismissals_unique": "to dismiss twice does nothing",
    "dismissals_notification": "in the function that holds the notification",
    "dismissals_user": "the caller's row is there",
    "comments_log": "in the function that holds the log",
    "comments_note": "in the function that holds the note",
    "comments_author": "the caller's row is there",
    "notes_owner": "the caller's row is there",
    "visitors_checked_in_by": "the caller's row is there",
    "visitors_checked_out_by": "the caller's row is there",
    "incident_reports_number_unique": "another number is tried",
    "incident_reports_log": "in the function that holds the log",
    "incident_reports_generated_by": "the caller's row is there",
    "incident_reports_guard": "looked up before; people are never removed",
    "incident_reports_supervisor": "likewise",
    "equipment_checkouts_session": "looked up and locked before",
    "equipment_checkouts_vehicle": "looked up and locked before",
    "equipment_checkouts_radio": "looked up and locked before",
    "tours_supervisor": "the caller's row is there",
    "tour_stops_tour": "looked up and locked before",
    "checklist_responses_pkey": "made by PostgreSQL",
    "checklist_responses_session": "looked up and locked before",
    "checklist_responses_user": "the caller's row is there",
    "checklist_responses_location": "looked up before; places stay",
    "checklist_responses_log": "made in the same statement",
    "checklist_responses_log_unique": "made in the same statement",
    "one_open_checklist_per_session": "the session is locked",
    "checklist_checks_pkey": "made by PostgreSQL",
    "checklist_checks_response": "made or found in the same statement",
    "checklist_checks_item": "looked up before; items stay",
    "checklist_checks_unique": "a second check takes the place of the first",
    "recurring_assignments_pkey": "made by PostgreSQL",
    "recurring_assignments_unique": "the pattern is locked",
    "recurring_assignments_pattern": "in the function that holds the pattern",
    "shifts_pattern_start_unique": "looked for by whoever holds the pattern",
    "shifts_pattern": "likewise",
    "shifts_id_start_unique": "the id is unique by itself",
    "shift_assignments_pkey": "made by PostgreSQL",
    "shift_assignments_unique": "the shift is locked",
    "shift_assignments_shift": "in the function that holds the shift",
}

class Constraint:
    def __init__(self, name, table, kind, columns):
        self.name, self.table, self.kind, self.columns = name, table, kind, columns


def constraints(faults):
    found = []
    for table, inside in re.findall(r"create (?:unlogged )?table ([a-z_.]+) \((.*?)\n\);", sql("migrations"), flags=re.S):
        short = table.split(".")[1]
        for line in inside.splitlines():
            named = re.match(r"\s*constraint ([a-z_]+) (primary key|unique|foreign key|check|exclude)"
                             r"\s*(?:\(([^)]*)\))?", line)
            column = re.match(r"\s*([a-z_]+) .*\bprimary key\b", line)
            if named:
                name, kind, columns = named.groups()
                found.append(Constraint(name, table, kind, set(re.findall(r"\w+", columns or ""))))
            elif column:
                found.append(Constraint(f"{short}_pkey", table, "primary key", {column.group(1)}))
            elif re.search(r"\b(unique|check|references|exclude)\b", line):
                faults.append(f"{table}: a constraint without a name: {line.strip()}")
    for table, added in re.findall(r"alter table ([a-z_.]+)([^;]*);", sql("migrations")):
        for name, kind, columns in re.findall(
                r"add constraint ([a-z_]+)\s+(primary key|unique|foreign key|check|exclude)\s*(?:\(([^)]*)\))?", added):
            found.append(Constraint(name, table, kind, set(re.findall(r"\w+", columns))))
    for name, table, columns in re.findall(
            r"create unique index ([a-z_]+)\s+on ([a-z_.]+)\s*\(([^;]*)\)", sql("migrations")):
        found.append(Constraint(name, table, "unique", set(re.findall(r"\w+", columns))))
    # The functions look before they write, so no operation runs against these.
    for name, table in re.findall(r"create constraint trigger ([a-z_]+)[^;]*?\bon ([a-z_.]+)", sql("migrations")):
        found.append(Constraint(name, table, "trigger", set()))
    return found


def check_constraints(faults):
    table = {row[1]: row for row in rows("constraints")}
    found = constraints(faults)
    names = {c.name for c in found}
    for c in found:
        if c.kind != "check" and c.name not in table and c.name not in OURS:
            faults.append(f"{c.name} on {c.table} has no row in constraints.def")
        if c.name in table and c.name in OURS:
            faults.append(f"{c.name} is in constraints.def and said to be ours alone")
    for name in list(table) + list(OURS):
        if name not in names:
            faults.append(f"{name} is a constraint of no migration")


def emissions(faults):
    """type → (channels, members of the data), as the functions make them: to be emitted
    at once, or with others by whoever asked for them."""
    bodies = functions()
    found = {}
    for name, body in bodies.items():
        made = re.search(r"'channel', (.*?)'type',|live\.events_on\((array\[.*?\])", body, flags=re.S)
        if name == "live.broadcast":
            found["*"] = (["all"], ["*"])
        if name in ("live.emit", "live.events_on", "live.broadcast") or not made:
            continue
        channels = [f"{channel}:{{id}}" for channel in dict.fromkeys(re.findall(r"'([a-z]+):' \|\|", body))]
        channels += re.findall(r"'([a-z]+)'", made.group(1) or made.group(2))
        data = re.search(r"(?:'data',|data jsonb :=) jsonb_build_object\((.*?)\)", body, flags=re.S)
        if not data or not channels:
            faults.append(f"{name} emits in a way that cannot be read here")
            continue
        # Names and values take turns.
        members = [part.strip(" \n\t'") for part in data.group(1).split(",")][::2]
        types = re.findall(r"(?:'type',|live\.events_on\(array\[[^\]]*\],)\s+'([a-z_.]+)'", body)
        for caller in bodies.values():
            types += re.findall(name.replace(".", r"\.") + r"\([^()]*'([a-z_]+\.[a-z_]+)'[^()]*\)", caller)
        if not types:
            faults.append(f"{name} emits, and nobody calls it")
        # `case when p_type <> 'log.created' then 'log:' || …`: all but that one go there, too.
        spared = set(re.findall(r"case when p_type <> '([a-z_.]+)' then '([a-z]+):'", body))
        for kind in types:
            its = [channel for channel in channels if (kind, channel.partition(":")[0]) not in spared]
            if found.setdefault(kind, (its, members)) != (its, members):
                faults.append(f"{kind} is emitted in two ways")
    return found


def check_events(faults):
    emitted = emissions(faults)
    table = {row[1]: row for row in rows("events")}
    for kind, (channels, members) in emitted.items():
        if kind not in table:
            faults.append(f"{kind} is emitted and is not in events.def")
            continue
        pattern = " ".join(channels)
        if table[kind][2] != pattern:
            faults.append(f"{kind} goes to {pattern}; events.def says {table[kind][2]}")
        if table[kind][3].replace("?", "") != " ".join(members):
            faults.append(f"{kind} holds {' '.join(members)}; events.def says {table[kind][3]}")
    for kind in table:
        if kind not in emitted:
            faults.append(f"{kind} is in events.def and nothing emits it")


def check_channels(faults):
    table = {row[2]: row for row in rows("channels")}
    events = {row[1]: row[2].split() for row in rows("events")}
    for kind, channels in events.items():
        for channel in channels:
            if channel not in table:
                faults.append(f"{kind} goes to {channel}, which is not in channels.def")
    for pattern, row in table.items():
        for kind in row[4].split():
            if pattern not in events.get(kind, []):
                faults.append(f"{kind}, after which {pattern} is judged anew, does not go there")


def main():
    faults = []
    check_constraints(faults)
    check_events(faults)
    check_channels(faults)
    finish(faults)


main()
