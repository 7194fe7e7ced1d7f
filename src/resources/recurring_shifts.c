/* recurring_shifts.c: patterns that weekly shifts are generated from. */

#include <stddef.h>

#include "shapes.h"

static const char *const warnings[] = { "SHIFT_OVERLAP", NULL };

#define PATTERN_FIELDS(location)                                                                   \
	{ "name", FIELD_NAME, REQUIRED, 1, 100, .says = "Name of the generated shifts." },         \
	location                                                                                   \
	{ "start_time", FIELD_CLOCK, REQUIRED,                                                     \
	  .says = "Time of day at which shifts start, in the time zone of the server "             \
	          "(TIMEZONE)." },                                                                 \
	{ "end_time", FIELD_CLOCK, REQUIRED,                                                       \
	  .says = "Time of day at which shifts end. If it is not after `start_time`, shifts "      \
	          "end the next day." },                                                           \
	{ "days_of_week", FIELD_INTEGER, REQUIRED | MANY, 0, 6, .most = 7,                         \
	  .says = "Weekdays on which shifts start; 0 is Sunday." },                                \
	{ "is_active", FIELD_BOOLEAN,                                                              \
	  .says = "Whether shifts can be generated from the pattern. Defaults to true." },         \
	{ "start_date", FIELD_DATE, REQUIRED,                                                      \
	  .says = "First day on which a shift can start." },                                       \
	{ "end_date", FIELD_DATE, NULLABLE,                                                        \
	  .says = "Last day on which a shift can start; null if there is none." }

#define LOCATION_FIELD { "location_id", FIELD_UUID, REQUIRED, .says = "Location of the shifts." },

static const struct field generate_fields[] = {
	{ "days", FIELD_INTEGER, 0, 1, 366,
	  .says = "Number of days to generate shifts for, from today or from `start_date` if that "
	          "is later. Defaults to 30." },
	{ 0 },
};

static const struct shape generate_input = {
	"GenerateShiftsInput", generate_fields, .written = true,
	.says = "How many days to generate shifts for.",
};

#define INPUT_FIELDS                                                                               \
	{ "id", FIELD_UUID, FIXED, .says = "Pattern ID. Generated if omitted." },                  \
	PATTERN_FIELDS(LOCATION_FIELD),                                                            \
	{ "user_assignments", FIELD_SHAPE, MANY, .most = 100, .shape = &assignment_input,          \
	  .says = "Users assigned to the generated shifts. In an update, they replace all "        \
	          "current assignments." }

static const struct field create_fields[] = {
	INPUT_FIELDS,
	{ "generate", FIELD_SHAPE, .shape = &generate_input,
	  .says = "Generate the first shifts at once." },
	{ 0 },
};

static const struct field update_fields[] = { INPUT_FIELDS, { 0 } };

static const struct field fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Pattern ID." },
	PATTERN_FIELDS(LOCATION_FIELD),
	{ "created_at", FIELD_TIME, GIVEN, .says = "Time of creation." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Time of the last update." },
	{ "location", FIELD_SHAPE, GIVEN, .shape = &location_brief,
	  .says = "Location of the shifts." },
	{ "user_assignments", FIELD_SHAPE, GIVEN | MANY, .most = 100, .shape = &assignment,
	  .says = "Users assigned to the generated shifts, sorted by last name." },
	{ 0 },
};

static const struct field brief_fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Pattern ID." },
	PATTERN_FIELDS(),
	{ 0 },
};

static const struct field generated_fields[] = {
	{ "created", FIELD_INTEGER, GIVEN, 0, 366, .says = "Number of shifts created." },
	{ "skipped", FIELD_INTEGER, GIVEN, 0, 366,
	  .says = "Number of shifts that already existed." },
	{ "shift_ids", FIELD_UUID, GIVEN | MANY, .most = 366,
	  .says = "IDs of the created shifts, sorted by start time." },
	{ "warnings", FIELD_CHOICE, GIVEN | MANY, .choices = warnings,
	  .choice_name = "ShiftWarning",
	  .says = "`SHIFT_OVERLAP`: an assigned user has another shift at the same time." },
	{ 0 },
};

static const struct shape shifts_generated = {
	"ShiftsGenerated", generated_fields, .says = "Result of generating shifts.",
};

