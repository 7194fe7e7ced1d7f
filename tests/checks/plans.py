#!/usr/bin/env python3
"""plans.py: with 200 000 logs, 50 000 stretches of duty and 20 000 people, each statement finds what it is asked for by an index.

    plans.py BINNACLE [-v]

A PostgreSQL of its own is migrated by the program and filled by plans.sql. Then
every statement that reads is tried with each optional filter alone, with some of
them together, and from a cursor on:

- with a plan for any value (plan_cache_mode = force_generic_plan), none may go
  through the whole of a large table, and where an index has the right order, none
  may read many more rows than it gives back;
- as the server runs it, after so many executions that PostgreSQL may have settled
  for a plan, none may read many more rows than it gives back.

What the functions do inside is watched by auto_explain. logs_count reads what it
counts; it is measured only. -v prints the time of each.
"""

import itertools
import json
import os
import pathlib
import re
import subprocess
import sys

from tables import ROOT, finish, session_options, statements, variant

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from cluster import Cluster  # noqa: E402

LARGE = ("logs", "log_edits", "events", "users", "notifications", "comments", "visitors", "messages",
         "notes", "duty_sessions", "location_check_ins", "tours", "equipment_checkouts", "shifts", "shift_assignments",
         "timesheets")
EXECUTIONS = 7  # PostgreSQL compares plans from the sixth on
LIMIT = 20

INSIDE = 500  # rows that a function may read of a large table

LOG = "01900000-0000-7000-8003-000000000007"  # with an edit
PLACE = "01900000-0000-7000-8002-000000000003"
PERSON = "01900000-0000-7000-8001-000000000003"
CHIEF = "01900000-0000-7000-8001-0000000000f1"  # one of two
GONE = "01900000-0000-7000-8004-000000000005"  # archived
NEW = "01900000-0000-7000-8009-000000000001"
SESSION = "01900000-0000-7000-8005-00000000c339"  # PERSON's, open, at PLACE
VISIT = "01900000-0000-7000-8006-000000004e20"  # open, CHIEF's
INCIDENT = "01900000-0000-7000-8003-0000000fffff"  # not reviewed



class Expression(str):
    """What is asked is known by the database alone."""


HEARD = f"location:{PLACE}"  # its first fifty events are old
LATELY = Expression(f"live.top('{HEARD}') - 90")

# Each filter of logs_list with values of all kinds, and how many times what is
# asked for may be read. ORDERED: there is an index in the right order. 60: the newest
# are gone through as long as that is cheaper than to sort all that match.
ORDERED = 2
FILTERS = {
    "place": ({"location_id": PLACE}, ORDERED),
    "place, empty": ({"location_id": "01900000-0000-7000-8002-0000000000ff"}, ORDERED),
    "person": ({"user_id": PERSON}, ORDERED),
    "type, common": ({"type": "{PATROL}"}, 60),
    "type, rare": ({"type": "{INCIDENT}"}, 60),
    "type, absent": ({"type": "{WEATHER}"}, 60),
    "types": ({"type": "{INCIDENT,WEATHER}"}, 60),
    "status, common": ({"status": "{LIVE}"}, 60),
    "status, rare": ({"status": "{DRAFT}"}, 60),
    "status, never listed": ({"status": "{ARCHIVED}"}, 1),
    "statuses": ({"status": "{LIVE,UPDATED}"}, 60),
    "severity, common": ({"severity": "{LOW}"}, 60),
    "severity, rare": ({"severity": "{CRITICAL}"}, 150),
    "severities": ({"severity": "{HIGH,CRITICAL}"}, 60),
    "words, common": ({"search": "gate"}, 60),
    "words, rare": ({"search": "albatross"}, 60),
    "words, absent": ({"search": "zzzqqq"}, 60),
    "words, two letters": ({"search": "ga"}, 60),
    "since": ({"start_date": "2026-10-01"}, ORDERED),
    "until": ({"end_date": "2025-06-01"}, ORDERED),
    "year": ({"year": "2025"}, ORDERED),
    "month": ({"year": "2025", "month": "3"}, ORDERED),
    "weekday": ({"day_of_week": "3"}, 60),
    "counted": ({"counted": "true"}, None),
}
# Together they may find little, or nothing; then it is the rarer one that leads.
TOGETHER = 200
PAIRS_OF = ("place", "person", "type, rare", "status, rare", "status, common", "severity, common",
            "words, rare", "words, common", "month", "since", "weekday")

