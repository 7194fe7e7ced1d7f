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
	{ "title", FIELD_LINE, NULLABLE, 1, 255, .description = "One-line purpose.",               \
	  .example = "Night tour" },                                                               \
	{ "vehicle_id", FIELD_UUID, NULLABLE, .description = "Vehicle of the fleet, if it is one.", \
	  .example = DEMO_ID("304") },                                                             \
	{ "car_number", FIELD_LINE, REQUIRED, 1, 50, .description = "Number of the car.",          \
	  .example = "Car 1" },                                                                    \
	{ "radio_number", FIELD_LINE, REQUIRED, 1, 50, .description = "Number of the radio.",      \
	  .example = "Radio 1" },                                                                  \
	{ "starting_mileage", FIELD_INTEGER, REQUIRED, 0, 999999,                                  \
	  .description = "Mileage at the start.", .example = "41207" }

static const struct field start_fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Tour ID. Generated if omitted." },
	TOUR_START_FIELDS,
	{ 0 },
};

#define TOUR_FIELDS                                                                                \
	{ "id", FIELD_UUID, READ_ONLY, .description = "Tour ID.", .example = DEMO_ID("330") },     \
	{ "supervisor_id", FIELD_UUID, READ_ONLY, .description = "ID of the supervisor.",          \
	  .example = DEMO_ID("106") },                                                             \
	TOUR_START_FIELDS,                                                                         \
	{ "status", FIELD_CHOICE, READ_ONLY, .choices = tour_statuses, .choice_name = "TourStatus", \
	  .description = "Status of the tour." },                                                  \
	{ "notes", FIELD_TEXT, READ_ONLY | NULLABLE, 0, 5000,                                      \
	  .description = "Notes on the tour, or the reason for its cancellation.",                 \
	  .example = "All moorings held." },                                                       \
	{ "ending_mileage", FIELD_INTEGER, READ_ONLY | NULLABLE, 0, 999999,                        \
	  .description = "Mileage at the end.", .example = "41260" },                              \
	{ "car_returned", FIELD_BOOLEAN, READ_ONLY, .description = "Whether the car was returned.", \
	  .example = "true" },                                                                     \
	{ "radio_returned", FIELD_BOOLEAN, READ_ONLY, .description = "Whether the radio was returned.", \
	  .example = "true" },                                                                     \
	{ "keys_returned", FIELD_BOOLEAN, READ_ONLY, .description = "Whether the keys were returned.", \
	  .example = "true" },                                                                     \
	{ "started_at", FIELD_TIME, READ_ONLY, .description = "Start time." },                     \
	{ "completed_at", FIELD_TIME, READ_ONLY | NULLABLE,                                        \
	  .description = "Time of completion or cancellation." },                                  \
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },               \
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },        \
	{ "supervisor", FIELD_SHAPE, READ_ONLY, .shape = &user_contact, .description = "Supervisor." }

static const struct field user_with_role_fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "User ID.", .example = DEMO_ID("109") },
	{ "first_name", FIELD_LINE, READ_ONLY, 1, 100, .description = "First name.",
	  .example = "Rosa" },
	{ "last_name", FIELD_LINE, READ_ONLY, 1, 100, .description = "Last name.",
	  .example = "Brandt" },
	{ "role", FIELD_CHOICE, READ_ONLY, .choices = user_roles, .choice_name = "Role",
	  .description = "Role of the user.", .example = "GUARD" },
	{ 0 },
};

static const struct shape user_with_role = {
	"UserWithRole", user_with_role_fields, .description = "Name and role of a user.",
};

