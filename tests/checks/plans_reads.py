"""plans_reads.py: what each statement that reads is asked, and how many rows it may read for it."""

import itertools

from plans_things import (
    LOG, PLACE, PERSON, CHIEF, NEW, SESSION, VISIT, CAR, RADIO, TOUR, ITEM, OUT, DRIVE, WATCH,
    SHIFT, SHEET, NEWS, REMARK, TOLD, GUEST, SAID, NOTE, PRIVATE, REPORT, REPORTED, ONCE, HEARD, LATELY,
    Expression)

LIMIT = 20
LIST = {"limit": str(LIMIT), "skip": "0"}
CURSOR = {"cursor_1": "2025-09-01T00:00:00Z", "cursor_2": LOG}

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
    "with_total": ({"with_total": "true"}, None),
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
    "with_total": ({"with_total": "true"}, None),
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
    "with_total": ({"caller_only": PERSON, "with_total": "true"}, None),
}

# Of tours_list and checkouts_list.
TOURS = {
    "all": ({}, ORDERED),
    "one's own": ({"caller_only": PERSON}, ORDERED),
    "person": ({"supervisor_id": PERSON}, ORDERED),
    "status, common": ({"status": "{COMPLETED}"}, 60),
    "status, rare": ({"status": "{IN_PROGRESS}"}, 60),
    "since": ({"start_date": "2026-10-01"}, ORDERED),
    "until": ({"end_date": "2026-06-01"}, ORDERED),
    "with_total": ({"supervisor_id": PERSON, "with_total": "true"}, None),
}
CHECKOUTS = {
    "all": ({}, ORDERED),
    "session": ({"duty_session_id": DRIVE}, ORDERED),
    "vehicle": ({"vehicle_id": CAR}, ORDERED),
    "radio": ({"radio_id": RADIO}, ORDERED),
    "out": ({"open": "true"}, ORDERED),
    "back": ({"open": "false"}, ORDERED),
    "with_total": ({"vehicle_id": CAR, "with_total": "true"}, None),
}

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
SHEETS = {
    "all": ({}, 40),
    "person": ({"user_id": "01900000-0000-7000-8004-000000000001"}, 20),
    "week": ({"week_start_date": "2025-03-02"}, 40),
    "status, common": ({"status": "{APPROVED}"}, 60),
    "status, rare": ({"status": "{REJECTED}"}, 150),
    "statuses": ({"status": "{DRAFT,PENDING}"}, None),  # the newest week, and the oldest
    "with_total": ({"status": "{REJECTED}", "with_total": "true"}, None),
}

# Every list: each title alone, for a first page and from a cursor on.
LISTS = {
    "logs_list": {"all": ({}, ORDERED), **FILTERS},
    "users_list": PEOPLE,
    "comments_list": {
        "all": ({"id": TOLD}, ORDERED),
        "none": ({"id": LOG}, ORDERED),
        "with_total": ({"id": TOLD, "with_total": "true"}, None),
    },
    "notes_list": {
        "all": ({}, 3),  # and the author of each
        "with_total": ({"with_total": "true"}, None),
    },
    "notes_comments": {
        "all": ({"id": NOTE}, ORDERED),
        "private": ({"id": PRIVATE}, ORDERED),
        "with_total": ({"id": NOTE, "with_total": "true"}, None),
    },
    "my_notes_list": {
        "all": ({"caller_id": PERSON}, ORDERED),
        "none": ({"caller_id": NEW}, ORDERED),
        "with_total": ({"caller_id": PERSON, "with_total": "true"}, None),
    },
    "my_notes_comments": {
        "all": ({"id": NOTE, "caller_id": PERSON}, ORDERED),
        "another's": ({"id": NOTE, "caller_id": CHIEF}, ORDERED),
        "with_total": ({"id": NOTE, "caller_id": PERSON, "with_total": "true"}, None),
    },
    "messages_list": {
        "one's own": ({"caller_id": PERSON, "guard_id": None, "may_access_others": "false"}, ORDERED),
        "a guard's": ({"caller_id": CHIEF, "guard_id": PERSON, "may_access_others": "true"}, ORDERED),
        "with_total": ({"caller_id": PERSON, "guard_id": None, "may_access_others": "false", "with_total": "true"}, None),
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
        "with_total": ({"location_id": PLACE, "with_total": "true"}, None),
    },
    "incident_reports_list": {
        "all": ({}, 3),  # and the incident of each
        "with_total": ({"with_total": "true"}, None),
    },
    "duty_sessions_list": {
        **DUTY,
        "since": ({"start_date": "2026-10-01"}, ORDERED),
        "until": ({"end_date": "2026-06-01"}, ORDERED),
    },
    "check_ins_list": {**DUTY, "session": ({"duty_session_id": SESSION}, ORDERED)},
    "tours_list": TOURS,
    "checkouts_list": CHECKOUTS,
    "shifts_list": SHIFTS,
    "timesheets_list": SHEETS,
}
# What the page of some is asked besides, and where another cursor goes on.
USERS = {**LIST, "archived": "no", "caller_role": "ADMIN"}
PAGES = {"users_list": USERS}
CURSORS = {
    "users_list": {"cursor_1": "04first", "cursor_2": PERSON},
    "timesheets_list": {"cursor_1": "2025-09-07", "cursor_2": "last7", "cursor_3": SHEET},
}

INCIDENTS = ("all", "unreviewed", "live", "updated", "archived")
INCIDENTS_CURSOR = {"cursor_1": "MEDIUM", "cursor_2": "2025-09-01T00:00:00Z",
                    "cursor_3": "01900000-0000-7000-8003-000000000064"}

