/* logs.c: the entries of the logbook. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
/* Clients can set neither the type ON_DUTY_CHECKLIST, which only the server writes, nor the statuses
 * UPDATED and ARCHIVED, which follow from updating and archiving. */
static const char *const client_types[] = {
	"INCIDENT", "PATROL", "VISITOR_CHECKIN", "MAINTENANCE", "WEATHER", "OTHER", NULL,
};
const char *const log_types[] = {
	"INCIDENT", "PATROL", "VISITOR_CHECKIN", "MAINTENANCE", "WEATHER", "OTHER",
	"ON_DUTY_CHECKLIST", NULL,
};
static const char *const client_statuses[] = { "LIVE", "DRAFT", NULL };
const char *const log_statuses[] = { "LIVE", "UPDATED", "ARCHIVED", "DRAFT", NULL };
const char *const log_severities[] = { "LOW", "MEDIUM", "HIGH", "CRITICAL", NULL };

#define LOG_FIELDS                                                                                 \
	{ "title", FIELD_LINE, REQUIRED, 1, 255, .description = "One-line summary.",               \
	  .example = "Stranger on the fuel dock" },                                                \
	{ "description", FIELD_TEXT, REQUIRED, 1, 20000, .description = "What happened, in full.", \
	  .example = "A person without a boat was asked to leave and left." },                     \
	{ "location_id", FIELD_UUID, REQUIRED, .description = "Location.",                         \
	  .example = DEMO_ID("001") },                                                             \
	{ "shift_id", FIELD_UUID, NULLABLE, .description = "Shift during which it happened.",      \
	  .example = DEMO_ID("412") },                                                             \
	{ "severity", FIELD_CHOICE, NULLABLE, .choices = log_severities,                           \
	  .choice_name = "Severity", .meant_for = "INCIDENT",                                      \
	  .description = "Severity of an incident.",                                               \
	  .example = "MEDIUM" },                                                                   \
	{ "incident_time", FIELD_TIME, NULLABLE, .meant_for = "INCIDENT",                          \
	  .description = "Time of the incident, at most 24 hours ahead. Defaults to now for incidents.",      \
	  .example = "2026-11-21T02:40:00+00:00" },                                                \
	{ "people_involved", FIELD_TEXT, NULLABLE, 0, 10000, .description = "People involved.",    \
	  .example = "One person, unknown." },                                                     \
	{ "witnesses", FIELD_TEXT, NULLABLE, 0, 10000, .description = "Witnesses.",                \
	  .example = "The owner of the sloop at berth 8." },                                       \
	{ "actions_taken", FIELD_TEXT, NULLABLE, 0, 10000,                                         \
	  .description = "Actions taken in response.",                                             \
	  .example = "Escorted to the gate; plate number noted." },                                \
	{ "follow_up_required", FIELD_BOOLEAN, .description = "Whether follow-up is needed.",      \
	  .example = "true" },                                                                     \
	{ "follow_up_notes", FIELD_TEXT, NULLABLE, 0, 10000,                                       \
	  .description = "What follow-up is needed.",                                              \
	  .example = "Ask the office for the camera recording." },                                 \
	{ "weather_conditions", FIELD_LINE, NULLABLE, 0, 200, .description = "Weather conditions.", \
	  .example = "SW 5, light rain" },                                                         \
	{ "photo_urls", FIELD_URL, MULTIPLE, .max_items = 20, .description = "URLs of photos.",    \
	  .example = "https://files.example.com/photos/berth-12.jpg" },                            \
	{ "video_urls", FIELD_URL, MULTIPLE, .max_items = 3, .description = "URLs of videos.",     \
	  .example = "https://files.example.com/videos/berth-12.mp4" }

static const struct field create_fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Log ID. Generated if omitted." },
	{ "type", FIELD_CHOICE, REQUIRED, .choices = client_types, .choice_name = "LogTypeInput",
	  .description = "Type of log.", .example = "INCIDENT" },
	{ "status", FIELD_CHOICE, .choices = client_statuses, .choice_name = "LogStatusInput",
	  .description = "`LIVE` (default) or `DRAFT` at creation. Updates set the status to "
	          "`UPDATED`, but a draft stays one until `LIVE` is sent." },
	LOG_FIELDS,
	{ "recorded_at", FIELD_TIME, CREATE_ONLY | NULLABLE,
	  .description = "Time of writing, if the log is sent later; at most 24 hours ago." },
	{ 0 },
};

