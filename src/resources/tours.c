/* tours.c: a supervisor's way along the places, with a stop at each. */

#include <stddef.h>

#include "shapes.h"

static const char *const statuses[] = { "IN_PROGRESS", "DRAFT", "COMPLETED", "CANCELLED", NULL };
static const char *const stop_types[] = {
	"GENERAL_OBSERVATION", "LOCATION_INSPECTION", "GUARD_EVALUATION", "INCIDENT_CHECK", NULL,
};
static const char *const warnings[] = { "INCOMPLETE_TOUR", NULL };

#define TOUR_BEGINS                                                                                       \
	{ "title", FIELD_NAME, NULLABLE, 1, 255, .says = "What for, in a line." },                        \
	{ "car_number", FIELD_NAME, REQUIRED, 1, 50, .says = "With which car." },                         \
	{ "radio_number", FIELD_NAME, REQUIRED, 1, 50, .says = "With which radio." },                     \
	{ "starting_mileage", FIELD_INTEGER, REQUIRED, 0, 999999, .says = "What the counter showed at the start." }

static const struct field begun[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Identity of the tour; yours to choose." },
	TOUR_BEGINS,
	{ 0 },
};

#define TOUR                                                                                               \
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the tour." },                                      \
	{ "supervisor_id", FIELD_UUID, GIVEN, .says = "Who made it." },                                    \
	TOUR_BEGINS,                                                                                       \
	{ "status", FIELD_CHOICE, GIVEN, .choices = statuses, .choice_name = "TourStatus",                 \
	  .says = "Whether it is under way." },                                                            \
	{ "notes", FIELD_TEXT, GIVEN | NULLABLE, 0, 5000, .says = "What was said at its end." },           \
	{ "ending_mileage", FIELD_INTEGER, GIVEN | NULLABLE, 0, 999999,                                    \
	  .says = "What the counter showed at the end." },                                                 \
	{ "car_returned", FIELD_BOOLEAN, GIVEN, .says = "Whether the car is back." },                      \
	{ "radio_returned", FIELD_BOOLEAN, GIVEN, .says = "Whether the radio is." },                       \
	{ "keys_returned", FIELD_BOOLEAN, GIVEN, .says = "Whether the keys are." },                        \
	{ "started_at", FIELD_TIME, GIVEN, .says = "When it began." },                                     \
	{ "completed_at", FIELD_TIME, GIVEN | NULLABLE, .says = "When it ended, in whatever way." },       \
	{ "created_at", FIELD_TIME, GIVEN, .says = "When it was told." },                                  \
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Last changed." },                                      \
	{ "supervisor", FIELD_SHAPE, GIVEN, .shape = &user_contact, .says = "Who made it." }

static const struct field guard[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the person." },
	{ "first_name", FIELD_NAME, GIVEN, 1, 100, .says = "First name." },
	{ "last_name", FIELD_NAME, GIVEN, 1, 100, .says = "Last name." },
	{ "role", FIELD_CHOICE, GIVEN, .choices = user_roles, .choice_name = "Role", .says = "What he may do." },
	{ 0 },
};

static const struct shape user_with_role = { "UserWithRole", guard, .says = "A person, and what he may do." };

#define STOP_BODY                                                                                          \
	{ "id", FIELD_UUID, FIXED, .says = "Identity of the stop; yours to choose." },                     \
	{ "stop_type", FIELD_CHOICE, REQUIRED, .choices = stop_types, .choice_name = "TourStopType",       \
	  .says = "What for." },                                                                           \
	{ "title", FIELD_NAME, REQUIRED, 1, 255, .says = "What was found, in a line." },                   \
	{ "observations", FIELD_TEXT, REQUIRED, 1, 10000, .says = "What was found, told." },               \
	{ "location_id", FIELD_UUID, NULLABLE, .says = "Where." },                                         \
	{ "photo_urls", FIELD_URL, MANY, .most = 20, .says = "Pictures." },                                \
	{ "guard_user_id", FIELD_UUID, NULLABLE, .says = "The guard who was looked at." },                 \
	{ "guard_performance_notes", FIELD_TEXT, NULLABLE, 0, 5000, .says = "What was seen of him." },     \
	{ "issues_severity", FIELD_CHOICE, NULLABLE, .choices = log_severities, .choice_name = "Severity", \
	  .says = "How bad." },                                                                            \
	{ "follow_up_required", FIELD_BOOLEAN, .says = "Whether something is left to do." }

static const struct field stop_written[] = { STOP_BODY, { 0 } };

