/* timesheets.c: the hours that people worked in a week, put right, submitted and approved. */

#include <stddef.h>

#include "shapes.h"

static const char *const statuses[] = { "DRAFT", "PENDING", "APPROVED", "REJECTED", NULL };
static const char *const adjustment_types[] = {
	"HOURS_EDITED", "TIME_EDITED", "ENTRY_ADDED", "ENTRY_REMOVED", "NOTE_ADDED", NULL,
};

#define REASON(rules_) { "reason", FIELD_TEXT, REQUIRED | (rules_), 1, 1000, .says = "Why; kept with what it was about." }

static const struct field fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the timesheet." },
	{ "user_id", FIELD_UUID, GIVEN, .says = "Whose hours these are." },
	{ "week_start_date", FIELD_DATE, GIVEN, .says = "The Sunday with which the week begins." },
	{ "week_end_date", FIELD_DATE, GIVEN, .says = "The Saturday with which it ends." },
	{ "status", FIELD_CHOICE, GIVEN, .choices = statuses, .choice_name = "TimesheetStatus",
	  .says = "How it stands." },
	{ "total_hours", FIELD_DECIMAL, GIVEN, 0, 9999999999, .says = "The hours of all its entries." },
	{ "total_entries", FIELD_INTEGER, GIVEN, 0, 2147483647, .says = "How many these are." },
	{ "total_adjustments", FIELD_INTEGER, GIVEN, 0, 2147483647, .says = "How often it was put right by hand." },
	{ "submitted_at", FIELD_TIME, GIVEN | NULLABLE, .says = "When it was submitted." },
	{ "submitted_by", FIELD_UUID, GIVEN | NULLABLE, .says = "By whom." },
	{ "approved_at", FIELD_TIME, GIVEN | NULLABLE, .says = "When it was approved." },
	{ "approved_by", FIELD_UUID, GIVEN | NULLABLE, .says = "By whom." },
	{ "rejected_at", FIELD_TIME, GIVEN | NULLABLE,
	  .says = "When it was rejected; of a draft that was reopened, too, until it is submitted again." },
	{ "rejected_by", FIELD_UUID, GIVEN | NULLABLE, .says = "By whom." },
	{ "rejection_reason", FIELD_TEXT, GIVEN | NULLABLE, 1, 1000, .says = "And why." },
	{ "created_by", FIELD_UUID, GIVEN, .says = "Who had it made." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "When." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Last changed." },
	{ "user", FIELD_SHAPE, GIVEN, .shape = &user_brief, .says = "Whose hours these are." },
	{ 0 },
};

static const struct field entry_fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the entry." },
	{ "timesheet_id", FIELD_UUID, GIVEN, .says = "On which timesheet." },
	{ "duty_session_id", FIELD_UUID, GIVEN | NULLABLE, .says = "The duty it tells of; null: added by hand." },
	{ "date", FIELD_DATE, GIVEN, .says = "The day on which it begins." },
	{ "clock_in_time", FIELD_TIME, GIVEN, .says = "Since when." },
	{ "clock_out_time", FIELD_TIME, GIVEN, .says = "Until when." },
	{ "hours_worked", FIELD_DECIMAL, GIVEN, 0, 99999999, .says = "How many hours that are, to the hundredth." },
	{ "location_id", FIELD_UUID, GIVEN | NULLABLE, .says = "At which post." },
	{ "shift_id", FIELD_UUID, GIVEN | NULLABLE, .says = "In which shift." },
	{ "original_clock_in", FIELD_TIME, GIVEN | NULLABLE, .says = "Since when, before anybody edited it." },
	{ "original_clock_out", FIELD_TIME, GIVEN | NULLABLE, .says = "Until when, before that." },
	{ "original_hours", FIELD_DECIMAL, GIVEN | NULLABLE, 0, 99999999, .says = "How many hours, before that." },
	{ "was_adjusted", FIELD_BOOLEAN, GIVEN, .says = "Whether its times were edited." },
	{ "was_manually_added", FIELD_BOOLEAN, GIVEN, .says = "Whether it was added by hand." },
	{ "notes", FIELD_TEXT, GIVEN | NULLABLE, 0, 2000, .says = "What is to be said of it." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "When it was written down." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Last changed." },
	{ "location", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &location_brief, .says = "At which post." },
	{ 0 },
};

