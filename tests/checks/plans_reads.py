"""plans_reads.py: example parameters for each statement that reads, and the maximum number of rows that it may read.

A list that can grow large is an entry of LISTS; any other statement is an entry of OTHERS.
"""

import collections
import itertools

from plans_ids import (
    API_KEY, CHANNEL, CHECKLIST_ITEM, CHECKOUT, CHECK_IN, COMMENT, COMMENTED_LOG, DRIVER, DRIVER_SESSION, Expression,
    GUARD, IDEMPOTENCY, LOCATION, LOG, MESSAGE, NEW_ID, NOTE_COMMENT, NOTIFICATION, PATTERN, PRIVATE_NOTE, PUBLIC_NOTE,
    RADIO, RECENT_OFFSET, REPORT, REPORTED_LOG, SESSION, SHIFT, SIGNED_REPORT, SUPER_ADMIN, TIMESHEET, TOUR, TOUR_STOP,
    UNUSED_LOCATION,
    VEHICLE, VISITOR, WORKER)

LIMIT = 20
LIST = {"limit": str(LIMIT), "skip": "0"}
READER = {"caller_id": DRIVER, "caller_role": "GUARD"}  # sees no drafts of others
CURSOR = {"cursor_1": "2025-09-01T00:00:00Z", "cursor_2": LOG}

# For each list: a title, parameters, and how many rows may be read for each row of the page (None: any number).
# ORDERED: an index has the right order. 60: rows are read in order until enough of them match, as long as that is
# cheaper than sorting all matching rows.
ORDERED = 2

# Filters of logs_list, with values of all kinds.
FILTERS = {
    "location": ({"location_id": LOCATION}, ORDERED),
    "location, empty": ({"location_id": UNUSED_LOCATION}, ORDERED),
    "user": ({"user_id": GUARD}, ORDERED),
    "type, common": ({"type": "{PATROL}"}, 60),
    "type, rare": ({"type": "{INCIDENT}"}, 60),
    "type, absent": ({"type": "{WEATHER}"}, 60),
    "types": ({"type": "{INCIDENT,WEATHER}"}, 60),
    "status, common": ({"status": "{LIVE}"}, 60),
    "status, rare": ({"status": "{DRAFT}"}, 60),
    "statuses": ({"status": "{LIVE,UPDATED}"}, 60),
    "severity, common": ({"severity": "{LOW}"}, 60),
    "severity, rare": ({"severity": "{CRITICAL}"}, 150),
    "severities": ({"severity": "{HIGH,CRITICAL}"}, 60),
    "search, common": ({"search": "gate"}, 60),
    "search, rare": ({"search": "albatross"}, 60),
    "search, absent": ({"search": "zzzqqq"}, 60),
    "search, two letters": ({"search": "ga"}, 60),
    "since": ({"start_date": "2026-10-01"}, ORDERED),
    "until": ({"end_date": "2025-06-01"}, ORDERED),
    "year": ({"year": "2025"}, ORDERED),
    "month": ({"year": "2025", "month": "3"}, ORDERED),
    "weekday": ({"day_of_week": "3"}, 60),
    "with_total": ({"with_total": "true"}, None),
}
# The same for logs_list_archived, which is used if the filter of the status includes ARCHIVED.
ARCHIVED_LOGS = {
    "all": ({"status": "{ARCHIVED}"}, ORDERED),
    "location": ({"status": "{ARCHIVED}", "location_id": LOCATION}, ORDERED),
    "location, empty": ({"status": "{ARCHIVED}", "location_id": UNUSED_LOCATION}, ORDERED),
    "user": ({"status": "{ARCHIVED}", "user_id": GUARD}, ORDERED),
    "type, rare": ({"status": "{ARCHIVED}", "type": "{INCIDENT}"}, 60),
    "month": ({"status": "{ARCHIVED}", "year": "2025", "month": "3"}, ORDERED),
    "since": ({"status": "{ARCHIVED}", "start_date": "2026-10-01"}, ORDERED),
    "until": ({"status": "{ARCHIVED}", "end_date": "2025-06-01"}, ORDERED),
    "weekday": ({"status": "{ARCHIVED}", "day_of_week": "3"}, 60),
    "severity, rare": ({"status": "{ARCHIVED}", "severity": "{CRITICAL}"}, 150),
    "search, common": ({"status": "{ARCHIVED}", "search": "gate"}, 60),
    "and live ones": ({"status": "{ARCHIVED,LIVE}"}, 60),
    "and live ones of a location": ({"status": "{ARCHIVED,LIVE}", "location_id": LOCATION}, 60),
    "with_total": ({"status": "{ARCHIVED}", "with_total": "true"}, None),
}
# Two filters together may match few rows, or none; then the more selective one determines how many rows are read.
MAX_RATIO_OF_PAIRS = 200
PAIRED_FILTERS = ("location", "user", "type, rare", "status, rare", "status, common", "severity, common",
            "search, rare", "search, common", "month", "since", "weekday")