static const struct field stop_fields[] = {
	STOP_BODY,
	{ "tour_id", FIELD_UUID, GIVEN, .says = "Of which tour." },
	{ "arrived_at", FIELD_TIME, GIVEN, .says = "When he came." },
	{ "departed_at", FIELD_TIME, GIVEN | NULLABLE, .says = "When he left; null: nobody said." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "When it was told." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Last changed." },
	{ "location", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &location_brief, .says = "Where." },
	{ "guard", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &user_with_role, .says = "The guard who was looked at." },
	{ 0 },
};

static const struct shape tour_stop = { "TourStop", stop_fields, .says = "A stop of a tour." };

static const struct field fields[] = { TOUR, { 0 } };

static const struct field in_list[] = {
	{ "stop_count", FIELD_INTEGER, GIVEN, 0, 200, .says = "How many stops it has." },
	{ 0 },
};

#define STOPS { "tour_stops", FIELD_SHAPE, GIVEN | MANY, .shape = &tour_stop, .says = "Its stops, in their order." }

static const struct field by_itself[] = { STOPS, { 0 } };

static const struct field just_begun[] = {
	STOPS,
	{ "warnings", FIELD_CHOICE, GIVEN | MANY, .choices = warnings, .choice_name = "TourWarning",
	  .says = "INCOMPLETE_TOUR: another tour of yours is under way." },
	{ 0 },
};

static const struct shape tour_item = { "Tour", fields, in_list, .says = "A tour, as lists show it." };
static const struct shape tour_detail = { "TourDetail", fields, by_itself, .says = "A tour by itself." };
static const struct shape tour_started = { "TourStarted", fields, just_begun, .says = "A tour that has just begun." };

static const struct field completion[] = {
	{ "ending_mileage", FIELD_INTEGER, REQUIRED, 0, 999999,
	  .says = "What the counter shows now; no less than at the start." },
	{ "car_returned", FIELD_BOOLEAN, REQUIRED, .says = "Whether the car is back." },
	{ "radio_returned", FIELD_BOOLEAN, REQUIRED, .says = "Whether the radio is." },
	{ "keys_returned", FIELD_BOOLEAN, REQUIRED, .says = "Whether the keys are." },
	{ "notes", FIELD_TEXT, NULLABLE, 0, 5000, .says = "What else there is to say." },
	{ 0 },
};

static const struct field cancellation[] = {
	{ "reason", FIELD_TEXT, NULLABLE, 1, 5000, .says = "Why; kept as its notes." },
	{ 0 },
};

static const struct field filters[] = {
	{ "supervisor_id", FIELD_UUID, .says = "Only this person's." },
	{ "status", FIELD_CHOICE, MANY, .choices = statuses, .choice_name = "TourStatus",
	  .says = "Only those that stand so." },
	{ "start_date", FIELD_DAY, .says = "Only begun since then." },
	{ "end_date", FIELD_DAY, .says = "Only begun until then; a day counts to its end." },
	{ 0 },
};

static const char *const read_refuses[] = { "FORBIDDEN", "NOT_FOUND", NULL };
static const char *const start_refuses[] = { "ID_TAKEN", NULL };
static const char *const stop_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "TOUR_NOT_IN_PROGRESS", "TOUR_FULL", "LOCATION_NOT_FOUND", "USER_NOT_FOUND",
	"ID_TAKEN", "PRECONDITION_FAILED", NULL,
};
static const char *const leave_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "TOUR_NOT_IN_PROGRESS", "STOP_COMPLETED", "PRECONDITION_FAILED", NULL,
};
static const char *const complete_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "TOUR_NOT_IN_PROGRESS", "MILEAGE_DECREASED", "PRECONDITION_FAILED", NULL,
};
static const char *const cancel_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "TOUR_NOT_IN_PROGRESS", "PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_TOURS_LIST, "list_tours", .query = filters, .answers = LIST_OF(tour_item),
	  .rules = PAGED | COUNTED, .sort = { FIELD_TIME, FIELD_UUID }, .others = ADMIN,
	  .says = "Tours, newest first: your own, or as an ADMIN anybody's." },
	{ POST, "", SUPERVISOR, SQL_TOURS_START, "start_tour", .body = begun, .answers = &tour_started, .status = 201,
	  .refuses = start_refuses, .says = "Begin a tour." },
	{ GET, "/{id}", GUARD, SQL_TOURS_READ, "get_tour", .answers = &tour_detail, .others = ADMIN,
	  .refuses = read_refuses, .says = "One tour with its stops: your own, or as an ADMIN anybody's." },
	{ POST, "/{id}/stops", SUPERVISOR, SQL_TOURS_ADD_STOP, "add_tour_stop", .body = stop_written,
	  .answers = &tour_stop, .status = 201, .rules = CONDITIONAL, .others = ADMIN, .refuses = stop_refuses,
	  .says = "Say that you have come to a place, and what you found." },
	{ POST, "/{id}/stops/{stop_id}/complete", SUPERVISOR, SQL_TOURS_LEAVE_STOP, "complete_tour_stop",
	  .answers = &tour_stop, .rules = CONDITIONAL, .others = ADMIN, .refuses = leave_refuses,
	  .says = "Say that you have left it." },
	{ POST, "/{id}/complete", SUPERVISOR, SQL_TOURS_COMPLETE, "complete_tour", .body = completion,
	  .answers = &tour_detail, .rules = CONDITIONAL, .others = ADMIN, .refuses = complete_refuses,
	  .says = "End a tour; what was not returned is said, too." },
	{ POST, "/{id}/cancel", SUPERVISOR, SQL_TOURS_CANCEL, "cancel_tour", .body = cancellation,
	  .answers = &tour_detail, .rules = CONDITIONAL | BODY_MAY_LACK, .others = ADMIN, .refuses = cancel_refuses,
	  .says = "Give a tour up." },
	{ 0 },
};

const struct resource tours = {
	.path = "/tours",
	.name = "Tours",
	.domain = ROUNDS,
	.operations = operations,
	.says = "Supervisors' ways along the places.",
};