static const struct field adjustment_fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the adjustment." },
	{ "number", FIELD_INTEGER, GIVEN, 1, 2147483647, .says = "Which of its timesheet's, counted from 1." },
	{ "entry_id", FIELD_UUID, GIVEN, .says = "Of which entry, which may be gone." },
	{ "type", FIELD_CHOICE, GIVEN, .choices = adjustment_types, .choice_name = "TimesheetAdjustmentType",
	  .says = "What was done." },
	{ "field_changed", FIELD_NAME, GIVEN | NULLABLE, .says = "What of the entry was edited; null: it came, or went." },
	{ "old_value", FIELD_JSON, GIVEN | NULLABLE, .says = "What stood there." },
	{ "new_value", FIELD_JSON, GIVEN | NULLABLE, .says = "What stands there since." },
	{ "reason", FIELD_TEXT, GIVEN, 1, 1000, .says = "Why." },
	{ "adjusted_by", FIELD_UUID, GIVEN, .says = "By whom." },
	{ "adjusted_at", FIELD_TIME, GIVEN, .says = "When." },
	{ "adjuster", FIELD_SHAPE, GIVEN, .shape = &user_brief, .says = "By whom." },
	{ 0 },
};

static const struct shape entry = { "TimesheetEntry", entry_fields, .says = "A stretch of work on a timesheet." };
static const struct shape adjustment = { "TimesheetAdjustment", adjustment_fields,
	                                 .says = "What was put right by hand on a timesheet." };

static const struct field by_itself[] = {
	{ "entries", FIELD_SHAPE, GIVEN | MANY, .shape = &entry, .says = "What was worked, in its order." },
	{ "adjustments", FIELD_SHAPE, GIVEN | MANY, .shape = &adjustment, .says = "What was put right, newest first." },
	{ 0 },
};

static const struct field candidate_fields[] = {
	{ "user_id", FIELD_UUID, GIVEN, .says = "Who worked." },
	{ "completed_sessions", FIELD_INTEGER, GIVEN, 1, 2147483647, .says = "How often." },
	{ "total_hours", FIELD_DECIMAL, GIVEN, 0, 9999999999, .says = "How many hours." },
	{ "timesheet_id", FIELD_UUID, GIVEN | NULLABLE, .says = "The timesheet of this week; null: there is none yet." },
	{ "user", FIELD_SHAPE, GIVEN, .shape = &user_brief, .says = "Who worked." },
	{ 0 },
};

static const struct field failure_fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Of which timesheet." },
	{ "code", FIELD_NAME, GIVEN, .says = "Why not, as problems have it." },
	{ "detail", FIELD_TEXT, GIVEN, .says = "Why not, in a sentence." },
	{ 0 },
};

static const struct shape failure = { "TimesheetFailure", failure_fields, .says = "Why a timesheet was not approved." };

static const struct field outcome_fields[] = {
	{ "approved", FIELD_INTEGER, GIVEN, 0, 100, .says = "How many were approved." },
	{ "failed", FIELD_INTEGER, GIVEN, 0, 100, .says = "How many were not." },
	{ "errors", FIELD_SHAPE, GIVEN | MANY, .most = 100, .shape = &failure, .says = "Why, each of them." },
	{ 0 },
};

static const struct shape timesheet = { "Timesheet", fields, .says = "The hours of a week, as lists show them." };
static const struct shape timesheet_detail = { "TimesheetDetail", fields, by_itself, .says = "A timesheet by itself." };
static const struct shape candidate = { "TimesheetCandidate", candidate_fields,
	                                .says = "Somebody who worked in a week." };
