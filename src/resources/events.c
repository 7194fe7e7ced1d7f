/* events.c: all events, with the fields of their data. */

#include "resources.h"
#include "shapes.h"

/* clang-format off */
#define REVISION { "revision", FIELD_INTEGER, .min = 1, .max = 9007199254740991 }
/* clang-format on */

static const struct field user_event[] = {
	{ "id", FIELD_UUID },
	{ "role", FIELD_CHOICE, .choices = user_roles },
	{ "archived_at", FIELD_TIME, NULLABLE },
	REVISION,
	{ 0 },
};

static const struct field location_event[] = {
	{ "id", FIELD_UUID },
	{ "name", FIELD_TEXT, .min = 1, .max = 100 },
	{ "is_active", FIELD_BOOLEAN },
	REVISION,
	{ 0 },
};

static const struct field log_event[] = {
	{ "id", FIELD_UUID },
	{ "type", FIELD_CHOICE, .choices = log_types },
	{ "title", FIELD_TEXT, .min = 1, .max = 255 },
	{ "status", FIELD_CHOICE, .choices = log_statuses },
	{ "severity", FIELD_CHOICE, NULLABLE, .choices = log_severities },
	{ "location_id", FIELD_UUID },
	{ "user_id", FIELD_UUID },
	{ "created_at", FIELD_TIME },
	REVISION,
	{ 0 },
};

static const struct field notification_event[] = {
	{ "id", FIELD_UUID },
	{ "user_id", FIELD_UUID, NULLABLE },
	{ "type", FIELD_CHOICE, .choices = notification_types },
	{ "priority", FIELD_CHOICE, .choices = notification_priorities },
	{ "title", FIELD_TEXT, .min = 1, .max = 255 },
	{ "message", FIELD_TEXT, .min = 1, .max = 5000 },
	{ "action_label", FIELD_TEXT, NULLABLE, .min = 1, .max = 100 },
	{ "action_url", FIELD_TEXT, NULLABLE, .min = 1, .max = 2048 },
	{ "dismissible", FIELD_BOOLEAN },
	{ "created_at", FIELD_TIME },
	REVISION,
	{ 0 },
};

static const struct field comment_event[] = {
	{ "id", FIELD_UUID },
	{ "log_id", FIELD_UUID, NULLABLE },
	{ "note_id", FIELD_UUID, NULLABLE },
	{ "user_id", FIELD_UUID },
	{ "username", FIELD_TEXT, .min = 1, .max = 60 },
	{ "content", FIELD_TEXT, .min = 1, .max = 1000 },
	{ "created_at", FIELD_TIME },
	REVISION,
	{ 0 },
};

static const struct field note_event[] = {
	{ "id", FIELD_UUID },
	{ "owner_id", FIELD_UUID, NULLABLE },
	{ "is_public", FIELD_BOOLEAN },
	{ "published_at", FIELD_TIME, NULLABLE },
	{ "created_at", FIELD_TIME },
	{ "updated_at", FIELD_TIME },
	REVISION,
	{ 0 },
};

static const struct field visitor_event[] = {
	{ "id", FIELD_UUID },
	{ "first_name", FIELD_TEXT, .min = 1, .max = 100 },
	{ "last_name", FIELD_TEXT, .min = 1, .max = 100 },
	{ "location_id", FIELD_UUID },
	{ "check_in_time", FIELD_TIME },
	{ "check_out_time", FIELD_TIME, NULLABLE },
	REVISION,
	{ 0 },
};

static const struct field incident_report_event[] = {
	{ "id", FIELD_UUID },
	{ "log_id", FIELD_UUID },
	{ "incident_number", FIELD_TEXT },
	{ "guard_signed_at", FIELD_TIME, NULLABLE },
	{ "supervisor_signed_at", FIELD_TIME, NULLABLE },
	REVISION,
	{ 0 },
};

static const struct field duty_event[] = {
	{ "id", FIELD_UUID },
	{ "user_id", FIELD_UUID },
	{ "location_id", FIELD_UUID, NULLABLE },
	{ "clock_in_time", FIELD_TIME },
	{ "clock_out_time", FIELD_TIME, NULLABLE },
	REVISION,
	{ 0 },
};

static const struct field check_in_event[] = {
	{ "id", FIELD_UUID },
	{ "duty_session_id", FIELD_UUID },
	{ "user_id", FIELD_UUID },
	{ "location_id", FIELD_UUID },
	{ "check_in_time", FIELD_TIME },
	{ "check_out_time", FIELD_TIME, NULLABLE },
	REVISION,
	{ 0 },
};

static const struct field timesheet_event[] = {
	{ "id", FIELD_UUID },
	{ "user_id", FIELD_UUID },
	{ "week_start_date", FIELD_DATE },
	{ "status", FIELD_CHOICE, .choices = timesheet_statuses },
	{ "total_hours", FIELD_DECIMAL, .min = 0, .max = 9999999999 },
	{ "total_entries", FIELD_INTEGER, .min = 0, .max = 2147483647 },
	{ "rejection_reason", FIELD_TEXT, NULLABLE, .min = 1, .max = 1000 },
	REVISION,
	{ 0 },
};