# The same of users_list. (Of the GUARDs all are behind the few above them; a fifth of
# the visitors is archived.)
PEOPLE = {
    "all": ({}, ORDERED),
    "archived": ({"archived": "yes"}, ORDERED),
    "both": ({"archived": "all"}, ORDERED),
    "role": ({"role": "{GUARD}"}, ORDERED),
    "role, common": ({"role": "{VISITOR}"}, ORDERED),
    "role, absent": ({"role": "{SUPERVISOR}"}, ORDERED),
    "roles": ({"role": "{SUPER_ADMIN,ADMIN,GUARD}"}, ORDERED),
    "roles, archived": ({"archived": "yes", "role": "{ADMIN,GUARD}"}, ORDERED),
    "words, rare": ({"q": "visitor777@"}, 60),
    "words, two": ({"q": "last777 First3"}, 120),
    "words, absent": ({"q": "zzzqqq"}, 60),
    "words and role": ({"q": "first23", "role": "{GUARD}"}, 60),
    "words, common": ({"q": "example"}, None),
    "counted": ({"counted": "true"}, None),
}

# Of duty_sessions_list and check_ins_list. (Who asks for another's and may not is refused,
# whatever is found.)
DUTY = {
    "all": ({}, ORDERED),
    "one's own": ({"caller_only": PERSON}, ORDERED),
    "person": ({"user_id": PERSON}, ORDERED),
    "one's own, by name": ({"caller_only": PERSON, "user_id": PERSON}, ORDERED),
    "another's": ({"caller_only": PERSON, "user_id": CHIEF}, None),
    "place": ({"location_id": PLACE}, ORDERED),
    "counted": ({"caller_only": PERSON, "counted": "true"}, None),
}
ROUNDS = "01900000-0000-7000-800a-0000000000"
CAR, RADIO, TOUR, STOP, ITEM, OUT = (ROUNDS + n for n in ("01", "02", "03", "04", "05", "06"))
DRIVER, DRIVE = "01900000-0000-7000-8001-000000000004", "01900000-0000-7000-8005-00000000c33a"  # has it OUT

# Of tours_list and checkouts_list.
TOURS = {
    "all": ({}, ORDERED),
    "one's own": ({"caller_only": PERSON}, ORDERED),
    "person": ({"supervisor_id": PERSON}, ORDERED),
    "status, common": ({"status": "{COMPLETED}"}, 60),
    "status, rare": ({"status": "{IN_PROGRESS}"}, 60),
    "since": ({"start_date": "2026-10-01"}, ORDERED),
    "until": ({"end_date": "2026-06-01"}, ORDERED),
    "counted": ({"supervisor_id": PERSON, "counted": "true"}, None),
}
CHECKOUTS = {
    "all": ({}, ORDERED),
    "session": ({"duty_session_id": DRIVE}, ORDERED),
    "vehicle": ({"vehicle_id": CAR}, ORDERED),
    "radio": ({"radio_id": RADIO}, ORDERED),
    "out": ({"open": "true"}, ORDERED),
    "back": ({"open": "false"}, ORDERED),
    "counted": ({"vehicle_id": CAR, "counted": "true"}, None),
}
WATCH = "01900000-0000-7000-800f-000000000003"  # the pattern of PLACE
SHIFT = "01900000-0000-7000-8010-000000007530"  # the last one

# Of shifts_list. PERSON has one of thirteen: as long as that is cheaper, all are gone
# through. CHIEF has few: of each his assignment is read, and the shift.
SHIFTS = {
    "all": ({}, ORDERED),
    "place": ({"location_id": PLACE}, ORDERED),
    "person": ({"user_id": PERSON}, 14),
    "person, seldom": ({"user_id": CHIEF}, 3),
    "since": ({"start_date": "2026-10-01"}, ORDERED),
    "until": ({"end_date": "2026-06-01"}, ORDERED),
    "a week": ({"start_date": "2026-10-01", "end_date": "2026-10-07"}, ORDERED),
    "person, since": ({"user_id": PERSON, "start_date": "2026-10-01"}, 14),
    "person, until": ({"user_id": PERSON, "end_date": "2026-06-01"}, 14),
    "person, a week": ({"user_id": PERSON, "start_date": "2026-10-01", "end_date": "2026-10-07"}, 14),
    "person, seldom, since": ({"user_id": CHIEF, "start_date": "2026-08-01"}, 3),
    "person at a place": ({"user_id": PERSON, "location_id": PLACE}, 60),
}
# Of timesheets_list. (A week is read as a whole, and put in order by its people's names: 200
# and 200. Who has a sheet in each week, has two years of them.)
SHEET = "01900000-0000-7000-800f-000000000001"  # a draft
ENTRY = "01900000-0000-7000-8010-000000000001"  # on it
CLAIM = "01900000-0000-7000-800f-000000004e20"  # waits for approval
OBJECTION = "01900000-0000-7000-800f-000000000002"  # was rejected
SHEETS = {
    "all": ({}, 40),
    "person": ({"user_id": "01900000-0000-7000-8004-000000000001"}, 20),
    "week": ({"week_start_date": "2025-03-02"}, 40),
    "status, common": ({"status": "{APPROVED}"}, 60),
    "status, rare": ({"status": "{REJECTED}"}, 150),
    "statuses": ({"status": "{DRAFT,PENDING}"}, None),  # the newest week, and the oldest
    "counted": ({"status": "{REJECTED}", "counted": "true"}, None),
}
SHEETS_CURSOR = {"cursor_1": "2025-09-07", "cursor_2": "last7", "cursor_3": SHEET}
INCIDENTS = ("all", "unreviewed", "live", "updated", "archived")
INCIDENTS_CURSOR = {"cursor_1": "MEDIUM", "cursor_2": "2025-09-01T00:00:00Z",
                    "cursor_3": "01900000-0000-7000-8003-000000000064"}