static const struct shape outcome = { "TimesheetApprovals", outcome_fields, .says = "What became of each." };

static const struct field created[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Identity of the timesheet; yours to choose." },
	{ "user_id", FIELD_UUID, REQUIRED, .says = "Whose hours." },
	{ "week_start_date", FIELD_DATE, REQUIRED, .says = "Of which week: its Sunday." },
	{ 0 },
};

static const struct field rejection[] = { REASON(0), { 0 } };

static const struct field chosen[] = {
	{ "ids", FIELD_UUID, REQUIRED | MANY, .most = 100, .says = "Which ones." },
	{ 0 },
};

#define CLOCKS(rules_)                                                                   \
	{ "clock_in", FIELD_TIME, rules_, .says = "Since when; in the timesheet's week." }, \
	{ "clock_out", FIELD_TIME, rules_, .says = "Until when." }

static const struct field added[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Identity of the entry; yours to choose." },
	CLOCKS(REQUIRED),
	{ "location_id", FIELD_UUID, NULLABLE, .says = "At which post." },
	{ "shift_id", FIELD_UUID, NULLABLE, .says = "In which shift." },
	{ "notes", FIELD_TEXT, NULLABLE, 1, 2000, .says = "What is to be said of it." },
	REASON(0),
	{ 0 },
};

static const struct field edited[] = {
	CLOCKS(0),
	{ "notes", FIELD_TEXT, NULLABLE, 1, 2000, .says = "What is to be said of it." },
	REASON(ALWAYS),
	{ 0 },
};

static const struct field removed[] = { REASON(0), { 0 } };

static const struct field filters[] = {
	{ "user_id", FIELD_UUID, .says = "Only this person's." },
	{ "status", FIELD_CHOICE, MANY, .choices = statuses, .choice_name = "TimesheetStatus",
	  .says = "Only those that stand so." },
	{ "week_start_date", FIELD_DATE, .says = "Only of the week that begins with this Sunday." },
	{ 0 },
};

static const struct field week[] = {
	{ "week_start_date", FIELD_DATE, REQUIRED, .says = "The Sunday with which the week begins." },
	{ 0 },
};