static const struct field fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Log ID.", .example = DEMO_ID("702") },
	{ "type", FIELD_CHOICE, READ_ONLY, .choices = log_types, .choice_name = "LogType",
	  .description = "Type of log. The server writes `ON_DUTY_CHECKLIST` when a safety checklist is "
	          "submitted.", .example = "INCIDENT" },
	{ "status", FIELD_CHOICE, READ_ONLY, .choices = log_statuses, .choice_name = "LogStatus",
	  .description = "Status. An update sets it to `UPDATED`, unless the log is a draft." },
	LOG_FIELDS,
	{ "user_id", FIELD_UUID, READ_ONLY, .description = "ID of the author.",
	  .example = DEMO_ID("109") },
	{ "reviewed_by", FIELD_UUID, READ_ONLY | NULLABLE, .description = "ID of the reviewer.",
	  .example = DEMO_ID("105") },
	{ "reviewed_at", FIELD_TIME, READ_ONLY | NULLABLE, .description = "Time of the review.",
	  .example = "2026-11-21T08:15:00+00:00" },
	{ "review_notes", FIELD_TEXT, READ_ONLY | NULLABLE, .description = "Notes of the reviewer.",
	  .example = "Well done; the fence gets a lock." },
	{ "archived_at", FIELD_TIME, READ_ONLY | NULLABLE, .description = "Time of archiving." },
	{ "recorded_at", FIELD_TIME, READ_ONLY | NULLABLE,
	  .description = "Time of writing according to the client, if it gave one." },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ 0 },
};

static const struct field list_fields[] = {
	{ "location", FIELD_SHAPE, READ_ONLY, .shape = &location_brief, .description = "Location." },
	{ "author", FIELD_SHAPE, READ_ONLY, .shape = &user_brief, .description = "Author." },
	{ 0 },
};

static const struct field detail_fields[] = {
	{ "location", FIELD_SHAPE, READ_ONLY, .shape = &location_basics, .description = "Location." },
	{ "author", FIELD_SHAPE, READ_ONLY, .shape = &user_contact, .description = "Author." },
	{ "shift", FIELD_SHAPE, READ_ONLY | NULLABLE, .shape = &shift_brief,
	  .description = "Shift during which it happened." },
	{ "reviewer", FIELD_SHAPE, READ_ONLY | NULLABLE, .shape = &user_brief, .description = "Reviewer.",
	  .example = DEMO_SUPERVISOR },
	{ 0 },
};

static const struct field edit[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Edit ID." },
	{ "field_changed", FIELD_LINE, READ_ONLY, .description = "Name of the changed field.",
	  .example = "actions_taken" },
	{ "old_value", FIELD_JSON, READ_ONLY | NULLABLE, .description = "Value before the edit.",
	  .example = JSON("Escorted to the gate.") },
	{ "new_value", FIELD_JSON, READ_ONLY | NULLABLE, .description = "Value after the edit.",
	  .example = JSON("Escorted to the gate; plate number noted.") },
	{ "edited_at", FIELD_TIME, READ_ONLY, .description = "Time of the edit." },
	{ "editor", FIELD_SHAPE, READ_ONLY, .shape = &user_brief, .description = "User who made the edit." },
	{ 0 },
};

static const struct field count[] = {
	{ "count", FIELD_INTEGER, READ_ONLY, 0, 9007199254740991, .description = "Number of logs.",
	  .example = "71" },
	{ 0 },
};

const struct shape log_item = {
	"Log", fields, list_fields, .description = "A log, as returned in lists.",
};
const struct shape log_detail = {
	"LogDetail", fields, detail_fields,
	.description = "A log with its location, author, shift, and reviewer.",
};
static const struct shape log_edit = { "LogEdit", edit, .description = "A change to one field of a log." };
static const struct shape log_count = { "LogCount", count, .description = "A number of logs." };

static const struct field filters[] = {
	{ "location_id", FIELD_UUID, .description = "Filter by location.",
	  .example = DEMO_ID("001") },
	{ "user_id", FIELD_UUID, .description = "Filter by author.", .example = DEMO_ID("109") },
	{ "type", FIELD_CHOICE, MULTIPLE, .choices = log_types, .choice_name = "LogType",
	  .description = "Filter by type.", .example = "INCIDENT" },
	{ "status", FIELD_CHOICE, MULTIPLE, .choices = log_statuses, .choice_name = "LogStatus",
	  .description = "Filter by status. Without it, lists do not include archived logs." },
	{ "severity", FIELD_CHOICE, MULTIPLE, .choices = log_severities, .choice_name = "Severity",
	  .description = "Filter by severity.", .example = "MEDIUM" },
	{ "search", FIELD_LINE, 0, 1, 200,
	  .description = "Text to find in title or description, ignoring case.",
	  .example = "fuel dock" },
	{ "start_date", FIELD_DATE_OR_TIME, .description = "Only logs created at or after this time.",
	  .example = "2026-11-20" },
	{ "end_date", FIELD_DATE_OR_TIME,
	  .description = "Only logs created at or before this time; a date includes the whole day.",
	  .example = "2026-11-21" },
	{ "year", FIELD_INTEGER, 0, 1970, 2200, .description = "Filter by year of creation.",
	  .example = "2026" },
	{ "month", FIELD_INTEGER, 0, 1, 12,
	  .description = "Filter by month of creation, 1 to 12; without `year`, of this year.",
	  .example = "11" },
	{ "day_of_week", FIELD_INTEGER, 0, 0, 6,
	  .description = "Filter by weekday of creation; 0 is Sunday.", .example = "6" },
	{ 0 },
};