LIST = {"limit": str(LIMIT), "skip": "0"}
USERS = {**LIST, "archived": "no", "caller_role": "ADMIN"}
USERS_CURSOR = {"cursor_1": "04first", "cursor_2": PERSON}
CURSOR = {"cursor_1": "2025-09-01T00:00:00Z", "cursor_2": LOG}

# The lists of what is kept beside the logs: what they are asked besides their page.
NEWS = "01900000-0000-7000-800a-000000000040"  # PERSON's, not dismissed
REMARK = "01900000-0000-7000-800b-000000000001"  # on TOLD
TOLD = "01900000-0000-7000-8003-000000000001"  # commented a hundred times
GUEST = "01900000-0000-7000-800c-000000004e20"  # still there, at PLACE
SIGNED_IN = "01900000-0000-7000-8004-000000004e21"  # with a subject
SAID = "01900000-0000-7000-800e-000000000001"  # by PERSON, in SESSION
NOTE = "01900000-0000-7000-8011-000000000004"  # PERSON's, public, commented a hundred times
PRIVATE = "01900000-0000-7000-8011-000000000003"  # PERSON's
REPORT = "01900000-0000-7000-800d-000000000001"  # of REPORTED; to be signed by PERSON
REPORTED = "01900000-0000-7000-8003-000000000064"
UNREPORTED = "01900000-0000-7000-8003-0000000ffffe"
BESIDE = {
    "comments_of_log": {
        "all": ({"id": TOLD}, ORDERED),
        "none": ({"id": LOG}, ORDERED),
        "counted": ({"id": TOLD, "counted": "true"}, None),
    },
    "notes_list": {
        "all": ({}, 3),  # and the author of each
        "counted": ({"counted": "true"}, None),
    },
    "notes_comments": {
        "all": ({"id": NOTE}, ORDERED),
        "private": ({"id": PRIVATE}, ORDERED),
        "counted": ({"id": NOTE, "counted": "true"}, None),
    },
    "my_notes_list": {
        "all": ({"caller_id": PERSON}, ORDERED),
        "none": ({"caller_id": NEW}, ORDERED),
        "counted": ({"caller_id": PERSON, "counted": "true"}, None),
    },
    "my_notes_comments": {
        "all": ({"id": NOTE, "caller_id": PERSON}, ORDERED),
        "another's": ({"id": NOTE, "caller_id": CHIEF}, ORDERED),
        "counted": ({"id": NOTE, "caller_id": PERSON, "counted": "true"}, None),
    },
    "messages_list": {
        "one's own": ({"caller_id": PERSON, "guard_id": None, "may_others": "false"}, ORDERED),
        "a guard's": ({"caller_id": CHIEF, "guard_id": PERSON, "may_others": "true"}, ORDERED),
        "counted": ({"caller_id": PERSON, "guard_id": None, "may_others": "false", "counted": "true"}, None),
    },
    "visitors_list": {
        "all": ({}, ORDERED),
        "place": ({"location_id": PLACE}, ORDERED),
        "present": ({"present": "true"}, ORDERED),
        "gone": ({"present": "false"}, 60),
        "present at a place": ({"location_id": PLACE, "present": "true"}, ORDERED),
        "gone from a place": ({"location_id": PLACE, "present": "false"}, ORDERED),
        "words, rare": ({"search": "guest777"}, 60),
        "words, absent": ({"search": "zzzqqq"}, 60),
        "since": ({"start_date": "2026-10-01"}, ORDERED),
        "until": ({"end_date": "2026-06-01"}, ORDERED),
        "counted": ({"location_id": PLACE, "counted": "true"}, None),
    },
    "incident_reports_list": {
        "all": ({}, 3),  # and the incident of each
        "counted": ({"counted": "true"}, None),
    },
    "duty_sessions_list": {
        **DUTY,
        "since": ({"start_date": "2026-10-01"}, ORDERED),
        "until": ({"end_date": "2026-06-01"}, ORDERED),
    },
    "check_ins_list": {**DUTY, "session": ({"duty_session_id": SESSION}, ORDERED)},
}

