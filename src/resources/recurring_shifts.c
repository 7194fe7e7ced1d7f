/* recurring_shifts.c: the patterns after which shifts are made, week after week. */

#include <stddef.h>

#include "shapes.h"

static const char *const warnings[] = { "SHIFT_OVERLAP", NULL };

#define PATTERN(location)                                                                                  \
	{ "name", FIELD_NAME, REQUIRED, 1, 100, .says = "What its shifts are called." },                   \
	location                                                                                           \
	{ "start_time", FIELD_CLOCK, REQUIRED, .says = "When they begin, by the clock of this server's TIMEZONE." }, \
	{ "end_time", FIELD_CLOCK, REQUIRED,                                                               \
	  .says = "When they end; on the next day, when that is not after `start_time`." },                \
	{ "days_of_week", FIELD_INTEGER, REQUIRED | MANY, 0, 6, .most = 7,                                 \
	  .says = "On which days they begin; 0 is Sunday." },                                              \
	{ "is_active", FIELD_BOOLEAN, .says = "Whether shifts are made after it; true unless said otherwise." }, \
	{ "start_date", FIELD_DATE, REQUIRED, .says = "The first day on which one may begin." },           \
	{ "end_date", FIELD_DATE, NULLABLE, .says = "The last one; null: it goes on." }

#define PLACE_OF { "location_id", FIELD_UUID, REQUIRED, .says = "Where." },

static const struct field days[] = {
	{ "days", FIELD_INTEGER, 0, 1, 366, .says = "Of how many days, from today or the pattern's first day on; 30 unless said." },
	{ 0 },
};

static const struct shape generate_written = { "GenerateWritten", days, .written = true,
	                                       .says = "Of how many days shifts are made." };

#define WRITTEN                                                                                            \
	{ "id", FIELD_UUID, FIXED, .says = "Identity of the pattern; yours to choose at creation." },      \
	PATTERN(PLACE_OF),                                                                                 \
	{ "user_assignments", FIELD_SHAPE, MANY, .most = 100, .shape = &assignment_written,                \
	  .says = "Who is to do its shifts; in a change they take the place of all who were." }

static const struct field written[] = {
	WRITTEN,
	{ "generate", FIELD_SHAPE, .shape = &generate_written, .says = "Make its first shifts at once." },
	{ 0 },
};

static const struct field change[] = { WRITTEN, { 0 } };

static const struct field fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the pattern." },
	PATTERN(PLACE_OF),
	{ "created_at", FIELD_TIME, GIVEN, .says = "When it was made." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Last changed." },
	{ "location", FIELD_SHAPE, GIVEN, .shape = &location_brief, .says = "Where." },
	{ "user_assignments", FIELD_SHAPE, GIVEN | MANY, .most = 100, .shape = &assignment,
	  .says = "Who is to do its shifts, by last name." },
	{ 0 },
};

static const struct field brief[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the pattern." },
	PATTERN(),
	{ 0 },
};

static const struct field generated[] = {
	{ "created", FIELD_INTEGER, GIVEN, 0, 366, .says = "How many shifts were made." },
	{ "skipped", FIELD_INTEGER, GIVEN, 0, 366, .says = "How many were there already." },
	{ "shift_ids", FIELD_UUID, GIVEN | MANY, .most = 366, .says = "Those that were made, in their order." },
	{ "warnings", FIELD_CHOICE, GIVEN | MANY, .choices = warnings, .choice_name = "ShiftWarning",
	  .says = "SHIFT_OVERLAP: somebody who is assigned has another shift at the same time." },
	{ 0 },
};

static const struct shape shifts_generated = { "ShiftsGenerated", generated, .says = "What was made after a pattern." };

static const struct field at_creation[] = {
	{ "generated", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &shifts_generated,
	  .says = "The shifts that were made at once; null: nobody asked for any." },
	{ 0 },
};

const struct shape pattern_brief = { "RecurringShiftBrief", brief, .says = "A pattern, as its shifts show it." };
static const struct shape pattern = { "RecurringShift", fields, .says = "A pattern of shifts." };
static const struct shape pattern_created = { "RecurringShiftCreated", fields, at_creation,
	                                      .says = "A pattern that was just made." };

static const struct field filters[] = {
	{ "location_id", FIELD_UUID, .says = "Only there." },
	{ "is_active", FIELD_BOOLEAN, .says = "Only those after which shifts are made, or the others." },
	{ 0 },
};

static const char *const create_refuses[] = {
	"END_BEFORE_START", "VALIDATION_FAILED", "LOCATION_NOT_FOUND", "USER_NOT_FOUND", "DUPLICATE_ASSIGNMENT",
	"CAPACITY_EXCEEDED", "PATTERN_INACTIVE", "ID_TAKEN", NULL,
};
static const char *const change_refuses[] = {
	"NOT_FOUND", "END_BEFORE_START", "VALIDATION_FAILED", "LOCATION_NOT_FOUND", "USER_NOT_FOUND",
	"DUPLICATE_ASSIGNMENT", "CAPACITY_EXCEEDED", "PRECONDITION_FAILED", NULL,
};
static const char *const remove_refuses[] = { "NOT_FOUND", "PRECONDITION_FAILED", NULL };
static const char *const generate_refuses[] = {
	"NOT_FOUND", "PATTERN_INACTIVE", "CAPACITY_EXCEEDED", "LOCATION_NOT_FOUND", "PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_PATTERNS_LIST, "list_recurring_shifts", .query = filters, .answers = LIST_OF(pattern),
	  .rules = PAGED, .sort = { FIELD_NAME, FIELD_UUID }, .says = "Patterns of shifts, by name." },
	{ POST, "", SUPERVISOR, SQL_PATTERNS_CREATE, "create_recurring_shift", .body = written,
	  .answers = &pattern_created, .status = 201, .refuses = create_refuses,
	  .says = "Make a pattern and, with `generate`, its first shifts." },
	{ GET, "/{id}", GUARD, SQL_PATTERNS_READ, "get_recurring_shift", .answers = &pattern, .says = "One pattern." },
	{ PATCH, "/{id}", SUPERVISOR, SQL_PATTERNS_CHANGE, "change_recurring_shift", .body = change,
	  .answers = &pattern, .rules = CONDITIONAL, .refuses = change_refuses,
	  .says = "Change a pattern; the shifts that were made after it stay as they are." },
	{ DELETE, "/{id}", ADMIN, SQL_PATTERNS_REMOVE, "remove_recurring_shift", .status = 204, .rules = CONDITIONAL,
	  .refuses = remove_refuses, .says = "Remove a pattern; its shifts stay." },
	{ POST, "/{id}/generate", SUPERVISOR, SQL_PATTERNS_GENERATE, "generate_shifts", .body = days,
	  .answers = &shifts_generated, .rules = CONDITIONAL | BODY_MAY_LACK | HEAVY, .refuses = generate_refuses,
	  .says = "Make the shifts of the days to come; those that are there already are left alone." },
	{ 0 },
};

const struct resource recurring_shifts = {
	.path = "/recurring-shifts",
	.name = "Recurring shifts",
	.domain = DUTY,
	.operations = operations,
	.says = "Patterns after which shifts are made, week after week.",
};