#define STOP_INPUT_FIELDS                                                                          \
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Stop ID. Generated if omitted.",          \
	  .example = DEMO_ID("330") },                                                             \
	{ "stop_type", FIELD_CHOICE, REQUIRED, .choices = tour_stop_types,                         \
	  .choice_name = "TourStopType", .description = "Type of stop.",                           \
	  .example = "LOCATION_INSPECTION" },                                                      \
	{ "title", FIELD_LINE, REQUIRED, 1, 255,                                                   \
	  .description = "One-line summary of the findings.", .example = "Fuel dock" },            \
	{ "observations", FIELD_TEXT, REQUIRED, 1, 10000, .description = "Findings, in full.",     \
	  .example = "The lamp at the gangway is still out." },                                    \
	{ "location_id", FIELD_UUID, NULLABLE, .description = "Location of the stop.",             \
	  .example = DEMO_ID("001") },                                                             \
	{ "photo_urls", FIELD_URL, MULTIPLE, .max_items = 20, .description = "URLs of photos.",    \
	  .example = "https://files.example.com/photos/berth-12.jpg" },                            \
	{ "guard_user_id", FIELD_UUID, NULLABLE, .description = "Guard who was evaluated.",        \
	  .example = DEMO_ID("109") },                                                             \
	{ "guard_performance_notes", FIELD_TEXT, NULLABLE, 0, 5000,                                \
	  .description = "Notes on the guard's performance.",                                      \
	  .example = "Knows every boat by name." },                                                \
	{ "issues_severity", FIELD_CHOICE, NULLABLE, .choices = log_severities,                    \
	  .choice_name = "Severity", .description = "Severity of the issues found.",               \
	  .example = "LOW" },                                                                      \
	{ "follow_up_required", FIELD_BOOLEAN, .description = "Whether follow-up is needed.",      \
	  .example = "true" }

static const struct field stop_input_fields[] = { STOP_INPUT_FIELDS, { 0 } };

static const struct field stop_fields[] = {
	STOP_INPUT_FIELDS,
	{ "tour_id", FIELD_UUID, READ_ONLY, .description = "ID of the tour.",
	  .example = DEMO_ID("330") },
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

#define STOPS_FIELD                                                                                \
	{ "tour_stops", FIELD_SHAPE, READ_ONLY | MULTIPLE, .shape = &tour_stop,                    \
	  .description = "Stops, sorted by time of arrival." }

static const struct field list_fields[] = {
	{ "stop_count", FIELD_INTEGER, READ_ONLY, 0, 200, .description = "Number of stops.",
	  .example = "2" },
	STOPS_FIELD,
	{ 0 },
};

static const struct field detail_fields[] = { STOPS_FIELD, { 0 } };

static const struct field started_fields[] = {
	STOPS_FIELD,
	{ "warnings", FIELD_CHOICE, READ_ONLY | MULTIPLE | TRANSIENT, .choices = warnings,
	  .choice_name = "TourWarning",
	  .description = "`INCOMPLETE_TOUR`: you have another tour in progress.",
	  .example = JSON([]) },
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
	  .description = "Mileage at the end; must not be lower than at the start.",
	  .example = "41260" },
	{ "car_returned", FIELD_BOOLEAN, REQUIRED, .description = "Whether the car was returned.",
	  .example = "true" },
	{ "radio_returned", FIELD_BOOLEAN, REQUIRED, .description = "Whether the radio was returned.",
	  .example = "true" },
	{ "keys_returned", FIELD_BOOLEAN, REQUIRED, .description = "Whether the keys were returned.",
	  .example = "true" },
	{ "notes", FIELD_TEXT, NULLABLE, 0, 5000, .description = "Notes on the tour.",
	  .example = "All moorings held." },
	{ 0 },
};

static const struct field cancel_fields[] = {
	{ "reason", FIELD_TEXT, NULLABLE, 1, 5000,
	  .description = "Reason for the cancellation, stored in `notes`.",
	  .example = "Called away to an incident." },
	{ 0 },
};