# The other statements: what they are asked, and how many rows they may read.
OTHERS = [
    ("logs_read", {"id": LOG}, 3),  # and its author, and who reviewed it
    ("logs_of_location", {"id": PLACE, "limit": str(LIMIT)}, 2 * LIMIT),
    ("logs_edits", {"id": LOG, **LIST}, 2 * LIMIT),
    ("locations_list", {**LIST, "caller_role": "GUARD"}, None),
    ("locations_list", {**LIST, "caller_role": "ADMIN", "cursor_1": "Place 3", "cursor_2": PLACE}, None),
    ("locations_list", {**LIST, "caller_role": "ADMIN", "counted": "true"}, None),
    ("locations_active", {}, None),
    ("locations_read", {"id": PLACE, "caller_role": "ADMIN"}, None),
    ("users_me", {"caller_id": PERSON}, 2),
    ("users_find", {"id": None, "email": "User3@example.com"}, 1),
    ("users_read", {"id": PERSON, "caller_id": PERSON, "caller_role": "GUARD", "may_others": "false"}, None),
    ("callers_find", {"issuer": "https://id", "subject": "one", "claims": "x", "claims_until_ms": "1"}, 1),
    ("api_keys_find", {"digest": "0" * 64}, None),
    ("api_keys_list", LIST, None),
    ("api_keys_read", {"id": NEW}, None),
    ("ready_check", {}, None),
    ("notifications_list", {"caller_id": PERSON, "limit": "10"}, 40),
    ("notifications_read", {"id": NEWS, "caller_id": PERSON, "may_others": "false"}, None),
    ("messages_conversations", LIST, 200),
    ("messages_read", {"id": SAID, "caller_id": PERSON, "may_others": "false"}, None),
    ("comments_read", {"id": REMARK}, 2),
    ("notes_read", {"id": NOTE}, 2),
    ("my_notes_read", {"id": NOTE, "caller_id": PERSON}, 1),
    ("profiles_read", {"caller_id": PERSON}, None),
    ("sign_in_regularly", {"caller_id": PERSON, "caller_is_new": "false"}, None),
    ("visitors_read", {"id": GUEST}, 3),
    ("incident_reports_read", {"id": REPORT}, 6),
    ("incident_reports_of_log", {"id": REPORTED}, 6),
    ("users_my_stats", {"caller_id": PERSON}, None),
    ("duty_sessions_active", {"caller_id": PERSON}, None),
    ("duty_sessions_read", {"id": SESSION, "caller_id": PERSON, "may_others": "false"}, None),
    ("check_ins_read", {"id": VISIT, "caller_id": PERSON, "may_others": "true"}, None),
    ("tours_read", {"id": TOUR, "caller_id": PERSON, "may_others": "false"}, None),
    ("checkouts_read", {"id": OUT}, 5),
    ("checklist_read", {**LIST, "duty_session_id": SESSION, "caller_id": PERSON, "may_others": "false"}, None),
    ("checklist_items_list", LIST, None),
    ("checklist_items_read", {"id": ITEM}, None),
    ("vehicles_list", {**LIST, "status": "{WORKING}"}, None),
    ("vehicles_read", {"id": CAR}, None),
    ("radios_list", {**LIST, "status": "{WORKING}"}, None),
    ("radios_read", {"id": RADIO}, None),
    ("shifts_read", {"id": SHIFT}, 7),
    ("patterns_list", {**LIST, "location_id": PLACE}, None),
    ("patterns_list", {**LIST, "is_active": "true", "cursor_1": "Watch 3", "cursor_2": PLACE}, None),
    ("patterns_read", {"id": WATCH}, None),
    ("fleet_in_shop", LIST, None),
    ("fleet_available", {**LIST, "type": "CAR"}, None),
    ("guards_on_duty", {**LIST, "role": "{GUARD}"}, 3 * LIMIT),
    ("live_hear", {"channel": HEARD, "caller_id": PERSON, "since": LATELY, "epoch": Expression("live.epoch()"),
                   "most": "100"}, None),
    ("live_hear", {"channel": f"log:{LOG}", "caller_id": PERSON, "since": None, "epoch": None, "most": "100"}, None),
    ("live_may_hear", {"channels": f"{{{HEARD},log:{LOG},note:{NEW},user:{PERSON},duty,org,all}}",
                       "callers": "{" + ",".join([PERSON] * 6 + ["NULL"]) + "}"}, None),
    ("live_missed", {"channels": f"{{{HEARD},all}}", "offsets": "{100,0}", "most": "50"}, None),
    ("live_tops", {"channels": f"{{{HEARD},log:{LOG},all}}"}, None),
    ("live_past", {"channel": HEARD, "caller_id": PERSON, "since": None, "most": "50", "reverse": "true"}, None),
    ("live_past", {"channel": HEARD, "caller_id": PERSON, "since": "100", "most": "50", "reverse": "false"}, None),
    ("live_presence", {"channel": "duty", "caller_id": CHIEF}, None),
    ("live_connections", {}, None),
    ("timesheets_read", {"id": SHEET}, None),
    ("timesheets_candidates", {**LIST, "week_start_date": "2025-09-07"}, 1000),
] + [("incidents_list", {**LIST, "status": status, **more}, None)
     for status in INCIDENTS for more in ({}, INCIDENTS_CURSOR, {"counted": "true"})]
