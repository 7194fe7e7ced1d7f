/* events.c: all events, with the fields of their data. */

#include "resources.h"
#include "shapes.h"

/* clang-format off */
#define REVISION                                                                                   \
	{ "revision", FIELD_INTEGER, .min = 1, .max = 9007199254740991,                            \
	  .description = "Revision of the resource; higher ones are newer.", .example = "3" }
/* clang-format on */

static const struct field user_event[] = {
	{ "id", FIELD_UUID, .description = "ID of the user." },
	{ "role", FIELD_CHOICE, .choices = user_roles, .description = "Role of the user." },
	{ "archived_at", FIELD_TIME, NULLABLE,
	  .description = "Time of archiving; null if the user is not archived." },
	REVISION,
	{ 0 },
};

static const struct field location_event[] = {
	{ "id", FIELD_UUID, .description = "ID of the location." },
	{ "name", FIELD_TEXT, .min = 1, .max = 100, .description = "Name of the location.",
	  .example = "North Pier" },
	{ "is_active", FIELD_BOOLEAN, .description = "Whether the location is active.",
	  .example = "true" },
	REVISION,
	{ 0 },
};

static const struct field log_event[] = {
	{ "id", FIELD_UUID, .description = "ID of the log." },
	{ "type", FIELD_CHOICE, .choices = log_types, .description = "Type of the log." },
	{ "title", FIELD_TEXT, .min = 1, .max = 255, .description = "Title of the log.",
	  .example = "Gate found open" },
	{ "status", FIELD_CHOICE, .choices = log_statuses, .description = "Status of the log." },
	{ "severity", FIELD_CHOICE, NULLABLE, .choices = log_severities,
	  .description = "Severity of the log; null if it is not an incident.", .example = "HIGH" },
	{ "location_id", FIELD_UUID, .description = "ID of the location." },
	{ "user_id", FIELD_UUID, .description = "ID of the author." },
	{ "created_at", FIELD_TIME, .description = "Time of creation." },
	REVISION,
	{ 0 },
};

static const struct field notification_event[] = {
	{ "id", FIELD_UUID, .description = "ID of the notification." },
	{ "user_id", FIELD_UUID, NULLABLE,
	  .description = "ID of the recipient; null for everyone." },
	{ "type", FIELD_CHOICE, .choices = notification_types,
	  .description = "Type of the notification." },
	{ "priority", FIELD_CHOICE, .choices = notification_priorities,
	  .description = "Priority." },
	{ "title", FIELD_TEXT, .min = 1, .max = 255, .description = "Title of the notification.",
	  .example = "Gate closed" },
	{ "message", FIELD_TEXT, .min = 1, .max = 5000, .description = "Text of the notification.",
	  .example = "The north gate is closed until 06:00." },
	{ "action_label", FIELD_TEXT, NULLABLE, .min = 1, .max = 100,
	  .description = "Label of the action; null if there is none." },
	{ "action_url", FIELD_TEXT, NULLABLE, .min = 1, .max = 2048,
	  .description = "URL of the action; null if there is none." },
	{ "dismissible", FIELD_BOOLEAN, .description = "Whether users can dismiss it.",
	  .example = "true" },
	{ "expires_at", FIELD_TIME, NULLABLE, .description = "When it leaves the list." },
	{ "created_at", FIELD_TIME, .description = "Time of creation." },
	REVISION,
	{ 0 },
};

static const struct field comment_event[] = {
	{ "id", FIELD_UUID, .description = "ID of the comment." },
	{ "log_id", FIELD_UUID, NULLABLE,
	  .description = "ID of the log; null for a comment on a note." },
	{ "note_id", FIELD_UUID, NULLABLE,
	  .description = "ID of the note; null for a comment on a log." },
	{ "user_id", FIELD_UUID, .description = "ID of the author." },
	{ "username", FIELD_TEXT, .min = 1, .max = 60, .description = "Name of the author.",
	  .example = "Sam Rivera" },
	{ "content", FIELD_TEXT, .min = 1, .max = 1000, .description = "Text of the comment.",
	  .example = "The fence at berth 12 is repaired." },
	{ "created_at", FIELD_TIME, .description = "Time of creation." },
	REVISION,
	{ 0 },
};