static const struct field delete_query[] = {
	{ "hard", FIELD_BOOLEAN, .default_value = "false",
	  .description = "Delete the log and its edit history permanently." },
	{ 0 },
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_LOGS_LIST, "list_logs", .query = filters,
	  .response = LIST_OF(log_item), .rules = PAGED | COUNTED,
	  .sort = { FIELD_TIME, FIELD_UUID }, .alt_when = "status", .alt_value = "ARCHIVED",
	  .alt_sql = SQL_LOGS_LIST_ARCHIVED, .alt_role = GUARD, .summary = "List logs",
	  .description = "Newest first. Archived logs are listed only if `status` includes ARCHIVED." },
	{ POST, "", GUARD, SQL_LOGS_CREATE, "create_log", .body = create_fields,
	  .response = &log_detail, .status = 201, .summary = "Create a log",
	  .description = "Guards must be, or have been at `recorded_at`, on duty at the location. "
	                 "A LIVE incident of severity HIGH or CRITICAL sends an alert to every "
	                 "supervisor. Emits `log.created`, and `notification.created` for each "
	                 "alert.",
	  .example = JSON({"type": "INCIDENT", "title": "Diesel smell at the fuel dock",
	                  "description": "A hose hung over the edge; a cup of diesel in the water.",
	                  "location_id": "01900000-0000-7000-8000-000000000001",
	                  "shift_id": "01900000-0000-7000-8000-000000000412", "severity": "MEDIUM",
	                  "actions_taken": "Closed the valve and laid out absorbent mats.",
	                  "follow_up_required": true,
	                  "follow_up_notes": "Replace the nozzle holder."}) },
	{ GET, "/count", GUARD, SQL_LOGS_COUNT, "count_logs", .query = filters,
	  .response = &log_count, .rules = HEAVY, .summary = "Count logs",
	  .description = "Without `status`, includes archived logs and drafts." },
	{ GET, "/{id}", GUARD, SQL_LOGS_READ, "get_log", .response = &log_detail,
	  .summary = "Get a log",
	  .description = "Also returns archived logs.", .path_example = DEMO_ID("702") },
	{ PATCH, "/{id}", GUARD, SQL_LOGS_UPDATE, "update_log", .body = create_fields,
	  .response = &log_detail, .rules = CONDITIONAL, .others_role = SUPERVISOR,
	  .summary = "Update a log",
	  .description = "Records each changed field in the edit history of the log and sets its "
	                 "status to UPDATED. Archived logs cannot be updated. Guards must be on "
	                 "duty at its location, and cannot move it. An incident raised to HIGH or "
	                 "CRITICAL alerts every supervisor, once per level. Emits `log.updated`, and "
	                 "`log.created` when a draft is published.",
	  .example = JSON({"title": "Lines chafing at berths 12 and 13",
	                  "follow_up_required": true}),
	  .path_example = DEMO_ID("702") },
	{ DELETE, "/{id}", GUARD, SQL_LOGS_ARCHIVE, "archive_log", .query = delete_query,
	  .status = 204, .rules = CONDITIONAL, .others_role = SUPERVISOR, .alt_when = "hard",
	  .alt_sql = SQL_LOGS_DELETE, .alt_role = SUPER_ADMIN, .summary = "Archive a log",
	  .description = "With `hard=true`, permanently deletes the log, archived or not, "
	                 "together with its edit history. Emits `log.archived` or `log.removed`.",
	  .path_example = DEMO_ID("701") },
	{ GET, "/{id}/edits", GUARD, SQL_LOGS_EDITS, "list_log_edits", .response = LIST_OF(log_edit),
	  .rules = PAGED, .summary = "List the edits of a log",
	  .description = "Newest first.", .path_example = DEMO_ID("702") },
	HISTORY("", GUARD, SQL_LOGS_HISTORY, "list_log_history", "a log", .path_example = DEMO_ID("702")),
	{ 0 },
};

const struct resource logs = {
	.path = "/logs",
	.name = "Logs",
	.domain = LOGBOOK,
	.operations = operations,
	.description = "Entries of the logbook: patrols, incidents, maintenance, weather, and more.",
};