BODY = ('{"type": "INCIDENT", "title": "Lamp out", "description": "Dark at the gate.", '
        f'"location_id": "{PLACE}"}}')
ADDED = '{"clock_in": "2025-03-03T06:00:00Z", "clock_out": "2025-03-03T14:00:00Z", "reason": "Forgotten."}'
EDITED = '{"clock_in": "2025-03-02T05:00:00Z", "notes": "At the gate.", "reason": "Forgotten."}'
STOPPED = '{"stop_type": "INCIDENT_CHECK", "title": "Fence", "observations": "Whole."}'
COMPLETED = '{"ending_mileage": 9, "car_returned": true, "radio_returned": true, "keys_returned": true}'
CHECKED = (f'{{"duty_session_id": "{SESSION}", "location_id": "{PLACE}", '
           f'"items": [{{"item_id": "{ITEM}", "checked": true}}]}}')
PLANNED = ('{"name": "Night", "start_time": "2026-10-21T22:00:00Z", "end_time": "2026-10-22T06:00:00Z", '
           f'"location_id": "{PLACE}", "user_assignments": [{{"user_id": "{PERSON}"}}]}}')
REPEATED = (f'{{"name": "Nights", "location_id": "{PLACE}", "start_time": "22:00", "end_time": "06:00", '
            f'"days_of_week": [0, 6], "start_date": "2026-10-21", "user_assignments": [{{"user_id": "{PERSON}"}}], '
            '"generate": {"days": 7}}')
