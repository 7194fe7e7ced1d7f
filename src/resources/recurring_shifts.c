/* recurring_shifts.c: patterns that weekly shifts are generated from. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
static const char *const warnings[] = { "SHIFT_OVERLAP", NULL };

#define PATTERN_FIELDS(location)                                                                   \
	{ "name", FIELD_LINE, REQUIRED, 1, 100, .description = "Name of the generated shifts.",    \
	  .example = "Weekend nights" },                                                           \
	location                                                                                   \
	{ "start_time", FIELD_TIME_OF_DAY, REQUIRED,                                               \
	  .description = "Time of day at which shifts start, in the time zone of the server "      \
	          "(TIMEZONE).", .example = "22:00" },                                             \
	{ "end_time", FIELD_TIME_OF_DAY, REQUIRED,                                                 \
	  .description = "Time of day at which shifts end. If it is not after `start_time`, shifts " \
	          "end the next day.", .example = "06:00" },                                       \
	{ "days_of_week", FIELD_INTEGER, REQUIRED | MULTIPLE | UNIQUE_ITEMS, 0, 6, .max_items = 7,                \
	  .description = "Weekdays on which shifts start; 0 is Sunday.",                           \
	  .example = JSON([5, 6]) },                                                               \
	{ "is_active", FIELD_BOOLEAN,                                                              \
	  .description = "Whether shifts can be generated from the pattern. Defaults to true.",    \
	  .example = "true" },                                                                     \
	{ "start_date", FIELD_DATE, REQUIRED,                                                      \
	  .description = "First day on which a shift can start.", .example = "2026-11-01" },       \
	{ "end_date", FIELD_DATE, NULLABLE,                                                        \
	  .description = "Last day on which a shift can start; null if there is none." }

#define LOCATION_FIELD                                                                             \
	{ "location_id", FIELD_UUID, REQUIRED, .description = "Location of the shifts.",           \
	  .example = DEMO_ID("001") },

static const struct field generate_fields[] = {
	{ "days", FIELD_INTEGER, 0, 1, 366,
	  .description = "Number of days to generate shifts for, from today or from `start_date` if that "
	          "is later. Defaults to 30.", .example = "14" },
	{ 0 },
};

static const struct shape generate_input = {
	"GenerateShiftsInput", generate_fields, .is_input = true,
	.description = "How many days to generate shifts for.",
};

#define INPUT_FIELDS                                                                               \
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Pattern ID. Generated if omitted." },     \
	PATTERN_FIELDS(LOCATION_FIELD),                                                            \
	{ "user_assignments", FIELD_SHAPE, MULTIPLE, .max_items = 100, .shape = &assignment_input, \
	  .description = "Users assigned to the generated shifts. In an update, they replace all " \
	          "current assignments." }

static const struct field create_fields[] = {
	INPUT_FIELDS,
	{ "generate", FIELD_SHAPE, .shape = &generate_input,
	  .description = "Generate the first shifts at once." },
	{ 0 },
};

static const struct field update_fields[] = { INPUT_FIELDS, { 0 } };

static const struct field fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Pattern ID.", .example = DEMO_ID("501") },
	PATTERN_FIELDS(LOCATION_FIELD),
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ "location", FIELD_SHAPE, READ_ONLY, .shape = &location_brief,
	  .description = "Location of the shifts." },
	{ "user_assignments", FIELD_SHAPE, READ_ONLY | MULTIPLE, .max_items = 100, .shape = &assignment,
	  .description = "Users assigned to the generated shifts, sorted by last name." },
	{ 0 },
};

static const struct field brief_fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Pattern ID.", .example = DEMO_ID("501") },
	PATTERN_FIELDS(),
	{ 0 },
};

static const struct field generated_fields[] = {
	{ "created", FIELD_INTEGER, READ_ONLY, 0, 366, .description = "Number of shifts created.",
	  .example = "4" },
	{ "skipped", FIELD_INTEGER, READ_ONLY, 0, 366,
	  .description = "Number of shifts that already existed.", .example = "0" },
	{ "shift_ids", FIELD_UUID, READ_ONLY | MULTIPLE, .max_items = 366,
	  .description = "IDs of the created shifts, sorted by start time.",
	  .example = DEMO_ID("412") },
	{ "warnings", FIELD_CHOICE, READ_ONLY | MULTIPLE, .choices = warnings,
	  .choice_name = "ShiftWarning",
	  .description = "`SHIFT_OVERLAP`: an assigned user has another shift at the same time.",
	  .example = JSON([]) },
	{ 0 },
};

static const struct shape shifts_generated = {
	"ShiftsGenerated", generated_fields, .description = "Result of generating shifts.",
};

static const struct field created_fields[] = {
	{ "generated", FIELD_SHAPE, READ_ONLY | NULLABLE | TRANSIENT, .shape = &shifts_generated,
	  .description = "Result of `generate`; null if it was not requested." },
	{ 0 },
};

const struct shape pattern_brief = {
	"RecurringShiftBrief", brief_fields,
	.description = "A recurring shift pattern, as shown with its shifts.",
};
static const struct shape pattern = {
	"RecurringShift", fields, .description = "A recurring shift pattern.",
};
static const struct shape pattern_created = {
	"RecurringShiftCreated", fields, created_fields,
	.description = "A newly created recurring shift pattern.",
};

static const struct field filters[] = {
	{ "location_id", FIELD_UUID, .description = "Filter by location.",
	  .example = DEMO_ID("001") },
	{ "is_active", FIELD_BOOLEAN, .description = "Filter by whether the pattern is active.",
	  .example = "true" },
	{ 0 },
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_PATTERNS_LIST, "list_recurring_shifts", .query = filters,
	  .response = LIST_OF(pattern), .rules = PAGED, .sort = { FIELD_LINE, FIELD_UUID },
	  .summary = "List recurring shift patterns",
	  .description = "Sorted by name." },
	{ POST, "", SUPERVISOR, SQL_PATTERNS_CREATE, "create_recurring_shift",
	  .body = create_fields, .response = &pattern_created, .status = 201,
	  .summary = "Create a recurring shift pattern",
	  .description = "With `generate`, also generates the first shifts. Emits "
	                 "`recurring_shift.created`, and `recurring_shift.generated` if shifts "
	                 "were created.",
	  .example = JSON({"name": "Friday market",
	                  "location_id": "01900000-0000-7000-8000-000000000008",
	                  "start_time": "07:30", "end_time": "14:00", "days_of_week": [5],
	                  "start_date": "2026-06-01",
	                  "user_assignments": [
	                  {"user_id": "01900000-0000-7000-8000-000000000116", "role": "PRIMARY"}],
	                  "generate": {"days": 14}}) },
	{ GET, "/{id}", GUARD, SQL_PATTERNS_READ, "get_recurring_shift", .response = &pattern,
	  .summary = "Get a recurring shift pattern", .path_example = DEMO_ID("501") },
	{ PATCH, "/{id}", SUPERVISOR, SQL_PATTERNS_UPDATE, "update_recurring_shift",
	  .body = update_fields, .response = &pattern, .rules = CONDITIONAL,
	  .summary = "Update a recurring shift pattern",
	  .description = "Shifts that were already generated do not change. Emits "
	                 "`recurring_shift.updated`.",
	  .example = JSON({"start_time": "21:00", "days_of_week": [4, 5, 6]}),
	  .path_example = DEMO_ID("501") },
	{ DELETE, "/{id}", ADMIN, SQL_PATTERNS_DELETE, "delete_recurring_shift", .status = 204,
	  .rules = CONDITIONAL, .summary = "Delete a recurring shift pattern",
	  .description = "Generated shifts are kept. Emits `recurring_shift.removed`.",
	  .path_example = DEMO_ID("504") },
	{ POST, "/{id}/generate", SUPERVISOR, SQL_PATTERNS_GENERATE, "generate_shifts",
	  .body = generate_fields, .response = &shifts_generated,
	  .rules = CONDITIONAL | BODY_OPTIONAL | HEAVY,
	  .summary = "Generate upcoming shifts from a pattern",
	  .description = "Creates a shift for each listed weekday and assigns the users of the "
	                 "pattern, except archived ones. Shifts that already exist are skipped "
	                 "and left unchanged. Emits `recurring_shift.generated` if shifts were "
	                 "created.",
	  .example = JSON({"days": 14}),
	  .path_example = DEMO_ID("501") },
	HISTORY("", GUARD, SQL_PATTERNS_HISTORY, "list_recurring_shift_history",
	        "a recurring shift pattern", .path_example = DEMO_ID("501")),
	{ 0 },
};

const struct resource recurring_shifts = {
	.path = "/recurring-shifts",
	.name = "Recurring shifts",
	.domain = DUTY,
	.operations = operations,
	.description = "Patterns that weekly shifts are generated from.",
};
