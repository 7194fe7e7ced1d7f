/* logs.c: what happened, in order. */

#include <stddef.h>

#include "shapes.h"

/* ON_DUTY_CHECKLIST is written by the server alone, ARCHIVED by archiving. */
static const char *const types_written[] = {
	"INCIDENT", "PATROL", "VISITOR_CHECKIN", "MAINTENANCE", "WEATHER", "OTHER", NULL,
};
static const char *const types[] = {
	"INCIDENT", "PATROL", "VISITOR_CHECKIN", "MAINTENANCE", "WEATHER", "OTHER", "ON_DUTY_CHECKLIST", NULL,
};
static const char *const statuses_written[] = { "LIVE", "DRAFT", NULL };
static const char *const statuses[] = { "LIVE", "UPDATED", "ARCHIVED", "DRAFT", NULL };
const char *const log_severities[] = { "LOW", "MEDIUM", "HIGH", "CRITICAL", NULL };

#define WRITTEN_BY_BOTH                                                                                     \
	{ "title", FIELD_NAME, REQUIRED, 1, 255, .says = "What happened, in a line." },                     \
	{ "description", FIELD_TEXT, REQUIRED, 1, 20000, .says = "What happened, told." },                  \
	{ "location_id", FIELD_UUID, REQUIRED, .says = "Where." },                                          \
	{ "shift_id", FIELD_UUID, NULLABLE, .says = "In which shift." },                                    \
	{ "severity", FIELD_CHOICE, NULLABLE, .choices = log_severities, .choice_name = "Severity",             \
	  .says = "How bad; for incidents." },                                                              \
	{ "incident_time", FIELD_TIME, NULLABLE,                                                            \
	  .says = "When it happened, as opposed to when it was told; for an incident now, unless said." },  \
	{ "people_involved", FIELD_TEXT, NULLABLE, 0, 10000, .says = "Who took part in it." },              \
	{ "witnesses", FIELD_TEXT, NULLABLE, 0, 10000, .says = "Who saw it." },                             \
	{ "actions_taken", FIELD_TEXT, NULLABLE, 0, 10000, .says = "What was done about it." },             \
	{ "follow_up_required", FIELD_BOOLEAN, .says = "Whether something is left to do." },                \
	{ "follow_up_notes", FIELD_TEXT, NULLABLE, 0, 10000, .says = "What is left to do." },               \
	{ "weather_conditions", FIELD_NAME, NULLABLE, 0, 200, .says = "The weather." },                     \
	{ "photo_urls", FIELD_URL, MANY, .most = 20, .says = "Pictures." },                                 \
	{ "video_urls", FIELD_URL, MANY, .most = 3, .says = "Films." }

static const struct field written[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Identity of the log; yours to choose at creation." },
	{ "type", FIELD_CHOICE, REQUIRED, .choices = types_written, .choice_name = "LogTypeWritten",
	  .says = "What kind of thing happened." },
	{ "status", FIELD_CHOICE, .choices = statuses_written, .choice_name = "LogStatusWritten",
	  .says = "LIVE or DRAFT at creation; any change makes it UPDATED, LIVE said of a draft, too." },
	WRITTEN_BY_BOTH,
	{ 0 },
};

static const struct field fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the log." },
	{ "type", FIELD_CHOICE, GIVEN, .choices = types, .choice_name = "LogType",
	  .says = "What kind of thing happened." },
	{ "status", FIELD_CHOICE, GIVEN, .choices = statuses, .choice_name = "LogStatus",
	  .says = "How its telling stands." },
	WRITTEN_BY_BOTH,
	{ "user_id", FIELD_UUID, GIVEN, .says = "Who wrote it." },
	{ "reviewed_by", FIELD_UUID, GIVEN | NULLABLE, .says = "Who reviewed the incident." },
	{ "reviewed_at", FIELD_TIME, GIVEN | NULLABLE, .says = "When." },
	{ "review_notes", FIELD_TEXT, GIVEN | NULLABLE, .says = "What was said of it." },
	{ "archived_at", FIELD_TIME, GIVEN | NULLABLE, .says = "When it was archived." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "When it was told." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Last changed." },
	{ 0 },
};

static const struct field in_list[] = {
	{ "location", FIELD_SHAPE, GIVEN, .shape = &location_brief, .says = "Where." },
	{ "author", FIELD_SHAPE, GIVEN, .shape = &user_brief, .says = "Who wrote it." },
	{ 0 },
};

static const struct field by_itself[] = {
	{ "location", FIELD_SHAPE, GIVEN, .shape = &location_basics, .says = "Where." },
	{ "author", FIELD_SHAPE, GIVEN, .shape = &user_contact, .says = "Who wrote it." },
	{ "shift", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &shift_brief, .says = "In which shift." },
	{ "reviewer", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &user_brief, .says = "Who reviewed it." },
	{ 0 },
};