static const struct field note_event[] = {
	{ "id", FIELD_UUID, .description = "Note ID." },
	{ "owner_id", FIELD_UUID, NULLABLE, .description = "ID of the owner, or null." },
	{ "is_public", FIELD_BOOLEAN, .description = "Whether everyone can read the note.",
	  .example = "true" },
	{ "published_at", FIELD_TIME, NULLABLE,
	  .description = "Time of publication; null if the note is private." },
	{ "created_at", FIELD_TIME, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, .description = "Time of the last change." },
	REVISION,
	{ 0 },
};

static const struct field visitor_event[] = {
	{ "id", FIELD_UUID, .description = "ID of the visitor." },
	{ "first_name", FIELD_TEXT, .min = 1, .max = 100,
	  .description = "First name of the visitor.", .example = "Kim" },
	{ "last_name", FIELD_TEXT, .min = 1, .max = 100, .description = "Last name of the visitor.",
	  .example = "Larsen" },
	{ "location_id", FIELD_UUID, .description = "ID of the location." },
	{ "check_in_time", FIELD_TIME, .description = "Time of the check-in." },
	{ "check_out_time", FIELD_TIME, NULLABLE,
	  .description = "Time of the check-out; null until then." },
	REVISION,
	{ 0 },
};

static const struct field incident_report_event[] = {
	{ "id", FIELD_UUID, .description = "ID of the incident report." },
	{ "log_id", FIELD_UUID, .description = "ID of the log." },
	{ "incident_number", FIELD_TEXT, .description = "Number of the report." },
	{ "guard_signed_at", FIELD_TIME, NULLABLE,
	  .description = "Time of the guard's signature; null until then." },
	{ "supervisor_signed_at", FIELD_TIME, NULLABLE,
	  .description = "Time of the supervisor's signature; null until then." },
	REVISION,
	{ 0 },
};

static const struct field duty_event[] = {
	{ "id", FIELD_UUID, .description = "ID of the duty session." },
	{ "user_id", FIELD_UUID, .description = "ID of the user." },
	{ "location_id", FIELD_UUID, NULLABLE, .description = "ID of the location, or null." },
	{ "clock_in_time", FIELD_TIME, .description = "Time of the clock-in." },
	{ "clock_out_time", FIELD_TIME, NULLABLE,
	  .description = "Time of the clock-out; null until then." },
	{ "end_reason", FIELD_CHOICE, NULLABLE, .choices = end_reasons,
	  .description = "Why it was ended for the user, or null." },
	REVISION,
	{ 0 },
};

static const struct field check_in_event[] = {
	{ "id", FIELD_UUID, .description = "ID of the check-in." },
	{ "duty_session_id", FIELD_UUID, .description = "ID of the duty session." },
	{ "user_id", FIELD_UUID, .description = "ID of the user." },
	{ "location_id", FIELD_UUID, .description = "ID of the location." },
	{ "check_in_time", FIELD_TIME, .description = "Time of the check-in." },
	{ "check_out_time", FIELD_TIME, NULLABLE,
	  .description = "Time of the check-out; null until then." },
	REVISION,
	{ 0 },
};

static const struct field timesheet_event[] = {
	{ "id", FIELD_UUID, .description = "ID of the timesheet." },
	{ "user_id", FIELD_UUID, .description = "ID of the user whose timesheet it is." },
	{ "week_start_date", FIELD_DATE, .description = "First day of the week, a Sunday.",
	  .example = "2026-11-15" },
	{ "status", FIELD_CHOICE, .choices = timesheet_statuses,
	  .description = "Status of the timesheet." },
	{ "total_hours", FIELD_DECIMAL, .min = 0, .max = 9999999999,
	  .description = "Total of the entries, in hours.", .example = "38.5" },
	{ "total_entries", FIELD_INTEGER, .min = 0, .max = 2147483647,
	  .description = "Number of entries.", .example = "5" },
	{ "rejection_reason", FIELD_TEXT, NULLABLE, .min = 1, .max = 1000,
	  .description = "Why it was rejected; null if it was not." },
	REVISION,
	{ 0 },
};