# users_list. The few users with a higher role come before the GUARDs; a fifth of the VISITORs is archived.
USERS = {
    "all": ({}, ORDERED),
    "archived": ({"archived": "YES"}, ORDERED),
    "both": ({"archived": "ALL"}, ORDERED),
    "guests": ({"guests": "YES"}, ORDERED),
    "and guests": ({"guests": "ALL", "archived": "ALL"}, ORDERED),
    "role": ({"role": "{GUARD}"}, ORDERED),
    "role, common": ({"role": "{VISITOR}"}, ORDERED),
    "role, absent": ({"role": "{SUPERVISOR}"}, ORDERED),
    "roles": ({"role": "{SUPER_ADMIN,ADMIN,GUARD}"}, ORDERED),
    "roles, archived": ({"archived": "YES", "role": "{ADMIN,GUARD}"}, ORDERED),
    "search, rare": ({"q": "visitor777@"}, 60),
    "search, two": ({"q": "last777 First3"}, 120),
    "search, absent": ({"q": "zzzqqq"}, 60),
    "search and role": ({"q": "first23", "role": "{GUARD}"}, 60),
    "search, common": ({"q": "example"}, None),
    "with_total": ({"with_total": "true"}, None),
}

# duty_sessions_list and check_ins_list. A caller who requests another user's rows without permission is rejected,
# whatever is found.
DUTY = {
    "all": ({}, ORDERED),
    "own": ({"caller_only": GUARD}, ORDERED),
    "user": ({"user_id": GUARD}, ORDERED),
    "own, by user ID": ({"caller_only": GUARD, "user_id": GUARD}, ORDERED),
    "another user's": ({"caller_only": GUARD, "user_id": SUPER_ADMIN}, None),
    "location": ({"location_id": LOCATION}, ORDERED),
    "open": ({"longer_than": "16"}, ORDERED),
    "location, open": ({"longer_than": "16", "location_id": LOCATION}, 60),
    "user, open": ({"longer_than": "16", "user_id": GUARD}, 60),
    "with_total": ({"caller_only": GUARD, "with_total": "true"}, None),
}

# tours_list and checkouts_list.
TOURS = {
    "all": ({}, ORDERED),
    "own": ({"caller_only": GUARD}, ORDERED),
    "user": ({"supervisor_id": GUARD}, ORDERED),
    "status, common": ({"status": "{COMPLETED}"}, 60),
    "status, rare": ({"status": "{IN_PROGRESS}"}, 60),
    "since": ({"start_date": "2026-10-01"}, ORDERED),
    "until": ({"end_date": "2026-06-01"}, ORDERED),
    "with_total": ({"supervisor_id": GUARD, "with_total": "true"}, None),
}
CHECKOUTS = {
    "all": ({}, ORDERED),
    "session": ({"duty_session_id": DRIVER_SESSION}, ORDERED),
    "vehicle": ({"vehicle_id": VEHICLE}, ORDERED),
    "radio": ({"radio_id": RADIO}, ORDERED),
    "not returned": ({"open": "true"}, ORDERED),
    "returned": ({"open": "false"}, ORDERED),
    "with_total": ({"vehicle_id": VEHICLE, "with_total": "true"}, None),
}