static const char *const week_refuses[] = { "NOT_A_SUNDAY", NULL };
static const char *const create_refuses[] = {
	"NOT_A_SUNDAY", "USER_NOT_FOUND", "TIMESHEET_EXISTS", "NO_COMPLETED_SESSIONS", "ID_TAKEN", NULL,
};
static const char *const draft_refuses[] = { "NOT_FOUND", "TIMESHEET_NOT_DRAFT", "PRECONDITION_FAILED", NULL };
static const char *const approve_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "TIMESHEET_NOT_PENDING", "PRECONDITION_FAILED", NULL,
};
static const char *const reject_refuses[] = { "NOT_FOUND", "TIMESHEET_NOT_PENDING", "PRECONDITION_FAILED", NULL };
static const char *const reopen_refuses[] = { "NOT_FOUND", "TIMESHEET_NOT_REJECTED", "PRECONDITION_FAILED", NULL };
static const char *const add_refuses[] = {
	"NOT_FOUND", "TIMESHEET_NOT_DRAFT", "TIMESHEET_FULL", "END_BEFORE_START", "ENTRY_OUTSIDE_WEEK",
	"LOCATION_NOT_FOUND", "SHIFT_NOT_FOUND", "ID_TAKEN", "PRECONDITION_FAILED", NULL,
};
static const char *const edit_refuses[] = {
	"NOT_FOUND", "TIMESHEET_NOT_DRAFT", "TIMESHEET_FULL", "END_BEFORE_START", "ENTRY_OUTSIDE_WEEK",
	"PRECONDITION_FAILED", NULL,
};
static const char *const remove_refuses[] = {
	"NOT_FOUND", "TIMESHEET_NOT_DRAFT", "TIMESHEET_FULL", "PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "", SUPERVISOR, SQL_TIMESHEETS_LIST, "list_timesheets", .query = filters, .answers = LIST_OF(timesheet),
	  .rules = PAGED | COUNTED, .sort = { FIELD_DATE, FIELD_TEXT, FIELD_UUID }, .refuses = week_refuses,
	  .says = "Timesheets: the newest week first, in it by last name." },
	{ POST, "", SUPERVISOR, SQL_TIMESHEETS_CREATE, "create_timesheet", .body = created,
	  .answers = &timesheet_detail, .status = 201, .refuses = create_refuses,
	  .says = "Write a person's week down: all duty that was begun in it and has ended." },
	{ GET, "/candidates", SUPERVISOR, SQL_TIMESHEETS_CANDIDATES, "list_timesheet_candidates", .query = week,
	  .answers = LIST_OF(candidate), .rules = PAGED, .refuses = week_refuses,
	  .says = "Who worked in a week, by last name." },
	{ POST, "/bulk-approve", SUPERVISOR, SQL_TIMESHEETS_APPROVE_ALL, "approve_timesheets", .body = chosen,
	  .answers = &outcome, .says = "Approve many; one that cannot be approved does not keep the others from it." },
	{ PATCH, "/entries/{id}", SUPERVISOR, SQL_TIMESHEETS_EDIT_ENTRY, "change_timesheet_entry", .body = edited,
	  .answers = &timesheet_detail, .rules = CONDITIONAL, .refuses = edit_refuses,
	  .says = "Put the times of an entry right, or its notes. If-Match is about the timesheet." },
	{ DELETE, "/entries/{id}", SUPERVISOR, SQL_TIMESHEETS_REMOVE_ENTRY, "remove_timesheet_entry", .query = removed,
	  .status = 204, .rules = CONDITIONAL, .refuses = remove_refuses,
	  .says = "Take an entry off a timesheet. If-Match is about the timesheet." },
	{ GET, "/{id}", SUPERVISOR, SQL_TIMESHEETS_READ, "get_timesheet", .answers = &timesheet_detail,
	  .says = "One timesheet, with what stands on it and how it was put right." },
	{ DELETE, "/{id}", SUPERVISOR, SQL_TIMESHEETS_REMOVE, "remove_timesheet", .status = 204, .rules = CONDITIONAL,
	  .refuses = draft_refuses, .says = "Remove a draft." },
	{ POST, "/{id}/submit", SUPERVISOR, SQL_TIMESHEETS_SUBMIT, "submit_timesheet", .answers = &timesheet_detail,
	  .rules = CONDITIONAL, .refuses = draft_refuses, .says = "Submit a draft for approval." },
	{ POST, "/{id}/approve", SUPERVISOR, SQL_TIMESHEETS_APPROVE, "approve_timesheet", .answers = &timesheet_detail,
	  .rules = CONDITIONAL, .refuses = approve_refuses, .says = "Approve a timesheet of somebody else's." },
	{ POST, "/{id}/reject", SUPERVISOR, SQL_TIMESHEETS_REJECT, "reject_timesheet", .body = rejection,
	  .answers = &timesheet_detail, .rules = CONDITIONAL, .refuses = reject_refuses,
	  .says = "Reject a timesheet." },
	{ POST, "/{id}/reopen", SUPERVISOR, SQL_TIMESHEETS_REOPEN, "reopen_timesheet", .answers = &timesheet_detail,
	  .rules = CONDITIONAL, .refuses = reopen_refuses, .says = "Make a draft of a rejected timesheet again." },
	{ POST, "/{id}/entries", SUPERVISOR, SQL_TIMESHEETS_ADD_ENTRY, "add_timesheet_entry", .body = added,
	  .answers = &timesheet_detail, .status = 201, .rules = CONDITIONAL, .refuses = add_refuses,
	  .says = "Add to a draft what was worked and nobody clocked." },
	{ 0 },
};

const struct resource timesheets = {
	.path = "/timesheets",
	.name = "Timesheets",
	.domain = DUTY,
	.operations = operations,
	.says = "The hours that people worked in a week, put right, submitted and approved.",
};