static const struct field incident_event[] = {
	{ "id", FIELD_UUID, .description = "ID of the incident." },
	{ "title", FIELD_TEXT, .min = 1, .max = 255, .description = "Title of the incident.",
	  .example = "Break-in at berth 12" },
	{ "status", FIELD_CHOICE, .choices = log_statuses,
	  .description = "Status of the incident." },
	{ "severity", FIELD_CHOICE, NULLABLE, .choices = log_severities,
	  .description = "Severity of the incident.", .example = "HIGH" },
	{ "location_id", FIELD_UUID, .description = "ID of the location." },
	{ "user_id", FIELD_UUID, .description = "ID of the author of the log." },
	{ "reviewed_by", FIELD_UUID, NULLABLE,
	  .description = "ID of the reviewer; null until the review." },
	{ "reviewed_at", FIELD_TIME, NULLABLE,
	  .description = "Time of the review; null until then." },
	REVISION,
	{ 0 },
};

static const struct field message_event[] = {
	{ "id", FIELD_UUID, .description = "ID of the message." },
	{ "content", FIELD_TEXT, .description = "Text of the message.",
	  .example = "Meet me at the gate." },
	{ "type", FIELD_CHOICE, .choices = message_types, .description = "Type of the message." },
	{ "sender_id", FIELD_UUID, .description = "ID of the sender." },
	{ "recipient_id", FIELD_UUID, NULLABLE,
	  .description = "ID of the recipient of a direct message; null for others." },
	{ "duty_session_id", FIELD_UUID, NULLABLE,
	  .description = "ID of the duty session; null for direct messages." },
	{ "reply_to_id", FIELD_UUID, NULLABLE,
	  .description = "ID of the message that this one replies to; null if none." },
	{ "read_at", FIELD_TIME, NULLABLE,
	  .description = "Time of the first reading; null until then." },
	{ "created_at", FIELD_TIME, .description = "Time of creation." },
	REVISION,
	{ 0 },
};

static const struct field tour_event[] = {
	{ "id", FIELD_UUID, .description = "ID of the tour." },
	{ "supervisor_id", FIELD_UUID, .description = "ID of the supervisor on tour." },
	{ "title", FIELD_TEXT, NULLABLE, .min = 1, .max = 255,
	  .description = "Title of the tour; null if it has none." },
	{ "status", FIELD_CHOICE, .choices = tour_statuses, .description = "Status of the tour." },
	{ "vehicle_id", FIELD_UUID, NULLABLE, .description = "ID of the vehicle; null if none." },
	{ "started_at", FIELD_TIME, .description = "Time of the start." },
	{ "completed_at", FIELD_TIME, NULLABLE,
	  .description = "Time of completion; null until then." },
	REVISION,
	{ 0 },
};

static const struct field tour_stop_event[] = {
	{ "id", FIELD_UUID, .description = "ID of the tour stop." },
	{ "tour_id", FIELD_UUID, .description = "ID of the tour." },
	{ "stop_type", FIELD_CHOICE, .choices = tour_stop_types,
	  .description = "Type of the stop." },
	{ "title", FIELD_TEXT, .min = 1, .max = 255, .description = "Title of the tour stop.",
	  .example = "Checked the fuel dock" },
	{ "location_id", FIELD_UUID, NULLABLE, .description = "ID of the location, or null." },
	{ "arrived_at", FIELD_TIME, .description = "Time of arrival." },
	{ "departed_at", FIELD_TIME, NULLABLE,
	  .description = "Time of departure; null until then." },
	REVISION,
	{ 0 },
};

static const struct field equipment_event[] = {
	{ "id", FIELD_UUID, .description = "ID of the equipment checkout." },
	{ "duty_session_id", FIELD_UUID, .description = "ID of the duty session." },
	{ "user_id", FIELD_UUID, NULLABLE, .description = "ID of the user, or null." },
	{ "vehicle_id", FIELD_UUID, NULLABLE, .description = "ID of the vehicle; null if none." },
	{ "radio_id", FIELD_UUID, NULLABLE, .description = "ID of the radio; null if none." },
	{ "checkout_time", FIELD_TIME, .description = "Time of the checkout." },
	{ "checkin_time", FIELD_TIME, NULLABLE,
	  .description = "Time of the return; null until then." },
	REVISION,
	{ 0 },
};