# shifts_list. GUARD has one of thirteen shifts, so all shifts are read in order as long as that is cheaper.
# SUPER_ADMIN has few; their assignments and the shift of each are read. Shifts that start up to 26 hours before the
# first date may overlap it.
SHIFTS = {
    "all": ({}, ORDERED),
    "location": ({"location_id": LOCATION}, ORDERED),
    "user": ({"user_id": GUARD}, 14),
    "user, few shifts": ({"user_id": SUPER_ADMIN}, 3),
    "since": ({"start_date": "2026-10-01"}, 4),
    "until": ({"end_date": "2026-06-01"}, ORDERED),
    "a week": ({"start_date": "2026-10-01", "end_date": "2026-10-07"}, 4),
    "user, since": ({"user_id": GUARD, "start_date": "2026-10-01"}, 16),
    "user, until": ({"user_id": GUARD, "end_date": "2026-06-01"}, 14),
    "user, a week": ({"user_id": GUARD, "start_date": "2026-10-01", "end_date": "2026-10-07"}, 16),
    "user, few shifts, since": ({"user_id": SUPER_ADMIN, "start_date": "2026-08-01"}, 3),
    "user and location": ({"user_id": GUARD, "location_id": LOCATION}, 60),
}

# timesheets_list. All rows of a week are read, 200 timesheets and 200 users, and sorted by the users' names. WORKER has
# one timesheet per week for two years.
TIMESHEETS = {
    "all": ({}, 40),
    "own": ({"caller_only": WORKER}, 20),
    "user": ({"user_id": WORKER}, 20),
    "week": ({"week_start_date": "2025-03-02"}, 40),
    "status, common": ({"status": "{APPROVED}"}, 60),
    "status, rare": ({"status": "{REJECTED}"}, 150),
    "statuses": ({"status": "{DRAFT,PENDING}"}, None),  # the latest week, and the first
    "with_total": ({"status": "{REJECTED}", "with_total": "true"}, None),
}

# audit_list. An entry of the page is read by its position and by its place in its chain.
AUDIT = {
    "all": ({}, 3),
    "kind, common": ({"kind": "{log}"}, 60),
    "kind, rare": ({"kind": "{location}"}, None),  # the entries of the kind, sorted
    "kinds": ({"kind": "{log,visitor}"}, 60),
    "object": ({"object_id": LOG}, None),  # the entries of the object, sorted
    "object, absent": ({"object_id": NEW_ID}, ORDERED),
    "actor": ({"actor_id": GUARD}, 3),
    "action": ({"action": "{deleted}"}, 60),
    "since": ({"start_date": "2026-10-01"}, 3),
    "until": ({"end_date": "2026-06-01"}, 3),
    "kind and actor": ({"kind": "{log}", "actor_id": GUARD}, 60),
}

# messages_list.
THREAD = {"guard_id": None, "duty_session_id": None, "with_user_id": None, "may_access_others": "false"}