static const struct field filters[] = {
	{ "supervisor_id", FIELD_UUID, .description = "Filter by supervisor.",
	  .example = DEMO_ID("106") },
	{ "status", FIELD_CHOICE, MULTIPLE, .choices = tour_statuses, .choice_name = "TourStatus",
	  .description = "Filter by status." },
	{ "start_date", FIELD_DATE_OR_TIME, .description = "Only tours started at or after this time.",
	  .example = "2026-11-20" },
	{ "end_date", FIELD_DATE_OR_TIME,
	  .description = "Only tours started at or before this time; a date includes the whole day.",
	  .example = "2026-11-21" },
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
	                 "then contains a warning. Emits `tour.started`.",
	  .example = JSON({"title": "Early tour", "car_number": "Car 4", "radio_number": "Radio 3",
	                  "starting_mileage": 12640}) },
	{ GET, "/{id}", GUARD, SQL_TOURS_READ, "get_tour", .response = &tour_detail, .others_role = ADMIN,
	  .summary = "Get a tour", .path_example = DEMO_ID("331") },
	{ POST, "/{id}/stops", SUPERVISOR, SQL_TOURS_ADD_STOP, "add_tour_stop",
	  .body = stop_input_fields, .response = &tour_stop, .status = 201, .rules = CONDITIONAL,
	  .others_role = ADMIN, .summary = "Add a stop to a tour",
	  .description = "The tour must be in progress. Emits `tour.stop_added`.",
	  .example = JSON({"stop_type": "LOCATION_INSPECTION", "title": "Ramp",
	                  "observations": "Gate closed, no trailers.",
	                  "location_id": "01900000-0000-7000-8000-000000000006"}),
	  .path_example = DEMO_ID("330"),
	  .example_user = "salma.reyes@marina.example" },
	{ GET, "/{id}/stops/{stop_id}", GUARD, SQL_TOURS_READ_STOP, "get_tour_stop",
	  .response = &tour_stop, .others_role = ADMIN, .summary = "Get a stop of a tour",
	  .path_example = DEMO_ID("331") "/" DEMO_ID("343") },
	{ POST, "/{id}/stops/{stop_id}/complete", SUPERVISOR, SQL_TOURS_COMPLETE_STOP,
	  "complete_tour_stop", .response = &tour_stop, .rules = CONDITIONAL, .others_role = ADMIN,
	  .summary = "Complete a stop of a tour",
	  .description = "Records the departure. The tour must be in progress. Emits "
	                 "`tour.stop_completed`.",
	  .path_example = DEMO_ID("330") "/" DEMO_ID("342"),
	  .example_user = "salma.reyes@marina.example" },
	{ POST, "/{id}/complete", SUPERVISOR, SQL_TOURS_COMPLETE, "complete_tour",
	  .body = complete_fields, .response = &tour_detail, .rules = CONDITIONAL, .others_role = ADMIN,
	  .summary = "Complete a tour",
	  .description = "The tour must be in progress. It can be completed even if the car, the "
	                 "radio, or the keys were not returned. Emits `tour.completed`.",
	  .example = JSON({"ending_mileage": 41260, "car_returned": true, "radio_returned": true,
	                  "keys_returned": true, "notes": "All moorings held."}),
	  .path_example = DEMO_ID("330"),
	  .example_user = "salma.reyes@marina.example" },
	{ POST, "/{id}/cancel", SUPERVISOR, SQL_TOURS_CANCEL, "cancel_tour", .body = cancel_fields,
	  .response = &tour_detail, .rules = CONDITIONAL | BODY_OPTIONAL, .others_role = ADMIN,
	  .summary = "Cancel a tour",
	  .description = "The tour must be in progress. Emits `tour.cancelled`.",
	  .example = JSON({"reason": "Called away to an incident."}),
	  .path_example = DEMO_ID("330"),
	  .example_user = "salma.reyes@marina.example" },
	HISTORY("", GUARD, SQL_TOURS_HISTORY, "list_tour_history", "a tour",
	        .path_example = DEMO_ID("331"), .others_role = ADMIN),
	{ 0 },
};

const struct resource tours = {
	.path = "/tours",
	.name = "Tours",
	.domain = ROUNDS,
	.operations = operations,
	.description = "Inspection tours of supervisors.",
};