static const struct field created_fields[] = {
	{ "generated", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &shifts_generated,
	  .says = "Result of `generate`; null if it was not requested." },
	{ 0 },
};

const struct shape pattern_brief = {
	"RecurringShiftBrief", brief_fields,
	.says = "A recurring shift pattern, as shown with its shifts.",
};
static const struct shape pattern = {
	"RecurringShift", fields, .says = "A recurring shift pattern.",
};
static const struct shape pattern_created = {
	"RecurringShiftCreated", fields, created_fields,
	.says = "A newly created recurring shift pattern.",
};

static const struct field filters[] = {
	{ "location_id", FIELD_UUID, .says = "Filter by location." },
	{ "is_active", FIELD_BOOLEAN, .says = "Filter by whether the pattern is active." },
	{ 0 },
};

static const char *const create_refuses[] = {
	"END_BEFORE_START", "VALIDATION_FAILED", "LOCATION_NOT_FOUND", "USER_NOT_FOUND",
	"DUPLICATE_ASSIGNMENT", "CAPACITY_EXCEEDED", "PATTERN_INACTIVE", "ID_TAKEN", NULL,
};
static const char *const change_refuses[] = {
	"NOT_FOUND", "END_BEFORE_START", "VALIDATION_FAILED", "LOCATION_NOT_FOUND",
	"USER_NOT_FOUND", "DUPLICATE_ASSIGNMENT", "CAPACITY_EXCEEDED", "PRECONDITION_FAILED", NULL,
};
static const char *const remove_refuses[] = { "NOT_FOUND", "PRECONDITION_FAILED", NULL };
static const char *const generate_refuses[] = {
	"NOT_FOUND", "PATTERN_INACTIVE", "CAPACITY_EXCEEDED", "LOCATION_NOT_FOUND",
	"PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_PATTERNS_LIST, "list_recurring_shifts", .query = filters,
	  .answers = LIST_OF(pattern), .rules = PAGED, .sort = { FIELD_NAME, FIELD_UUID },
	  .summary = "List recurring shift patterns",
	  .description = "Sorted by name." },
	{ POST, "", SUPERVISOR, SQL_PATTERNS_CREATE, "create_recurring_shift",
	  .body = create_fields, .answers = &pattern_created, .status = 201,
	  .refuses = create_refuses, .summary = "Create a recurring shift pattern",
	  .description = "With `generate`, also generates the first shifts. Emits "
	                 "`recurring_shift.created`, and `recurring_shift.generated` if shifts "
	                 "were created." },
	{ GET, "/{id}", GUARD, SQL_PATTERNS_READ, "get_recurring_shift", .answers = &pattern,
	  .summary = "Get a recurring shift pattern" },
	{ PATCH, "/{id}", SUPERVISOR, SQL_PATTERNS_CHANGE, "update_recurring_shift",
	  .body = update_fields, .answers = &pattern, .rules = CONDITIONAL,
	  .refuses = change_refuses, .summary = "Update a recurring shift pattern",
	  .description = "Shifts that were already generated do not change. Emits "
	                 "`recurring_shift.updated`." },
	{ DELETE, "/{id}", ADMIN, SQL_PATTERNS_REMOVE, "delete_recurring_shift", .status = 204,
	  .rules = CONDITIONAL, .refuses = remove_refuses,
	  .summary = "Delete a recurring shift pattern",
	  .description = "Generated shifts are kept. Emits `recurring_shift.removed`." },
	{ POST, "/{id}/generate", SUPERVISOR, SQL_PATTERNS_GENERATE, "generate_shifts",
	  .body = generate_fields, .answers = &shifts_generated,
	  .rules = CONDITIONAL | BODY_MAY_LACK | HEAVY, .refuses = generate_refuses,
	  .summary = "Generate upcoming shifts from a pattern",
	  .description = "Creates a shift for each listed weekday and assigns the users of the "
	                 "pattern, except archived ones. Shifts that already exist are skipped "
	                 "and left unchanged. Emits `recurring_shift.generated` if shifts were "
	                 "created." },
	{ 0 },
};

const struct resource recurring_shifts = {
	.path = "/recurring-shifts",
	.name = "Recurring shifts",
	.domain = DUTY,
	.operations = operations,
	.says = "Patterns that weekly shifts are generated from.",
};