# Every list. Each entry is tested with the first page and from a cursor.
LISTS = {
    "logs_list": {"all": ({}, ORDERED), **FILTERS},
    "logs_list_archived": ARCHIVED_LOGS,
    "users_list": USERS,
    "comments_list": {
        "all": ({"id": COMMENTED_LOG}, ORDERED),
        "none": ({"id": LOG}, ORDERED),
        "with_total": ({"id": COMMENTED_LOG, "with_total": "true"}, None),
    },
    "notes_list": {
        "all": ({}, 3),  # and its author
        "with_total": ({"with_total": "true"}, None),
    },
    "notes_comments": {
        "all": ({"id": PUBLIC_NOTE}, ORDERED),
        "private": ({"id": PRIVATE_NOTE}, ORDERED),
        "with_total": ({"id": PUBLIC_NOTE, "with_total": "true"}, None),
    },
    "my_notes_list": {
        "all": ({"caller_id": GUARD}, ORDERED),
        "none": ({"caller_id": NEW_ID}, ORDERED),
        "with_total": ({"caller_id": GUARD, "with_total": "true"}, None),
    },
    "my_notes_comments": {
        "all": ({"id": PUBLIC_NOTE, "caller_id": GUARD}, ORDERED),
        "another user's": ({"id": PUBLIC_NOTE, "caller_id": SUPER_ADMIN}, ORDERED),
        "with_total": ({"id": PUBLIC_NOTE, "caller_id": GUARD, "with_total": "true"}, None),
    },
    "messages_list": {
        "own": ({**THREAD, "caller_id": GUARD}, ORDERED),
        "a guard's": ({**THREAD, "caller_id": SUPER_ADMIN, "guard_id": GUARD, "may_access_others": "true"}, ORDERED),
        "direct": ({**THREAD, "caller_id": GUARD, "with_user_id": SUPER_ADMIN}, ORDERED),
        "with_total": ({**THREAD, "caller_id": GUARD, "with_total": "true"}, None),
    },
    # A page of the user's own and a page of those for everyone are read.
    "notifications_list": {
        "all": ({"caller_id": GUARD}, ORDERED),
        "for everyone only": ({"caller_id": NEW_ID}, ORDERED),
        "with_total": ({"caller_id": GUARD, "with_total": "true"}, None),
    },
    "visitors_list": {
        "all": ({}, ORDERED),
        "location": ({"location_id": LOCATION}, ORDERED),
        "present": ({"present": "true"}, ORDERED),
        "gone": ({"present": "false"}, 60),
        "present, location": ({"location_id": LOCATION, "present": "true"}, ORDERED),
        "gone, location": ({"location_id": LOCATION, "present": "false"}, ORDERED),
        "search, rare": ({"search": "guest777"}, 60),
        "search, absent": ({"search": "zzzqqq"}, 60),
        "since": ({"start_date": "2026-10-01"}, ORDERED),
        "until": ({"end_date": "2026-06-01"}, ORDERED),
        "with_total": ({"location_id": LOCATION, "with_total": "true"}, None),
    },
    "incident_reports_list": {
        # and its incident
        "all": ({"caller_role": "SUPERVISOR", "caller_id": SUPER_ADMIN}, 3),
        "own": ({"caller_role": "GUARD", "caller_id": GUARD}, None),
        "awaiting": ({"caller_role": "GUARD", "caller_id": GUARD, "awaiting_my_signature": "true"}, None),
        "with_total": ({"caller_role": "GUARD", "caller_id": GUARD, "with_total": "true"}, None),
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
    "timesheets_list": TIMESHEETS,
    "audit_list": AUDIT,
}
# Parameters of a page, and of a cursor, of lists that differ.
USERS_PAGE = {**LIST, "archived": "NO", "guests": "NO", "caller_role": "ADMIN"}
READERS_PAGE = {**LIST, **READER}
PAGES = {"users_list": USERS_PAGE, "logs_list": READERS_PAGE, "logs_list_archived": READERS_PAGE,
         "comments_list": READERS_PAGE}
CURSORS = {
    "audit_list": {"cursor_1": "2026-01-01T00:00:00Z", "cursor_2": "100000"},
    "users_list": {"cursor_1": "04first", "cursor_2": GUARD},
    "timesheets_list": {"cursor_1": "2025-09-07", "cursor_2": "last7", "cursor_3": TIMESHEET},
    "notifications_list": {"cursor_1": "HIGH", "cursor_2": "2026-03-01T00:00:00Z", "cursor_3": NOTIFICATION},
}

INCIDENTS = ("ALL", "UNREVIEWED", "LIVE", "UPDATED", "ARCHIVED")
INCIDENTS_CURSOR = {"cursor_1": "MEDIUM", "cursor_2": "2025-09-01T00:00:00Z",
                    "cursor_3": REPORTED_LOG}

# The history of an object, and its owner, who may read it. Each entry is read by its number and by its place in its chain.
HISTORIES = [(name, {"id": key, **LIST, **more}, max_rows) for name, key, more, max_rows in (
    ("logs_history", LOG, READER, 3 * LIMIT),
    ("users_history", GUARD, {}, 4),
    ("api_keys_history", API_KEY, {}, None),
    ("locations_history", LOCATION, {}, None),
    ("shifts_history", SHIFT, {}, 4),
    ("patterns_history", PATTERN, {}, None),
    ("duty_sessions_history", SESSION, {"caller_id": GUARD, "may_access_others": "false"}, 4),
    ("check_ins_history", CHECK_IN, {"caller_id": GUARD, "may_access_others": "true"}, 4),
    ("vehicles_history", VEHICLE, {}, None),
    ("radios_history", RADIO, {}, None),
    ("checkouts_history", CHECKOUT, {}, 4),
    ("tours_history", TOUR, {"caller_id": GUARD, "may_access_others": "false"}, 4),
    ("checklist_items_history", CHECKLIST_ITEM, {}, None),
    ("visitors_history", VISITOR, {}, 4),
    ("timesheets_history", TIMESHEET, {"caller_id": WORKER, "may_access_others": "false"}, 4),
    ("incident_reports_history", REPORT, {}, 4),
    ("notifications_history", NOTIFICATION, {}, 4),
    ("my_notes_history", PRIVATE_NOTE, {"caller_id": GUARD}, 4),
)]

# The other statements: name, parameters, maximum number of rows read (None: any number).
OTHERS = [
    ("logs_read", {"id": LOG, **READER}, 4),  # and its author and reviewer
    ("logs_of_location", {"id": LOCATION, "limit": str(LIMIT), **READER}, 2 * LIMIT),
    ("logs_edits", {"id": LOG, **LIST, **READER}, 2 * LIMIT),
    ("locations_list", {**LIST, "caller_role": "GUARD"}, None),
    ("locations_list", {**LIST, "caller_role": "ADMIN", "cursor_1": "Location 3", "cursor_2": LOCATION}, None),
    ("locations_list", {**LIST, "caller_role": "ADMIN", "with_total": "true"}, None),
    ("locations_active", {}, None),
    ("locations_read", {"id": LOCATION, "caller_role": "ADMIN"}, None),
    ("users_read_me", {"caller_id": GUARD}, 2),
    ("users_find", {"id": None, "email": "User3@example.com"}, 1),
    ("users_read", {"id": GUARD, "caller_id": GUARD, "caller_role": "GUARD", "may_access_others": "false"}, None),
    ("callers_find", {"issuer": "https://id", "subject": "one", "claims": "x", "claims_until_ms": "1"}, 1),
    ("api_keys_find", {"digest": "0" * 64}, None),
    ("api_keys_list", LIST, None),
    ("api_keys_read", {"id": API_KEY}, None),
    ("ready_check", {}, None),
    ("notifications_read", {"id": NOTIFICATION, "caller_id": GUARD, "may_access_others": "false"}, None),
    ("messages_conversations", {**LIST, "caller_id": SUPER_ADMIN}, 200),
    ("messages_direct", {**LIST, "caller_id": GUARD}, 20),
    ("messages_direct", {**LIST, "caller_id": SUPER_ADMIN}, 60),
    ("messages_read", {"id": MESSAGE, "caller_id": GUARD, "may_access_others": "false"}, None),
    ("comments_read", {"id": COMMENT, **READER}, 4),
    ("notes_read", {"id": PUBLIC_NOTE}, 2),
    ("notes_read_comment", {"id": PUBLIC_NOTE, "comment_id": NOTE_COMMENT}, 4),
    ("my_notes_read_comment", {"id": PUBLIC_NOTE, "comment_id": NOTE_COMMENT, "caller_id": GUARD}, 4),
    ("my_notes_read", {"id": PUBLIC_NOTE, "caller_id": GUARD}, 1),
    ("profile_read", {"caller_id": GUARD}, None),
    ("auth_login", {"caller_id": GUARD, "caller_is_new": "false"}, None),
    ("visitors_read", {"id": VISITOR}, 3),
    ("incident_reports_read", {"id": REPORT}, 6),
    ("incident_reports_of_log", {"id": REPORTED_LOG}, 6),
    ("incident_reports_signed", {"id": SIGNED_REPORT, "edition": None, "preview": None}, 4),
    ("incident_reports_signed_of_log", {"id": REPORTED_LOG, "edition": None, "preview": "true"}, 4),
    ("users_my_stats", {"caller_id": GUARD}, None),
    ("duty_sessions_active", {"caller_id": GUARD}, None),
    ("duty_sessions_read", {"id": SESSION, "caller_id": GUARD, "may_access_others": "false"}, None),
    ("check_ins_read", {"id": CHECK_IN, "caller_id": GUARD, "may_access_others": "true"}, None),
    ("tours_read", {"id": TOUR, "caller_id": GUARD, "may_access_others": "false"}, None),
    ("checkouts_read", {"id": CHECKOUT}, 5),
    ("checklist_read", {**LIST, "duty_session_id": SESSION, "caller_id": GUARD, "may_access_others": "false"}, None),
    ("tours_read_stop", {"stop_id": TOUR_STOP, "id": TOUR, "caller_id": GUARD, "may_access_others": "false"}, None),
    ("checklist_items_list", LIST, None),
    ("checklist_items_list", {**LIST, "id": f"{{{CHECKLIST_ITEM}}}"}, None),
    ("checklist_items_read", {"id": CHECKLIST_ITEM}, None),
    ("vehicles_list", {**LIST, "status": "{WORKING}"}, None),
    ("vehicles_read", {"id": VEHICLE}, None),
    ("radios_list", {**LIST, "status": "{WORKING}"}, None),
    ("radios_read", {"id": RADIO}, None),
    ("shifts_read", {"id": SHIFT}, 7),
    ("patterns_list", {**LIST, "location_id": LOCATION}, None),
    ("patterns_list", {**LIST, "is_active": "true", "cursor_1": "Watch 3", "cursor_2": LOCATION}, None),
    ("patterns_read", {"id": PATTERN}, None),
    ("fleet_in_shop", LIST, None),
    ("fleet_available", {**LIST, "type": "VEHICLE"}, None),
    ("guards_at_my_location", {**LIST, "caller_id": GUARD}, None),
    ("guards_on_duty", {**LIST, "role": "{GUARD}"}, 3 * LIMIT),
    ("channels_subscribe", {"channel": CHANNEL, "caller_id": GUARD, "since": RECENT_OFFSET,
                            "epoch": Expression("live.epoch()"),
                            "max": "100"}, None),
    ("channels_subscribe", {"channel": f"log:{LOG}", "caller_id": GUARD, "since": None, "epoch": None,
                            "max": "100"}, None),
    ("channels_authorize", {"channels": f"{{{CHANNEL},log:{LOG},note:{NEW_ID},user:{GUARD},duty,org,all}}",
                            "callers": "{" + ",".join([GUARD] * 6 + ["NULL"]) + "}"}, None),
    ("events_backfill", {"channels": f"{{{CHANNEL},all}}", "offsets": "{100,0}", "max": "50"}, None),
    ("events_last_offsets", {"channels": f"{{{CHANNEL},log:{LOG},all}}"}, None),
    ("channels_history", {"channel": CHANNEL, "caller_id": GUARD, "since": None, "max": "50",
                          "reverse": "true"}, None),
    ("channels_history", {"channel": CHANNEL, "caller_id": GUARD, "since": "100", "max": "50",
                          "reverse": "false"}, None),
    ("channels_presence", {"channel": "duty", "caller_id": SUPER_ADMIN}, None),
    ("broadcast_connections", {}, None),
    ("idempotency_replay", {**IDEMPOTENCY, "idempotency_digest": "0" * 64}, None),
    ("timesheets_read", {"id": TIMESHEET, "caller_id": WORKER, "may_access_others": "true"}, None),
    ("timesheets_candidates", {**LIST, "week_start_date": "2025-09-07"}, 1000),
    ("audit_last_seal", {}, None),
    *HISTORIES,
] + [("incidents_list", {**LIST, "status": status, **more}, None)
     for status in INCIDENTS for more in ({}, INCIDENTS_CURSOR, {"with_total": "true"})]


# generic: max_rows also holds for a generic plan.
Case = collections.namedtuple("Case", "statement title params max_rows generic")


def list_cases(name, entries):
    page, cursor = PAGES.get(name, LIST), CURSORS.get(name, CURSOR)
    for title, (params, ratio) in entries.items():
        max_rows = ratio and ratio * (LIMIT + 1)
        yield Case(name, title, {**page, **params}, max_rows, ratio == ORDERED)
        yield Case(name, f"{title}, from a cursor", {**page, **params, **cursor}, max_rows, ratio == ORDERED)


def cases():
    for name, entries in LISTS.items():
        yield from list_cases(name, entries)
    yield Case("logs_list", "second page", {**READERS_PAGE, "skip": str(LIMIT)}, 2 * (2 * LIMIT + 1), True)
    for one, other in itertools.combinations(PAIRED_FILTERS, 2):
        params = {**FILTERS[one][0], **FILTERS[other][0]}
        if len(params) == len(FILTERS[one][0]) + len(FILTERS[other][0]):
            # PostgreSQL cannot estimate how common a weekday is.
            max_rows = None if "weekday" in (one, other) else MAX_RATIO_OF_PAIRS * (LIMIT + 1)
            yield Case("logs_list", f"{one}; {other}", {**READERS_PAGE, **params}, max_rows, False)
    for name, params, max_rows in OTHERS:
        yield Case(name, "", params, max_rows, max_rows is not None)
    for title, (params, _) in LISTS["logs_list"].items():
        if title != "with_total":
            yield Case("logs_count", title, {**READER, **params}, None, False)