#define FLEET_FIELDS(what)                                                                         \
	{ "id", FIELD_UUID, .description = "ID of the " what "." },                                \
		{ "name",                                                                          \
		  FIELD_TEXT,                                                                      \
		  .min = 1,                                                                        \
		  .max = 100,                                                                      \
		  .description = "Name of the " what ".",                                          \
		  .example = "No. 1" },                                                            \
		{ "status", FIELD_CHOICE, .choices = fleet_statuses,                               \
		  .description = "Status of the " what "." },                                      \
		{ "location_id", FIELD_UUID, NULLABLE,                                             \
		  .description = "ID of the location, or null." },                                 \
		{ "archived_at", FIELD_TIME, NULLABLE,                                             \
		  .description = "Time of removal; null while it belongs to the fleet." },         \
		REVISION

static const struct field vehicle_event[] = { FLEET_FIELDS("vehicle"), { 0 } };
static const struct field radio_event[] = { FLEET_FIELDS("radio"), { 0 } };

static const struct field checklist_item_event[] = {
	{ "id", FIELD_UUID, .description = "ID of the checklist item." },
	{ "name", FIELD_TEXT, .min = 1, .max = 200, .description = "Name of the item.",
	  .example = "Lighting" },
	{ "order", FIELD_INTEGER, .min = 0, .max = 100000, .description = "Position in the list.",
	  .example = "6" },
	{ "is_active", FIELD_BOOLEAN, .description = "Whether it belongs to the checklist.",
	  .example = "true" },
	REVISION,
	{ 0 },
};

static const struct field checklist_event[] = {
	{ "id", FIELD_UUID, .description = "ID of the checklist." },
	{ "duty_session_id", FIELD_UUID, .description = "ID of the duty session." },
	{ "user_id", FIELD_UUID, .description = "ID of the user." },
	{ "location_id", FIELD_UUID, .description = "ID of the location." },
	{ "log_id", FIELD_UUID, NULLABLE, .description = "ID of the log, or null." },
	{ "completed_at", FIELD_TIME, NULLABLE,
	  .description = "Time of completion; null until then." },
	REVISION,
	{ 0 },
};

static const struct field shift_event[] = {
	{ "id", FIELD_UUID, .description = "ID of the shift." },
	{ "name", FIELD_TEXT, .min = 1, .max = 100, .description = "Name of the shift.",
	  .example = "Night watch" },
	{ "start_time", FIELD_TIME, .description = "Start of the shift." },
	{ "end_time", FIELD_TIME, .description = "End of the shift." },
	{ "location_id", FIELD_UUID, .description = "ID of the location." },
	{ "recurring_pattern_id", FIELD_UUID, NULLABLE,
	  .description = "ID of the pattern that generated the shift; null if none." },
	REVISION,
	{ 0 },
};

static const struct field shift_assignment_event[] = {
	{ "id", FIELD_UUID, .description = "ID of the assignment." },
	{ "shift_id", FIELD_UUID, NULLABLE, .description = "ID of the shift, or null." },
	{ "user_id", FIELD_UUID, NULLABLE, .description = "ID of the user, or null." },
	{ "role", FIELD_TEXT, NULLABLE, .min = 1, .max = 50,
	  .description = "Role in the shift; null if none." },
	{ "start_time", FIELD_TIME, .description = "Start of the shift." },
	{ "end_time", FIELD_TIME, .description = "End of the shift." },
	{ "location_id", FIELD_UUID, .description = "ID of the location." },
	REVISION,
	{ 0 },
};

static const struct field recurring_shift_event[] = {
	{ "id", FIELD_UUID, .description = "ID of the pattern." },
	{ "name", FIELD_TEXT, .min = 1, .max = 100, .description = "Name of the pattern.",
	  .example = "Night watch" },
	{ "location_id", FIELD_UUID, .description = "ID of the location." },
	{ "is_active", FIELD_BOOLEAN, .description = "Whether the pattern is active.",
	  .example = "true" },
	REVISION,
	{ 0 },
};

static const struct field generated_shifts_event[] = {
	{ "id", FIELD_UUID, .description = "ID of the pattern." },
	{ "name", FIELD_TEXT, .min = 1, .max = 100, .description = "Name of the pattern.",
	  .example = "Night watch" },
	{ "location_id", FIELD_UUID, .description = "ID of the location." },
	{ "created", FIELD_INTEGER, .min = 0, .max = 366,
	  .description = "Number of generated shifts.", .example = "7" },
	REVISION,
	{ 0 },
};

const struct event all_events[] = {
#define EVENT(type, channels, data, summary) { type, channels, data, summary },
#include "table/events.def"
#undef EVENT
	{ 0 },
};
