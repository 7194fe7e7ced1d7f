/* tours.c: inspection tours of supervisors and their stops. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
const char *const tour_statuses[] = { "IN_PROGRESS", "DRAFT", "COMPLETED", "CANCELLED", NULL };
const char *const tour_stop_types[] = {
	"GENERAL_OBSERVATION", "LOCATION_INSPECTION", "GUARD_EVALUATION", "INCIDENT_CHECK", NULL,
};
static const char *const warnings[] = { "INCOMPLETE_TOUR", NULL };

#define TOUR_START_FIELDS                                                                          \
	{ "title", FIELD_LINE, NULLABLE, 1, 255, .description = "One-line purpose." },             \
	{ "car_number", FIELD_LINE, REQUIRED, 1, 50, .description = "Number of the car." },        \
	{ "radio_number", FIELD_LINE, REQUIRED, 1, 50, .description = "Number of the radio." },    \
	{ "starting_mileage", FIELD_INTEGER, REQUIRED, 0, 999999,                                  \
	  .description = "Mileage at the start." }

static const struct field start_fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Tour ID. Generated if omitted." },
	TOUR_START_FIELDS,
	{ 0 },
};

#define TOUR_FIELDS                                                                                \
	{ "id", FIELD_UUID, READ_ONLY, .description = "Tour ID." },                                \
	{ "supervisor_id", FIELD_UUID, READ_ONLY, .description = "ID of the supervisor." },        \
	TOUR_START_FIELDS,                                                                         \
	{ "status", FIELD_CHOICE, READ_ONLY, .choices = tour_statuses, .choice_name = "TourStatus", \
	  .description = "Status of the tour." },                                                  \
	{ "notes", FIELD_TEXT, READ_ONLY | NULLABLE, 0, 5000,                                      \
	  .description = "Notes on the tour, or the reason for its cancellation." },               \
	{ "ending_mileage", FIELD_INTEGER, READ_ONLY | NULLABLE, 0, 999999,                        \
	  .description = "Mileage at the end." },                                                  \
	{ "car_returned", FIELD_BOOLEAN, READ_ONLY, .description = "Whether the car was returned." }, \
	{ "radio_returned", FIELD_BOOLEAN, READ_ONLY, .description = "Whether the radio was returned." }, \
	{ "keys_returned", FIELD_BOOLEAN, READ_ONLY, .description = "Whether the keys were returned." }, \
	{ "started_at", FIELD_TIME, READ_ONLY, .description = "Start time." },                     \
	{ "completed_at", FIELD_TIME, READ_ONLY | NULLABLE,                                        \
	  .description = "Time of completion or cancellation." },                                  \
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },               \
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },        \
	{ "supervisor", FIELD_SHAPE, READ_ONLY, .shape = &user_contact, .description = "Supervisor." }

static const struct field user_with_role_fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "User ID." },
	{ "first_name", FIELD_LINE, READ_ONLY, 1, 100, .description = "First name." },
	{ "last_name", FIELD_LINE, READ_ONLY, 1, 100, .description = "Last name." },
	{ "role", FIELD_CHOICE, READ_ONLY, .choices = user_roles, .choice_name = "Role",
	  .description = "Role of the user." },
	{ 0 },
};

static const struct shape user_with_role = {
	"UserWithRole", user_with_role_fields, .description = "Name and role of a user.",
};

#define STOP_INPUT_FIELDS                                                                          \
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Stop ID. Generated if omitted." },        \
	{ "stop_type", FIELD_CHOICE, REQUIRED, .choices = tour_stop_types,                         \
	  .choice_name = "TourStopType", .description = "Type of stop." },                         \
	{ "title", FIELD_LINE, REQUIRED, 1, 255,                                                   \
	  .description = "One-line summary of the findings." },                                    \
	{ "observations", FIELD_TEXT, REQUIRED, 1, 10000, .description = "Findings, in full." },   \
	{ "location_id", FIELD_UUID, NULLABLE, .description = "Location of the stop." },           \
	{ "photo_urls", FIELD_URL, MULTIPLE, .max_items = 20, .description = "URLs of photos." },  \
	{ "guard_user_id", FIELD_UUID, NULLABLE, .description = "Guard who was evaluated." },      \
	{ "guard_performance_notes", FIELD_TEXT, NULLABLE, 0, 5000,                                \
	  .description = "Notes on the guard's performance." },                                    \
	{ "issues_severity", FIELD_CHOICE, NULLABLE, .choices = log_severities,                    \
	  .choice_name = "Severity", .description = "Severity of the issues found." },             \
	{ "follow_up_required", FIELD_BOOLEAN, .description = "Whether follow-up is needed." }

static const struct field stop_input_fields[] = { STOP_INPUT_FIELDS, { 0 } };

static const struct field stop_fields[] = {
	STOP_INPUT_FIELDS,
	{ "tour_id", FIELD_UUID, READ_ONLY, .description = "ID of the tour." },
	{ "arrived_at", FIELD_TIME, READ_ONLY, .description = "Time of arrival." },
	{ "departed_at", FIELD_TIME, READ_ONLY | NULLABLE,
	  .description = "Time of departure; null until the stop is completed." },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ "location", FIELD_SHAPE, READ_ONLY | NULLABLE, .shape = &location_brief,
	  .description = "Location of the stop." },
	{ "guard", FIELD_SHAPE, READ_ONLY | NULLABLE, .shape = &user_with_role,
	  .description = "Guard who was evaluated." },
	{ 0 },
};

static const struct shape tour_stop = { "TourStop", stop_fields, .description = "A stop of a tour." };

static const struct field fields[] = { TOUR_FIELDS, { 0 } };

static const struct field list_fields[] = {
	{ "stop_count", FIELD_INTEGER, READ_ONLY, 0, 200, .description = "Number of stops." },
	{ 0 },
};

#define STOPS_FIELD                                                                                \
	{ "tour_stops", FIELD_SHAPE, READ_ONLY | MULTIPLE, .shape = &tour_stop,                    \
	  .description = "Stops, sorted by time of arrival." }

static const struct field detail_fields[] = { STOPS_FIELD, { 0 } };

static const struct field started_fields[] = {
	STOPS_FIELD,
	{ "warnings", FIELD_CHOICE, READ_ONLY | MULTIPLE | TRANSIENT, .choices = warnings,
	  .choice_name = "TourWarning",
	  .description = "`INCOMPLETE_TOUR`: you have another tour in progress." },
	{ 0 },
};

static const struct shape tour_item = {
	"Tour", fields, list_fields, .description = "A tour, as returned in lists.",
};
static const struct shape tour_detail = {
	"TourDetail", fields, detail_fields, .description = "A tour with its stops.",
};
static const struct shape tour_started = {
	"TourStarted", fields, started_fields, .description = "A newly started tour.",
};

static const struct field complete_fields[] = {
	{ "ending_mileage", FIELD_INTEGER, REQUIRED, 0, 999999,
	  .description = "Mileage at the end; must not be lower than at the start." },
	{ "car_returned", FIELD_BOOLEAN, REQUIRED, .description = "Whether the car was returned." },
	{ "radio_returned", FIELD_BOOLEAN, REQUIRED, .description = "Whether the radio was returned." },
	{ "keys_returned", FIELD_BOOLEAN, REQUIRED, .description = "Whether the keys were returned." },
	{ "notes", FIELD_TEXT, NULLABLE, 0, 5000, .description = "Notes on the tour." },
	{ 0 },
};

static const struct field cancel_fields[] = {
	{ "reason", FIELD_TEXT, NULLABLE, 1, 5000,
	  .description = "Reason for the cancellation, stored in `notes`." },
	{ 0 },
};

static const struct field filters[] = {
	{ "supervisor_id", FIELD_UUID, .description = "Filter by supervisor." },
	{ "status", FIELD_CHOICE, MULTIPLE, .choices = tour_statuses, .choice_name = "TourStatus",
	  .description = "Filter by status." },
	{ "start_date", FIELD_DATE_OR_TIME, .description = "Only tours started at or after this time." },
	{ "end_date", FIELD_DATE_OR_TIME,
	  .description = "Only tours started at or before this time; a date includes the whole day." },
	{ 0 },
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_TOURS_LIST, "list_tours", .query = filters,
	  .response = LIST_OF(tour_item), .rules = PAGED | COUNTED,
	  .sort = { FIELD_TIME, FIELD_UUID }, .others_role = ADMIN, .summary = "List tours",
	  .description = "Newest first. Callers below ADMIN see only their own tours." },
	{ POST, "", SUPERVISOR, SQL_TOURS_START, "start_tour", .body = start_fields,
	  .response = &tour_started, .status = 201, .summary = "Start a tour",
	  .description = "You can start a tour while another one is in progress; the response "
	                 "then contains a warning. Emits `tour.started`." },
	{ GET, "/{id}", GUARD, SQL_TOURS_READ, "get_tour", .response = &tour_detail, .others_role = ADMIN,
	  .summary = "Get a tour" },
	{ POST, "/{id}/stops", SUPERVISOR, SQL_TOURS_ADD_STOP, "add_tour_stop",
	  .body = stop_input_fields, .response = &tour_stop, .status = 201, .rules = CONDITIONAL,
	  .others_role = ADMIN, .summary = "Add a stop to a tour",
	  .description = "The tour must be in progress. Emits `tour.stop_added`." },
	{ POST, "/{id}/stops/{stop_id}/complete", SUPERVISOR, SQL_TOURS_COMPLETE_STOP,
	  "complete_tour_stop", .response = &tour_stop, .rules = CONDITIONAL, .others_role = ADMIN,
	  .summary = "Complete a stop of a tour",
	  .description = "Records the departure. The tour must be in progress. Emits "
	                 "`tour.stop_completed`." },
	{ POST, "/{id}/complete", SUPERVISOR, SQL_TOURS_COMPLETE, "complete_tour",
	  .body = complete_fields, .response = &tour_detail, .rules = CONDITIONAL, .others_role = ADMIN,
	  .summary = "Complete a tour",
	  .description = "The tour must be in progress. It can be completed even if the car, the "
	                 "radio, or the keys were not returned. Emits `tour.completed`." },
	{ POST, "/{id}/cancel", SUPERVISOR, SQL_TOURS_CANCEL, "cancel_tour", .body = cancel_fields,
	  .response = &tour_detail, .rules = CONDITIONAL | BODY_OPTIONAL, .others_role = ADMIN,
	  .summary = "Cancel a tour",
	  .description = "The tour must be in progress. Emits `tour.cancelled`." },
	{ 0 },
};

const struct resource tours = {
	.path = "/tours",
	.name = "Tours",
	.domain = ROUNDS,
	.operations = operations,
	.description = "Inspection tours of supervisors.",
};