static const struct field edit[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the edit." },
	{ "field_changed", FIELD_NAME, GIVEN, .says = "Which field." },
	{ "old_value", FIELD_JSON, GIVEN | NULLABLE, .says = "What stood there." },
	{ "new_value", FIELD_JSON, GIVEN | NULLABLE, .says = "What stands there since." },
	{ "edited_at", FIELD_TIME, GIVEN, .says = "When." },
	{ "editor", FIELD_SHAPE, GIVEN, .shape = &user_brief, .says = "By whom." },
	{ 0 },
};

static const struct field count[] = {
	{ "count", FIELD_INTEGER, GIVEN, 0, 9007199254740991, .says = "How many." },
	{ 0 },
};

const struct shape log_item = { "Log", fields, in_list, .says = "A log, as lists show it." };
const struct shape log_detail = { "LogDetail", fields, by_itself, .says = "A log by itself." };
static const struct shape log_edit = { "LogEdit", edit, .says = "One field of a log, changed." };
static const struct shape log_count = { "LogCount", count, .says = "A number of logs." };

static const struct field filters[] = {
	{ "location_id", FIELD_UUID, .says = "Only of this place." },
	{ "user_id", FIELD_UUID, .says = "Only by this person." },
	{ "type", FIELD_CHOICE, MANY, .choices = types, .choice_name = "LogType", .says = "Only of these kinds." },
	{ "status", FIELD_CHOICE, MANY, .choices = statuses, .choice_name = "LogStatus",
	  .says = "Only those that stand so. (Archived ones are never listed.)" },
	{ "severity", FIELD_CHOICE, MANY, .choices = log_severities, .choice_name = "Severity",
	  .says = "Only as bad as this." },
	{ "search", FIELD_NAME, 0, 1, 200, .says = "Only with these words in title or description." },
	{ "start_date", FIELD_DAY, .says = "Only told since then." },
	{ "end_date", FIELD_DAY, .says = "Only told until then; a day counts to its end." },
	{ "year", FIELD_INTEGER, 0, 1970, 2200, .says = "Only told in this year." },
	{ "month", FIELD_INTEGER, 0, 1, 12, .needs = "year", .says = "Only told in this month of it." },
	{ "day_of_week", FIELD_INTEGER, 0, 0, 6, .says = "Only told on this day; 0 is Sunday." },
	{ 0 },
};

static const struct field removal[] = {
	{ "hard", FIELD_BOOLEAN, .usual = "false", .says = "For good, with its history." },
	{ 0 },
};

static const char *const create_refuses[] = {
	"NOT_ON_DUTY", "LOCATION_MISMATCH", "LOCATION_NOT_FOUND", "SHIFT_NOT_FOUND", "ID_TAKEN", NULL,
};
static const char *const change_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "LOCATION_NOT_FOUND", "SHIFT_NOT_FOUND", "LOG_ARCHIVED", "PRECONDITION_FAILED", NULL,
};
static const char *const remove_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "LOG_ARCHIVED", "PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_LOGS_LIST, "list_logs", .query = filters, .answers = LIST_OF(log_item),
	  .rules = PAGED | COUNTED, .sort = { FIELD_TIME, FIELD_UUID }, .says = "Logs, newest first." },
	{ POST, "", GUARD, SQL_LOGS_CREATE, "create_log", .body = written, .answers = &log_detail, .status = 201,
	  .refuses = create_refuses,
	  .says = "Write a log; a GUARD does so on duty, of his post. A bad incident is told to every supervisor." },
	{ GET, "/count", GUARD, SQL_LOGS_COUNT, "count_logs", .query = filters, .answers = &log_count,
	  .rules = HEAVY,
	  .says = "How many logs there are, archived ones and drafts included." },
	{ GET, "/{id}", GUARD, SQL_LOGS_READ, "get_log", .answers = &log_detail,
	  .says = "One log, archived ones too." },
	{ PATCH, "/{id}", GUARD, SQL_LOGS_CHANGE, "change_log", .body = written, .answers = &log_detail,
	  .rules = CONDITIONAL, .others = SUPERVISOR, .refuses = change_refuses,
	  .says = "Change a log. Each changed field is kept in its history." },
	{ DELETE, "/{id}", GUARD, SQL_LOGS_ARCHIVE, "remove_log", .query = removal, .status = 204,
	  .rules = CONDITIONAL, .others = SUPERVISOR, .when = "hard", .otherwise = SQL_LOGS_REMOVE,
	  .otherwise_role = SUPER_ADMIN, .refuses = remove_refuses,
	  .says = "Archive a log; or remove it for good." },
	{ GET, "/{id}/edits", GUARD, SQL_LOGS_EDITS, "list_log_edits", .answers = LIST_OF(log_edit),
	  .rules = PAGED, .says = "What was changed of a log, newest first." },
	{ 0 },
};

const struct resource logs = {
	.path = "/logs",
	.name = "Logs",
	.domain = LOGBOOK,
	.operations = operations,
	.says = "What happened, in order.",
};