# The other statements: what they are asked, and how many rows they may read.
OTHERS = [
    ("logs_read", {"id": LOG}, 3),  # and its author, and who reviewed it
    ("logs_of_location", {"id": PLACE, "limit": str(LIMIT)}, 2 * LIMIT),
    ("logs_edits", {"id": LOG, **LIST}, 2 * LIMIT),
    ("locations_list", {**LIST, "caller_role": "GUARD"}, None),
    ("locations_list", {**LIST, "caller_role": "ADMIN", "cursor_1": "Place 3", "cursor_2": PLACE}, None),
    ("locations_list", {**LIST, "caller_role": "ADMIN", "with_total": "true"}, None),
    ("locations_active", {}, None),
    ("locations_read", {"id": PLACE, "caller_role": "ADMIN"}, None),
    ("users_read_me", {"caller_id": PERSON}, 2),
    ("users_find", {"id": None, "email": "User3@example.com"}, 1),
    ("users_read", {"id": PERSON, "caller_id": PERSON, "caller_role": "GUARD", "may_access_others": "false"}, None),
    ("callers_find", {"issuer": "https://id", "subject": "one", "claims": "x", "claims_until_ms": "1"}, 1),
    ("api_keys_find", {"digest": "0" * 64}, None),
    ("api_keys_list", LIST, None),
    ("api_keys_read", {"id": NEW}, None),
    ("ready_check", {}, None),
    ("notifications_list", {"caller_id": PERSON, "limit": "10"}, 40),
    ("notifications_read", {"id": NEWS, "caller_id": PERSON, "may_access_others": "false"}, None),
    ("messages_conversations", LIST, 200),
    ("messages_read", {"id": SAID, "caller_id": PERSON, "may_access_others": "false"}, None),
    ("comments_read", {"id": REMARK}, 2),
    ("notes_read", {"id": NOTE}, 2),
    ("my_notes_read", {"id": NOTE, "caller_id": PERSON}, 1),
    ("profile_read", {"caller_id": PERSON}, None),
    ("auth_login", {"caller_id": PERSON, "caller_is_new": "false"}, None),
    ("visitors_read", {"id": GUEST}, 3),
    ("incident_reports_read", {"id": REPORT}, 6),
    ("incident_reports_of_log", {"id": REPORTED}, 6),
    ("users_my_stats", {"caller_id": PERSON}, None),
    ("duty_sessions_active", {"caller_id": PERSON}, None),
    ("duty_sessions_read", {"id": SESSION, "caller_id": PERSON, "may_access_others": "false"}, None),
    ("check_ins_read", {"id": VISIT, "caller_id": PERSON, "may_access_others": "true"}, None),
    ("tours_read", {"id": TOUR, "caller_id": PERSON, "may_access_others": "false"}, None),
    ("checkouts_read", {"id": OUT}, 5),
    ("checklist_read", {**LIST, "duty_session_id": SESSION, "caller_id": PERSON, "may_access_others": "false"}, None),
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
    ("channels_subscribe", {"channel": HEARD, "caller_id": PERSON, "since": LATELY, "epoch": Expression("live.epoch()"),
                   "max": "100"}, None),
    ("channels_subscribe", {"channel": f"log:{LOG}", "caller_id": PERSON, "since": None, "epoch": None, "max": "100"}, None),
    ("channels_authorize", {"channels": f"{{{HEARD},log:{LOG},note:{NEW},user:{PERSON},duty,org,all}}",
                       "callers": "{" + ",".join([PERSON] * 6 + ["NULL"]) + "}"}, None),
    ("events_backfill", {"channels": f"{{{HEARD},all}}", "offsets": "{100,0}", "max": "50"}, None),
    ("events_last_offsets", {"channels": f"{{{HEARD},log:{LOG},all}}"}, None),
    ("channels_history", {"channel": HEARD, "caller_id": PERSON, "since": None, "max": "50", "reverse": "true"}, None),
    ("channels_history", {"channel": HEARD, "caller_id": PERSON, "since": "100", "max": "50", "reverse": "false"}, None),
    ("channels_presence", {"channel": "duty", "caller_id": CHIEF}, None),
    ("broadcast_connections", {}, None),
    ("idempotency_replay", {**ONCE, "idempotency_digest": "0" * 64}, None),
    ("timesheets_read", {"id": SHEET}, None),
    ("timesheets_candidates", {**LIST, "week_start_date": "2025-09-07"}, 1000),
] + [("incidents_list", {**LIST, "status": status, **more}, None)
     for status in INCIDENTS for more in ({}, INCIDENTS_CURSOR, {"with_total": "true"})]


def cases():
    """(statement, title, parameters, rows that it may read or None, whatever the value?)"""
    for name, titles in LISTS.items():
        page, cursor = PAGES.get(name, LIST), CURSORS.get(name, CURSOR)
        for title, (given, times) in titles.items():
            most = times and times * (LIMIT + 1)
            yield name, title, {**page, **given}, most, times == ORDERED
            yield name, f"{title}, from a cursor on", {**page, **given, **cursor}, most, times == ORDERED
    yield "logs_list", "the second page", {"limit": str(LIMIT), "skip": str(LIMIT)}, 2 * (2 * LIMIT + 1), True
    for one, other in itertools.combinations(PAIRS_OF, 2):
        if not set(FILTERS[one][0]) & set(FILTERS[other][0]):
            # PostgreSQL cannot know how common a weekday is.
            most = None if "weekday" in (one, other) else TOGETHER * (LIMIT + 1)
            yield "logs_list", f"{one}; {other}", {**LIST, **FILTERS[one][0], **FILTERS[other][0]}, most, False
    for name, given, most in OTHERS:
        yield name, "", given, most, most is not None
    for title, (given, _) in LISTS["logs_list"].items():
        if title != "with_total":
            yield "logs_count", title, given, None, False