WRITES = [
    ("shifts_create", {"new_id": NEW, "body": PLANNED}),
    ("shifts_change", {"id": SHIFT, "if_match": None, "body": PLANNED}),
    ("shifts_remove", {"id": SHIFT, "if_match": None}),
    ("shifts_assign", {"id": SHIFT, "if_match": None, "body": f'{{"user_id": "{PERSON}"}}'}),
    ("shifts_release", {"id": SHIFT, "user_id": CHIEF, "if_match": None}),
    ("patterns_create", {"new_id": NEW, "body": REPEATED}),
    ("patterns_change", {"id": WATCH, "if_match": None, "body": f'{{"user_assignments": [{{"user_id": "{CHIEF}"}}]}}'}),
    ("patterns_remove", {"id": WATCH, "if_match": None}),
    ("patterns_generate", {"id": WATCH, "if_match": None, "body": '{"days": 7}'}),
    ("timesheets_create", {"new_id": NEW, "caller_id": CHIEF,
                           "body": f'{{"user_id": "{PERSON}", "week_start_date": "2025-09-07"}}'}),
    ("timesheets_submit", {"id": SHEET, "caller_id": CHIEF, "if_match": None}),
    ("timesheets_approve", {"id": CLAIM, "caller_id": CHIEF, "if_match": None}),
    ("timesheets_approve_all", {"caller_id": CHIEF, "body": f'{{"ids": ["{CLAIM}", "{SHEET}"]}}'}),
    ("timesheets_reject", {"id": CLAIM, "caller_id": CHIEF, "if_match": None, "body": '{"reason": "Too long."}'}),
    ("timesheets_reopen", {"id": OBJECTION, "if_match": None}),
    ("timesheets_remove", {"id": SHEET, "if_match": None}),
    ("timesheets_add_entry", {"new_id": NEW, "id": SHEET, "caller_id": CHIEF, "if_match": None, "body": ADDED}),
    ("timesheets_edit_entry", {"id": ENTRY, "caller_id": CHIEF, "if_match": None, "body": EDITED}),
    ("timesheets_remove_entry", {"id": ENTRY, "caller_id": CHIEF, "if_match": None, "reason": "Twice."}),
    ("tours_start", {"new_id": NEW, "caller_id": PERSON,
                     "body": '{"car_number": "1", "radio_number": "2", "starting_mileage": 5}'}),
    ("tours_add_stop", {"new_id": NEW, "id": TOUR, "caller_id": PERSON, "may_others": "false", "if_match": None,
                        "body": STOPPED}),
    ("tours_leave_stop", {"stop_id": STOP, "id": TOUR, "caller_id": PERSON, "may_others": "false", "if_match": None}),
    ("tours_complete", {"id": TOUR, "caller_id": PERSON, "may_others": "false", "if_match": None,
                        "body": COMPLETED}),
    ("tours_cancel", {"id": TOUR, "caller_id": PERSON, "may_others": "false", "if_match": None, "body": "{}"}),
    ("checklist_submit", {"caller_id": PERSON, "body": CHECKED}),
    ("checklist_items_create", {"new_id": NEW, "body": '{"name": "Ladder"}'}),
    ("checklist_items_create_all", {"body": '{"items": [{"name": "Ladder"}]}'}),
    ("checklist_items_order", {"body": f'{{"items": [{{"id": "{ITEM}", "order": 3}}]}}'}),
    ("checklist_items_change", {"id": ITEM, "caller_id": PERSON, "caller_role": "GUARD", "if_match": None,
                                "body": f'{{"duty_session_id": "{SESSION}", "checked": true}}'}),
    ("checklist_items_remove", {"id": ITEM, "if_match": None}),
    ("checkouts_create", {"new_id": NEW, "caller_id": PERSON,
                          "body": f'{{"duty_session_id": "{SESSION}", "vehicle_id": "{CAR}", '
                                  f'"radio_id": "{RADIO}", "checkout_mileage": 5}}'}),
    ("checkouts_return", {"id": OUT, "caller_id": DRIVER, "may_others": "false", "if_match": None, "body": '{"checkin_mileage": 9}'}),
    ("equipment_return", {"caller_id": DRIVER,
                          "body": f'{{"duty_session_id": "{DRIVE}", "checkin_mileage": 9}}'}),
    ("vehicles_create", {"new_id": NEW, "body": '{"name": "Car", "make": "F", "model": "R", "year": 2020}'}),
    ("vehicles_change", {"id": CAR, "if_match": None, "body": '{"notes": "Scratched."}'}),
    ("vehicles_archive", {"id": CAR, "if_match": None}),
    ("radios_create", {"new_id": NEW, "body": '{"name": "Radio"}'}),
    ("radios_change", {"id": RADIO, "if_match": None, "body": '{"notes": "Scratched."}'}),
    ("radios_archive", {"id": RADIO, "if_match": None}),
    ("logs_create", {"new_id": NEW, "caller_id": PERSON, "caller_role": "GUARD", "body": BODY}),
    ("duty_sessions_clock_in", {"new_id": NEW, "caller_id": CHIEF, "caller_role": "SUPER_ADMIN",
                                "hq_location_name": "Place 3", "body": None}),
    ("duty_sessions_clock_out", {"id": SESSION, "caller_id": PERSON, "if_match": None, "body": None}),
    ("duty_sessions_end", {"id": DRIVE, "caller_id": DRIVER, "if_match": None, "body": '{"checkin_mileage": 9}'}),
    ("check_ins_open", {"new_id": NEW, "id": SESSION, "caller_id": PERSON, "if_match": None,
                        "body": f'{{"location_id": "{PLACE}"}}'}),
    ("check_ins_close", {"id": VISIT, "caller_id": CHIEF, "if_match": None}),
    ("guards_end_duty", {"id": DRIVE, "caller_id": CHIEF, "caller_role": "SUPERVISOR", "if_match": None,
                         "body": '{"checkin_mileage": 9}'}),
    ("incidents_review", {"id": INCIDENT, "caller_id": CHIEF, "if_match": None, "body": '{"review_notes": "Read."}'}),
    ("logs_change", {"id": LOG, "caller_id": PERSON, "may_others": "true", "if_match": None,
                     "body": '{"title": "Lamp lit"}'}),
    ("logs_archive", {"id": LOG, "caller_id": PERSON, "may_others": "true", "if_match": None}),
    ("logs_remove", {"id": LOG, "if_match": None}),
    ("api_keys_create", {"new_id": PERSON, "caller_id": PERSON, "body": '{"name": "A", "scopes": ["places:read"]}'}),
    ("api_keys_revoke", {"id": NEW}),
    ("locations_create", {"new_id": NEW, "body": '{"name": "New place"}'}),
    ("locations_change", {"id": PLACE, "if_match": None, "body": '{"name": "Other place"}'}),
    ("locations_toggle", {"id": PLACE, "if_match": None, "body": "{}"}),
    ("users_change_me", {"caller_id": PERSON, "if_match": None, "body": '{"city": "Bern"}'}),
    ("users_sync", {"caller_id": PERSON, "caller_email": "user3@example.com"}),
    ("users_create", {"new_id": NEW, "caller_role": "ADMIN",
                      "body": '{"email": "New@example.com", "first_name": "A", "last_name": "B", "role": "GUARD"}'}),
    ("users_change_role", {"id": PERSON, "caller_id": NEW, "caller_role": "SUPER_ADMIN", "if_match": None,
                           "body": '{"role": "ADMIN"}'}),
    ("users_archive", {"id": CHIEF, "caller_id": NEW, "caller_role": "SUPER_ADMIN", "if_match": None}),
    ("users_unarchive", {"id": GONE, "caller_role": "SUPER_ADMIN", "if_match": None}),
    ("notifications_create", {"new_id": NEW, "caller_id": CHIEF,
                              "body": f'{{"user_id": "{PERSON}", "title": "News", "message": "Told."}}'}),
    ("notifications_dismiss", {"id": NEWS, "caller_id": PERSON, "if_match": None}),
    ("messages_send", {"new_id": NEW, "caller_id": PERSON, "caller_role": "GUARD",
                       "body": f'{{"content": "Lamp out.", "reply_to_id": "{SAID}"}}'}),
    ("messages_mark", {"id": SAID, "caller_id": CHIEF, "may_others": "true", "if_match": None}),
    ("messages_remove", {"id": SAID, "caller_id": PERSON, "may_others": "false", "if_match": None}),
    ("comments_create", {"id": LOG, "new_id": NEW, "caller_id": PERSON, "body": '{"content": "Seen."}'}),
    ("notes_comment", {"id": NOTE, "new_id": NEW, "caller_id": CHIEF, "body": '{"content": "Well said."}'}),
    ("my_notes_create", {"new_id": NEW, "caller_id": PERSON, "body": '{"content": "Milk."}'}),
    ("my_notes_change", {"id": NOTE, "caller_id": PERSON, "if_match": None, "body": '{"title": "List"}'}),
    ("my_notes_remove", {"id": NOTE, "caller_id": PERSON, "if_match": None}),
    ("my_notes_publish", {"id": PRIVATE, "caller_id": PERSON, "if_match": None}),
    ("my_notes_unpublish", {"id": NOTE, "caller_id": PERSON, "if_match": None}),
    ("my_notes_comment", {"id": PRIVATE, "new_id": NEW, "caller_id": PERSON, "body": '{"content": "Bread."}'}),
    ("profiles_change", {"caller_id": PERSON, "caller_email": "user3@example.com", "if_match": None,
                         "body": '{"display_name": "Owl", "email": "User3@example.com"}'}),
    ("sign_in_anonymously", {"caller_id": PERSON, "caller_is_new": "false"}),
    ("sign_in_promote", {"caller_id": SIGNED_IN, "caller_is_new": "false", "caller_email": "one@example.org",
                         "body": '{"anonymous_firebase_uuid": "anonymous"}',
                         "proven_issuer": "https://id", "proven_subject": "anonymous"}),
    ("visitors_check_in", {"new_id": NEW, "caller_id": PERSON,
                           "body": f'{{"first_name": "A", "last_name": "B", "location_id": "{PLACE}"}}'}),
    ("visitors_change", {"id": GUEST, "if_match": None, "body": '{"notes": "Has a dog."}'}),
    ("visitors_check_out", {"id": GUEST, "caller_id": PERSON, "if_match": None, "body": "{}"}),
    ("incident_reports_create", {"new_id": NEW, "caller_id": CHIEF, "body":
                                 f'{{"log_id": "{UNREPORTED}", "supervisor_assigned_id": "{CHIEF}"}}'}),
    ("incident_reports_sign", {"id": REPORT, "caller_id": PERSON, "client_address": "::1", "if_match": None,
                               "body": '{"signer_type": "guard"}'}),
    ("live_beat", {"process": NEW, "connections": "3", "subscriptions": "4"}),
    ("live_broadcast", {"body": '{"type": "drill", "data": {}}'}),
    ("live_sweep", {"hours": "72"}),
    ("callers_enter", {"issuer": "https://id", "subject": "one", "claims": "x", "claims_until_ms": "1",
                       "email": "one@example.com",
                       "email_verified": "true", "first_name": "One", "last_name": "Two", "image_url": None,
                       "is_anonymous": "false", "new_user_role": "VISITOR"}),
]

