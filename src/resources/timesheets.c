/* timesheets.c: weekly hours of users, with adjustments and approval. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
const char *const timesheet_statuses[] = { "DRAFT", "PENDING", "APPROVED", "REJECTED", NULL };
static const char *const adjustment_types[] = {
	"HOURS_EDITED", "TIME_EDITED", "ENTRY_ADDED", "ENTRY_REMOVED", "NOTE_ADDED", "REOPENED",
	NULL,
};

#define REASON_FIELD(rules_)                                                                       \
	{ "reason", FIELD_TEXT, REQUIRED | (rules_), 1, 1000,                                      \
	  .description = "Reason, kept on record.",                                                \
	  .example = "Forgot to clock out; left at six according to the morning shift." }

static const struct field fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Timesheet ID.", .example = DEMO_ID("403") },
	{ "user_id", FIELD_UUID, READ_ONLY, .description = "ID of the user.",
	  .example = DEMO_ID("120") },
	{ "week_start_date", FIELD_DATE, READ_ONLY, .description = "First day of the week, a Sunday.",
	  .example = "2026-06-07" },
	{ "week_end_date", FIELD_DATE, READ_ONLY, .description = "Last day of the week, a Saturday.",
	  .example = "2026-06-13" },
	{ "status", FIELD_CHOICE, READ_ONLY, .choices = timesheet_statuses, .choice_name = "TimesheetStatus",
	  .description = "Status of the timesheet.", .example = "REJECTED" },
	{ "total_hours", FIELD_DECIMAL, READ_ONLY, 0, 9999999999,
	  .description = "Total hours of all entries.", .example = "40" },
	{ "total_entries", FIELD_INTEGER, READ_ONLY, 0, 2147483647, .description = "Number of entries.",
	  .example = "5" },
	{ "total_adjustments", FIELD_INTEGER, READ_ONLY, 0, 2147483647,
	  .description = "Number of manual adjustments.", .example = "0" },
	{ "submitted_at", FIELD_TIME, READ_ONLY | NULLABLE, .description = "Time of submission.",
	  .example = "2026-06-15T14:00:00+00:00" },
	{ "submitted_by", FIELD_UUID, READ_ONLY | NULLABLE,
	  .description = "ID of the user who submitted the timesheet.", .example = DEMO_ID("105") },
	{ "approved_at", FIELD_TIME, READ_ONLY | NULLABLE, .description = "Time of approval." },
	{ "approved_by", FIELD_UUID, READ_ONLY | NULLABLE,
	  .description = "ID of the user who approved the timesheet." },
	{ "rejected_at", FIELD_TIME, READ_ONLY | NULLABLE,
	  .description = "Time of rejection. A reopened timesheet keeps it until it is submitted again.",
	  .example = "2026-06-16T14:00:00+00:00" },
	{ "rejected_by", FIELD_UUID, READ_ONLY | NULLABLE,
	  .description = "ID of the user who rejected the timesheet.", .example = DEMO_ID("106") },
	{ "rejection_reason", FIELD_TEXT, READ_ONLY | NULLABLE, 1, 1000,
	  .description = "Reason for the rejection.", .example = "Saturday is missing." },
	{ "created_by", FIELD_UUID, READ_ONLY, .description = "ID of the user who created the timesheet.",
	  .example = DEMO_ID("105") },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ "user", FIELD_SHAPE, READ_ONLY, .shape = &user_brief, .description = "User whose hours the timesheet records." },
	{ 0 },
};

static const struct field entry_fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Entry ID.", .example = DEMO_ID("471") },
	{ "timesheet_id", FIELD_UUID, READ_ONLY, .description = "ID of the timesheet.",
	  .example = DEMO_ID("403") },
	{ "duty_session_id", FIELD_UUID, READ_ONLY | NULLABLE,
	  .description = "ID of the duty session; null if the entry was added manually." },
	{ "date", FIELD_DATE, READ_ONLY, .description = "Day of the clock-in.",
	  .example = "2026-06-08" },
	{ "clock_in_time", FIELD_TIME, READ_ONLY, .description = "Time of clock-in.",
	  .example = "2026-06-08T14:00:00+00:00" },
	{ "clock_out_time", FIELD_TIME, READ_ONLY, .description = "Time of clock-out.",
	  .example = "2026-06-08T22:00:00+00:00" },
	{ "hours_worked", FIELD_DECIMAL, READ_ONLY, 0, 99999999,
	  .description = "Hours worked, rounded to two decimals.", .example = "8" },
	{ "location_id", FIELD_UUID, READ_ONLY | NULLABLE, .description = "ID of the duty location.",
	  .example = DEMO_ID("006") },
	{ "shift_id", FIELD_UUID, READ_ONLY | NULLABLE, .description = "ID of the shift." },
	{ "original_clock_in", FIELD_TIME, READ_ONLY | NULLABLE,
	  .description = "Time of clock-in before the first adjustment." },
	{ "original_clock_out", FIELD_TIME, READ_ONLY | NULLABLE,
	  .description = "Time of clock-out before the first adjustment." },
	{ "original_hours", FIELD_DECIMAL, READ_ONLY | NULLABLE, 0, 99999999,
	  .description = "Hours worked before the first adjustment." },
	{ "was_adjusted", FIELD_BOOLEAN, READ_ONLY, .description = "Whether the times were adjusted." },
	{ "was_manually_added", FIELD_BOOLEAN, READ_ONLY,
	  .description = "Whether the entry was added manually." },
	{ "notes", FIELD_TEXT, READ_ONLY | NULLABLE, 0, 2000, .description = "Notes.",
	  .example = "Stayed for the ferry." },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ "location", FIELD_SHAPE, READ_ONLY | NULLABLE, .shape = &location_brief,
	  .description = "Duty location." },
	{ 0 },
};

static const struct field adjustment_fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Adjustment ID." },
	{ "number", FIELD_INTEGER, READ_ONLY, 1, 2147483647,
	  .description = "Number of the adjustment within its timesheet, from 1.", .example = "1" },
	{ "entry_id", FIELD_UUID, READ_ONLY | NULLABLE,
	  .description = "ID of the adjusted entry, which may have been removed; null if the "
	                 "timesheet was reopened.",
	  .example = DEMO_ID("471") },
	{ "type", FIELD_CHOICE, READ_ONLY, .choices = adjustment_types,
	  .choice_name = "TimesheetAdjustmentType", .description = "Type of adjustment.",
	  .example = "TIME_EDITED" },
	{ "field_changed", FIELD_LINE, READ_ONLY | NULLABLE,
	  .description = "Names of the changed fields; null if the entry was added or removed.",
	  .example = "clock_out_time" },
	{ "old_value", FIELD_JSON, READ_ONLY | NULLABLE, .description = "Value before the adjustment.",
	  .example = JSON({"clock_out_time": "2026-06-08T22:00:00+00:00"}) },
	{ "new_value", FIELD_JSON, READ_ONLY | NULLABLE, .description = "Value after the adjustment.",
	  .example = JSON({"clock_out_time": "2026-06-08T22:30:00+00:00"}) },
	{ "reason", FIELD_TEXT, READ_ONLY, 1, 1000, .description = "Reason for the adjustment.",
	  .example = "Forgot to clock out; left at six according to the morning shift." },
	{ "adjusted_by", FIELD_UUID, READ_ONLY, .description = "ID of the user who made the adjustment.",
	  .example = DEMO_ID("105") },
	{ "adjusted_at", FIELD_TIME, READ_ONLY, .description = "Time of the adjustment." },
	{ "adjuster", FIELD_SHAPE, READ_ONLY, .shape = &user_brief,
	  .description = "User who made the adjustment.", .example = DEMO_SUPERVISOR },
	{ 0 },
};

static const struct shape entry = {
	"TimesheetEntry", entry_fields, .description = "A period of work on a timesheet.",
};
static const struct shape adjustment = {
	"TimesheetAdjustment", adjustment_fields, .description = "A manual adjustment of a timesheet.",
};

static const struct field detail_fields[] = {
	{ "entries", FIELD_SHAPE, READ_ONLY | MULTIPLE, .shape = &entry,
	  .description = "Entries, sorted by time of clock-in." },
	{ "adjustments", FIELD_SHAPE, READ_ONLY | MULTIPLE, .shape = &adjustment,
	  .description = "Adjustments, newest first." },
	{ 0 },
};

static const struct field candidate_fields[] = {
	{ "user_id", FIELD_UUID, READ_ONLY, .description = "ID of the user.",
	  .example = DEMO_ID("118") },
	{ "completed_sessions", FIELD_INTEGER, READ_ONLY, 1, 2147483647,
	  .description = "Number of duty sessions completed in the week.", .example = "5" },
	{ "total_hours", FIELD_DECIMAL, READ_ONLY, 0, 9999999999, .description = "Hours worked in the week.",
	  .example = "40" },
	{ "timesheet_id", FIELD_UUID, READ_ONLY | NULLABLE,
	  .description = "ID of the timesheet for the week; null if there is none." },
	{ "missing_sessions", FIELD_INTEGER, READ_ONLY, 0, 2147483647,
	  .description = "Number of completed duty sessions that are not in a timesheet.", .example = "5" },
	{ "user", FIELD_SHAPE, READ_ONLY, .shape = &user_brief, .description = "User." },
	{ 0 },
};

static const struct field failure_fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Timesheet ID.", .example = DEMO_ID("402") },
	{ "code", FIELD_LINE, READ_ONLY, .description = "Problem code.",
	  .example = "TIMESHEET_NOT_PENDING" },
	{ "detail", FIELD_TEXT, READ_ONLY, .description = "Explanation of the problem.",
	  .example = "The timesheet is DRAFT." },
	{ 0 },
};

static const struct shape failure = {
	"TimesheetFailure", failure_fields, .description = "A timesheet that was not approved, and why.",
};

static const struct field bulk_approval_fields[] = {
	{ "approved", FIELD_INTEGER, READ_ONLY, 0, 100, .description = "Number of timesheets approved.",
	  .example = "2" },
	{ "failed", FIELD_INTEGER, READ_ONLY, 0, 100, .description = "Number of timesheets not approved.",
	  .example = "1" },
	{ "errors", FIELD_SHAPE, READ_ONLY | MULTIPLE, .max_items = 100, .shape = &failure,
	  .description = "The timesheets that were not approved, each with the reason." },
	{ 0 },
};

static const struct shape timesheet = {
	"Timesheet", fields, .description = "Weekly hours of a user, as returned in lists.",
};
static const struct shape timesheet_detail = {
	"TimesheetDetail", fields, detail_fields,
	.description = "A timesheet with its entries and adjustments.",
};
static const struct shape candidate = {
	"TimesheetCandidate", candidate_fields,
	.description = "A user who completed duty sessions in a week.",
};
static const struct shape bulk_approval = {
	"BulkApproval", bulk_approval_fields, .description = "Result of a bulk approval.",
};

static const struct field create_fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Timesheet ID. Generated if omitted." },
	{ "user_id", FIELD_UUID, REQUIRED, .description = "User whose hours are recorded.",
	  .example = DEMO_ID("118") },
	{ "week_start_date", FIELD_DATE, REQUIRED,
	  .description = "First day of the week; must be a Sunday.", .example = "2026-06-07" },
	{ 0 },
};

static const struct field reject_fields[] = { REASON_FIELD(0), { 0 } };

static const struct field reopen_fields[] = {
	{ "reason", FIELD_TEXT, NULLABLE, 1, 1000,
	  .description = "Reason, kept on record. Required if the timesheet is APPROVED.",
	  .example = "Wednesday was worked by Felix." },
	{ 0 },
};

static const struct field bulk_approve_fields[] = {
	{ "ids", FIELD_UUID, REQUIRED | MULTIPLE, .max_items = 100, .description = "IDs of the timesheets.",
	  .example = DEMO_ID("401") },
	{ 0 },
};

#define CLOCK_TIMES(rules_)                                                                        \
	{ "clock_in", FIELD_TIME, rules_,                                                          \
	  .description = "Time of clock-in; must be in the week of the timesheet.",                \
	  .example = "2026-06-13T14:00:00+00:00" },                                                \
	{ "clock_out", FIELD_TIME, rules_,                                                         \
	  .description = "Time of clock-out; must be after the clock-in.",                         \
	  .example = "2026-06-13T18:00:00+00:00" }

static const struct field add_entry_fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Entry ID. Generated if omitted." },
	CLOCK_TIMES(REQUIRED),
	{ "location_id", FIELD_UUID, NULLABLE, .description = "Duty location.",
	  .example = DEMO_ID("006") },
	{ "shift_id", FIELD_UUID, NULLABLE, .description = "Shift." },
	{ "notes", FIELD_TEXT, NULLABLE, 1, 2000, .description = "Notes.",
	  .example = "Stayed for the ferry." },
	REASON_FIELD(0),
	{ 0 },
};

static const struct field update_entry_fields[] = {
	CLOCK_TIMES(0),
	{ "notes", FIELD_TEXT, NULLABLE, 1, 2000, .description = "Notes.",
	  .example = "Stayed for the ferry." },
	REASON_FIELD(REQUIRED_ON_UPDATE),
	{ 0 },
};

static const struct field remove_entry_query[] = { REASON_FIELD(0), { 0 } };

static const struct field filters[] = {
	{ "user_id", FIELD_UUID, .description = "Filter by user.", .example = DEMO_ID("120") },
	{ "status", FIELD_CHOICE, MULTIPLE, .choices = timesheet_statuses, .choice_name = "TimesheetStatus",
	  .description = "Filter by status.", .example = "REJECTED" },
	{ "week_start_date", FIELD_DATE, .description = "Filter by week; must be a Sunday.",
	  .example = "2026-06-07" },
	{ 0 },
};

static const struct field week_query[] = {
	{ "week_start_date", FIELD_DATE, REQUIRED,
	  .description = "First day of the week; must be a Sunday.", .example = "2026-06-07" },
	{ 0 },
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_TIMESHEETS_LIST, "list_timesheets", .query = filters,
	  .response = LIST_OF(timesheet), .rules = PAGED | COUNTED,
	  .sort = { FIELD_DATE, FIELD_TEXT, FIELD_UUID }, .others_role = SUPERVISOR,
	  .summary = "List timesheets",
	  .description = "Most recent week first, then by last name. Callers below SUPERVISOR see "
	                 "only their own." },
	{ POST, "", SUPERVISOR, SQL_TIMESHEETS_CREATE, "create_timesheet", .body = create_fields,
	  .response = &timesheet_detail, .status = 201, .summary = "Create a timesheet",
	  .description = "Adds an entry for each completed duty session that the user started in "
	                 "the week; at least one is required. A user has one timesheet "
	                 "per week. Emits `timesheet.created`.",
	  .example = JSON({"user_id": "01900000-0000-7000-8000-000000000118",
	                  "week_start_date": "2026-06-07"}) },
	{ GET, "/candidates", SUPERVISOR, SQL_TIMESHEETS_CANDIDATES, "list_timesheet_candidates",
	  .query = week_query, .response = LIST_OF(candidate), .rules = PAGED,
	  .summary = "List candidates for timesheets",
	  .description = "Users who completed duty sessions in the week, sorted by last name, "
	                 "with their timesheet if there is one.",
	  .query_example = "week_start_date=2026-06-07" },
	{ POST, "/bulk-approve", SUPERVISOR, SQL_TIMESHEETS_APPROVE_ALL, "approve_timesheets",
	  .body = bulk_approve_fields, .response = &bulk_approval,
	  .summary = "Approve several timesheets",
	  .description = "Timesheets that cannot be approved are reported in `errors` and do not "
	                 "affect the others. You cannot approve your own timesheet. Emits "
	                 "`timesheet.approved` for each approved one.",
	  .example = JSON({"ids": ["01900000-0000-7000-8000-000000000401"]}) },
	{ PATCH, "/timesheet-entries/{id}", SUPERVISOR, SQL_TIMESHEETS_UPDATE_ENTRY, "update_timesheet_entry",
	  .body = update_entry_fields, .response = &timesheet_detail,
	  .rules = CONDITIONAL | OWN_PATH,
	  .summary = "Update a timesheet entry",
	  .description = "The timesheet must be a DRAFT. The change is recorded as an adjustment. "
	                 "`If-Match` refers to the timesheet. Emits `timesheet.adjusted`.",
	  .example = JSON({"clock_out": "2026-06-08T22:30:00Z", "notes": "Stayed for the ferry.",
	                  "reason": "The last ferry was late."}),
	  .path_example = DEMO_ID("461") },
	{ DELETE, "/timesheet-entries/{id}", SUPERVISOR, SQL_TIMESHEETS_DELETE_ENTRY,
	  "remove_timesheet_entry", .query = remove_entry_query, .status = 204,
	  .rules = CONDITIONAL | OWN_PATH, .summary = "Remove a timesheet entry",
	  .description = "The timesheet must be a DRAFT. The removal is recorded as an "
	                 "adjustment. `If-Match` refers to the timesheet. Emits "
	                 "`timesheet.adjusted`.",
	  .path_example = DEMO_ID("465"),
	  .query_example = "reason=Was%20on%20vacation%20that%20day." },
	{ GET, "/{id}", GUARD, SQL_TIMESHEETS_READ, "get_timesheet",
	  .response = &timesheet_detail, .others_role = SUPERVISOR, .summary = "Get a timesheet",
	  .path_example = DEMO_ID("402"),
	  .example_user = "judith.vance@marina.example" },
	{ DELETE, "/{id}", SUPERVISOR, SQL_TIMESHEETS_DELETE, "delete_timesheet", .status = 204,
	  .rules = CONDITIONAL, .summary = "Delete a timesheet",
	  .description = "The timesheet must be a DRAFT. Emits `timesheet.removed`.",
	  .path_example = DEMO_ID("402") },
	{ POST, "/{id}/refresh", SUPERVISOR, SQL_TIMESHEETS_REFRESH, "refresh_timesheet",
	  .response = &timesheet_detail, .rules = CONDITIONAL, .summary = "Refresh a timesheet",
	  .description = "Adds the duty sessions of the week that ended since; those whose entry was "
	                 "removed stay out. The timesheet must be a DRAFT. Emits "
	                 "`timesheet.refreshed` if there are any.",
	  .path_example = DEMO_ID("402") },
	{ POST, "/{id}/submit", SUPERVISOR, SQL_TIMESHEETS_SUBMIT, "submit_timesheet",
	  .response = &timesheet_detail, .rules = CONDITIONAL, .summary = "Submit a timesheet",
	  .description = "Changes a DRAFT to PENDING; its week must be over. Emits `timesheet.submitted`.",
	  .path_example = DEMO_ID("402") },
	{ POST, "/{id}/approve", SUPERVISOR, SQL_TIMESHEETS_APPROVE, "approve_timesheet",
	  .response = &timesheet_detail, .rules = CONDITIONAL, .summary = "Approve a timesheet",
	  .description = "The timesheet must be PENDING. You cannot approve your own timesheet. "
	                 "Emits `timesheet.approved`.", .path_example = DEMO_ID("401") },
	{ POST, "/{id}/reject", SUPERVISOR, SQL_TIMESHEETS_REJECT, "reject_timesheet",
	  .body = reject_fields, .response = &timesheet_detail, .rules = CONDITIONAL,
	  .summary = "Reject a timesheet",
	  .description = "The timesheet must be PENDING. Emits `timesheet.rejected`.",
	  .example = JSON({"reason": "Saturday is missing."}),
	  .path_example = DEMO_ID("401") },
	{ POST, "/{id}/reopen", SUPERVISOR, SQL_TIMESHEETS_REOPEN, "reopen_timesheet",
	  .body = reopen_fields, .response = &timesheet_detail, .rules = CONDITIONAL | BODY_OPTIONAL,
	  .summary = "Reopen a timesheet",
	  .description = "Changes a REJECTED timesheet back to DRAFT; it keeps the reason for the "
	                 "rejection until it is submitted again. ADMIN can also reopen an APPROVED "
	                 "timesheet, with a reason that is recorded as an adjustment. Emits "
	                 "`timesheet.reopened`.",
	  .example = JSON({"reason": "Wednesday was worked by Felix."}),
	  .path_example = DEMO_ID("403") },
	{ POST, "/{id}/entries", SUPERVISOR, SQL_TIMESHEETS_ADD_ENTRY, "add_timesheet_entry",
	  .body = add_entry_fields, .response = &timesheet_detail, .status = 201,
	  .rules = CONDITIONAL, .summary = "Add a timesheet entry",
	  .description = "Adds work without a duty session. The timesheet must be a DRAFT. The "
	                 "addition is recorded as an adjustment. Emits `timesheet.adjusted`.",
	  .example = JSON({"clock_in": "2026-06-13T14:00:00Z", "clock_out": "2026-06-13T18:00:00Z",
	                  "location_id": "01900000-0000-7000-8000-000000000006",
	                  "reason": "Helped at the ramp on Saturday."}),
	  .path_example = DEMO_ID("402") },
	HISTORY("", GUARD, SQL_TIMESHEETS_HISTORY, "list_timesheet_history", "a timesheet",
	        .path_example = DEMO_ID("402"), .others_role = SUPERVISOR,
	        .example_user = "judith.vance@marina.example"),
	{ 0 },
};

const struct resource timesheets = {
	.path = "/timesheets",
	.name = "Timesheets",
	.domain = DUTY,
	.operations = operations,
	.description = "Weekly hours of users, with adjustments and approval.",
};