static const struct field incident_event[] = {
	{ "id", FIELD_UUID },
	{ "title", FIELD_TEXT, .min = 1, .max = 255 },
	{ "status", FIELD_CHOICE, .choices = log_statuses },
	{ "severity", FIELD_CHOICE, NULLABLE, .choices = log_severities },
	{ "location_id", FIELD_UUID },
	{ "user_id", FIELD_UUID },
	{ "reviewed_by", FIELD_UUID, NULLABLE },
	{ "reviewed_at", FIELD_TIME, NULLABLE },
	REVISION,
	{ 0 },
};

static const struct field message_event[] = {
	{ "id", FIELD_UUID },
	{ "content", FIELD_TEXT },
	{ "type", FIELD_CHOICE, .choices = message_types },
	{ "sender_id", FIELD_UUID },
	{ "duty_session_id", FIELD_UUID },
	{ "reply_to_id", FIELD_UUID, NULLABLE },
	{ "read_at", FIELD_TIME, NULLABLE },
	{ "created_at", FIELD_TIME },
	REVISION,
	{ 0 },
};

static const struct field tour_event[] = {
	{ "id", FIELD_UUID },
	{ "supervisor_id", FIELD_UUID },
	{ "title", FIELD_TEXT, NULLABLE, .min = 1, .max = 255 },
	{ "status", FIELD_CHOICE, .choices = tour_statuses },
	{ "started_at", FIELD_TIME },
	{ "completed_at", FIELD_TIME, NULLABLE },
	REVISION,
	{ 0 },
};

static const struct field tour_stop_event[] = {
	{ "id", FIELD_UUID },
	{ "tour_id", FIELD_UUID },
	{ "stop_type", FIELD_CHOICE, .choices = tour_stop_types },
	{ "title", FIELD_TEXT, .min = 1, .max = 255 },
	{ "location_id", FIELD_UUID, NULLABLE },
	{ "arrived_at", FIELD_TIME },
	{ "departed_at", FIELD_TIME, NULLABLE },
	REVISION,
	{ 0 },
};

static const struct field equipment_event[] = {
	{ "id", FIELD_UUID },
	{ "duty_session_id", FIELD_UUID },
	{ "user_id", FIELD_UUID, NULLABLE },
	{ "vehicle_id", FIELD_UUID, NULLABLE },
	{ "radio_id", FIELD_UUID, NULLABLE },
	{ "checkout_time", FIELD_TIME },
	{ "checkin_time", FIELD_TIME, NULLABLE },
	REVISION,
	{ 0 },
};

static const struct field checklist_event[] = {
	{ "id", FIELD_UUID },
	{ "duty_session_id", FIELD_UUID },
	{ "user_id", FIELD_UUID },
	{ "location_id", FIELD_UUID },
	{ "log_id", FIELD_UUID, NULLABLE },
	{ "completed_at", FIELD_TIME, NULLABLE },
	REVISION,
	{ 0 },
};

static const struct field shift_event[] = {
	{ "id", FIELD_UUID },
	{ "name", FIELD_TEXT, .min = 1, .max = 100 },
	{ "start_time", FIELD_TIME },
	{ "end_time", FIELD_TIME },
	{ "location_id", FIELD_UUID },
	{ "recurring_pattern_id", FIELD_UUID, NULLABLE },
	REVISION,
	{ 0 },
};

static const struct field shift_assignment_event[] = {
	{ "id", FIELD_UUID },
	{ "shift_id", FIELD_UUID, NULLABLE },
	{ "user_id", FIELD_UUID, NULLABLE },
	{ "role", FIELD_TEXT, NULLABLE, .min = 1, .max = 50 },
	{ "start_time", FIELD_TIME },
	{ "end_time", FIELD_TIME },
	{ "location_id", FIELD_UUID },
	REVISION,
	{ 0 },
};

static const struct field recurring_shift_event[] = {
	{ "id", FIELD_UUID },
	{ "name", FIELD_TEXT, .min = 1, .max = 100 },
	{ "location_id", FIELD_UUID },
	{ "is_active", FIELD_BOOLEAN },
	REVISION,
	{ 0 },
};

static const struct field generated_shifts_event[] = {
	{ "id", FIELD_UUID },
	{ "name", FIELD_TEXT, .min = 1, .max = 100 },
	{ "location_id", FIELD_UUID },
	{ "created", FIELD_INTEGER, .min = 0, .max = 366 },
	REVISION,
	{ 0 },
};

const struct event all_events[] = {
#define EVENT(type, channels, data, summary) { type, channels, data, summary },
#include "table/events.def"
#undef EVENT
	{ 0 },
};