ALL = {statement.name: statement for statement in statements()}

# What can be done once is tried with a key, too.
ONCE = {"asker_id": PERSON, "operation": "an operation", "idempotency_key": "a key"}
WRITES += [(name, {**ONCE, **given}) for name, given in WRITES if "idempotency_key" in ALL[name].params]
WRITES += [("once_take", {**ONCE, "idempotency_digest": "0" * 64}), ("once_sweep", {})]
OTHERS += [("once_recall", {**ONCE, "idempotency_digest": "0" * 64}, None)]


def quoted(value):
    if isinstance(value, Expression):
        return value
    return "null" if value is None else "'" + value.replace("'", "''") + "'"


def prepared(name, given):
    """PREPARE, and the EXECUTE for it."""
    text, order = variant(ALL[name], given)
    values = ", ".join(quoted(given.get(param)) for param in order)
    return f"prepare it as {text};\n", f"execute it({values})" if order else "execute it"


def cases():
    """(statement, title, parameters, rows that it may read or None, whatever the value?)"""
    for title, (given, times) in {"all": ({}, ORDERED), **FILTERS}.items():
        most = times and times * (LIMIT + 1)
        always = times == ORDERED
        yield "logs_list", title, {**LIST, **given}, most, always
        yield "logs_list", f"{title}, from a cursor on", {**LIST, **given, **CURSOR}, most, always
    yield "logs_list", "the second page", {"limit": str(LIMIT), "skip": str(LIMIT)}, 2 * (2 * LIMIT + 1), True
    for one, other in itertools.combinations(PAIRS_OF, 2):
        if not set(FILTERS[one][0]) & set(FILTERS[other][0]):
            # PostgreSQL cannot know how common a weekday is.
            most = None if "weekday" in (one, other) else TOGETHER * (LIMIT + 1)
            yield "logs_list", f"{one}; {other}", {**LIST, **FILTERS[one][0], **FILTERS[other][0]}, most, False
    for title, (given, times) in PEOPLE.items():
        most = times and times * (LIMIT + 1)
        yield "users_list", title, {**USERS, **given}, most, times == ORDERED
        yield "users_list", f"{title}, from a cursor on", {**USERS, **given, **USERS_CURSOR}, most, times == ORDERED
    for name, titles in BESIDE.items():
        for title, (given, times) in titles.items():
            most = times and times * (LIMIT + 1)
            yield name, title, {**LIST, **given}, most, times == ORDERED
            yield name, f"{title}, from a cursor on", {**LIST, **given, **CURSOR}, most, times == ORDERED
    for name, filters in (("tours_list", TOURS), ("checkouts_list", CHECKOUTS), ("shifts_list", SHIFTS)):
        for title, (given, times) in filters.items():
            most = times and times * (LIMIT + 1)
            yield name, title, {**LIST, **given}, most, times == ORDERED
            yield name, f"{title}, from a cursor on", {**LIST, **given, **CURSOR}, most, times == ORDERED
    for title, (given, times) in SHEETS.items():
        most = times and times * (LIMIT + 1)
        yield "timesheets_list", title, {**LIST, **given}, most, False
        yield "timesheets_list", f"{title}, from a cursor on", {**LIST, **given, **SHEETS_CURSOR}, most, False
    for name, given, most in OTHERS:
        yield name, "", given, most, most is not None
    for title, (given, _) in {"all": ({}, ORDERED), **FILTERS}.items():
        if title != "counted":
            yield "logs_count", title, given, None, False


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


def check_inside(cluster, faults):
    """What functions do, and what PostgreSQL does on their behalf."""
    tried = WRITES + [
        ("logs_list", LIST), ("users_list", USERS), ("users_list", {**USERS, "caller_role": "GUARD"}),
        ("users_read", {"id": PERSON, "caller_id": NEW, "caller_role": "ADMIN", "may_others": "true"}),
        ("logs_of_location", {"id": PLACE, "limit": "20"}), ("duty_sessions_list", LIST), ("check_ins_list", LIST),
        ("notes_list", LIST), ("notes_comments", {**LIST, "id": NOTE}), ("my_notes_list", {**LIST, "caller_id": PERSON})]
    tried += [(name, given) for name, given, _ in OTHERS
              if name in ("duty_sessions_active", "duty_sessions_read", "check_ins_read", "incidents_list",
                          "timesheets_read") and "counted" not in given
              or name.startswith("live_")]
    script = ["load 'auto_explain';\n", "set client_min_messages = log;\n"]
    script += [f"set {name} = {value};\n" for name, value in {
        "plan_cache_mode": "force_generic_plan",
        "auto_explain.log_min_duration": "0", "auto_explain.log_nested_statements": "on",
        "auto_explain.log_analyze": "on", "auto_explain.log_timing": "off",
        "auto_explain.log_triggers": "on", "auto_explain.log_format": "text"}.items()]
    for name, given in tried:
        prepare, execute = prepared(name, given)
        script += ["\\echo @@ " + name + "\n", prepare, f"begin;\n{execute};\nrollback;\n", "deallocate it;\n"]
    done = subprocess.run(
        ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", cluster.url("plans"), "-f", "-"], input="".join(script),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PGOPTIONS": session_options()})
    if done.returncode != 0:
        raise SystemExit(f"psql: {done.stdout[-2000:]}")
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
        if name != "callers_enter" and re.search(r"^\|[A-Z_]+\|", said, flags=re.M):
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


def main(program, *options):
    faults = []
    check_all_are_tried(faults)
    with Cluster(["shared_buffers=128MB", "autovacuum=off", "max_wal_size=2GB", "jit=off"]) as cluster:
        cluster.psql("create database plans")
        migrated = subprocess.run([program, "migrate"], capture_output=True, text=True,
                                  env={**os.environ, "DATABASE_URL": cluster.url("plans")})
        if migrated.returncode != 0:
            raise SystemExit(f"binnacle migrate failed: {migrated.stdout}{migrated.stderr}")
        cluster.psql((ROOT / "tests" / "checks" / "plans.sql").read_text(encoding="utf-8"), "plans")
        check_reads(cluster, faults, "-v" in options)
        check_inside(cluster, faults)
    finish(faults)


if len(sys.argv) < 2:
    sys.exit(__doc__)
main(*sys.argv[1:])
