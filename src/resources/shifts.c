/* shifts.c: planned stretches of duty, and who is to do them. */

#include <stddef.h>

#include "shapes.h"

static const char *const warnings[] = { "SHIFT_OVERLAP", NULL };

#define SHIFT                                                                                              \
	{ "name", FIELD_NAME, REQUIRED, 1, 100, .says = "What it is called." },                            \
	{ "start_time", FIELD_TIME, REQUIRED, .says = "When it begins." },                                 \
	{ "end_time", FIELD_TIME, REQUIRED, .says = "When it ends; after it begins." },                    \
	{ "location_id", FIELD_UUID, REQUIRED, .says = "Where." }

static const struct field written[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Identity of the shift; yours to choose at creation." },
	SHIFT,
	{ "user_assignments", FIELD_SHAPE, MANY, .most = 100, .shape = &assignment_written,
	  .says = "Who is to do it; in a change they take the place of all who were." },
	{ 0 },
};

static const struct field fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the shift." },
	SHIFT,
	{ "recurring_pattern_id", FIELD_UUID, GIVEN | NULLABLE, .says = "The pattern after which it was made." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "When it was planned." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Last changed." },
	{ "location", FIELD_SHAPE, GIVEN, .shape = &location_brief, .says = "Where." },
	{ "assignments", FIELD_SHAPE, GIVEN | MANY, .most = 100, .shape = &assignment,
	  .says = "Who is to do it, by last name." },
	{ 0 },
};

static const struct field assignment_given[] = {
	{ "user_id", FIELD_UUID, REQUIRED, .says = "Who." },
	{ "role", FIELD_NAME, NULLABLE, 1, 50, .says = "As what: PRIMARY, BACKUP, SUPERVISOR, or what you agreed on." },
	{ 0 },
};

static const struct field assignment_fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the assignment." },
	{ "user", FIELD_SHAPE, GIVEN, .shape = &user_summary, .says = "Who." },
	{ "role", FIELD_NAME, GIVEN | NULLABLE, 1, 50, .says = "As what." },
	{ 0 },
};

const struct shape assignment_written = { "ShiftAssignmentWritten", assignment_given, .written = true,
	                                  .says = "A person to be assigned." };
const struct shape assignment = { "ShiftAssignment", assignment_fields, .says = "A person who is assigned." };

static const struct field brief[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the shift." },
	{ "name", FIELD_NAME, GIVEN, 1, 100, .says = "What it is called." },
	{ "start_time", FIELD_TIME, GIVEN, .says = "When it begins." },
	{ "end_time", FIELD_TIME, GIVEN, .says = "When it ends." },
	{ 0 },
};

#define PATTERN                                                                                            \
	{ "recurring_pattern", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &pattern_brief,                     \
	  .says = "The pattern after which it was made." }

static const struct field by_itself[] = { PATTERN, { 0 } };

static const struct field when_planned[] = {
	PATTERN,
	{ "warnings", FIELD_CHOICE, GIVEN | MANY, .choices = warnings, .choice_name = "ShiftWarning",
	  .says = "SHIFT_OVERLAP: somebody who is assigned has another shift at the same time." },
	{ 0 },
};

const struct shape shift_brief = { "ShiftBrief", brief, .says = "A shift, by name and time." };
static const struct shape shift = { "Shift", fields, .says = "A shift, as lists show it." };
static const struct shape shift_detail = { "ShiftDetail", fields, by_itself, .says = "A shift by itself." };
static const struct shape shift_planned = { "ShiftPlanned", fields, when_planned,
	                                    .says = "A shift, as whoever has just planned it sees it." };

static const struct field filters[] = {
	{ "start_date", FIELD_DAY, .says = "Only those that begin since then." },
	{ "end_date", FIELD_DAY, .says = "Only those that begin until then; a day counts to its end." },
	{ "location_id", FIELD_UUID, .says = "Only there." },
	{ "user_id", FIELD_UUID, .says = "Only those that this person is to do." },
	{ 0 },
};

static const struct field released[] = {
	{ "user_id", FIELD_UUID, REQUIRED, .says = "Who." },
	{ 0 },
};

static const char *const create_refuses[] = {
	"END_BEFORE_START", "LOCATION_NOT_FOUND", "USER_NOT_FOUND", "DUPLICATE_ASSIGNMENT", "CAPACITY_EXCEEDED", "ID_TAKEN",
	NULL,
};
static const char *const change_refuses[] = {
	"NOT_FOUND", "END_BEFORE_START", "SHIFT_EXISTS", "LOCATION_NOT_FOUND", "USER_NOT_FOUND", "DUPLICATE_ASSIGNMENT",
	"CAPACITY_EXCEEDED", "PRECONDITION_FAILED", NULL,
};
static const char *const remove_refuses[] = { "NOT_FOUND", "PRECONDITION_FAILED", NULL };
static const char *const assign_refuses[] = {
	"NOT_FOUND", "USER_NOT_FOUND", "DUPLICATE_ASSIGNMENT", "CAPACITY_EXCEEDED", "LOCATION_NOT_FOUND",
	"PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_SHIFTS_LIST, "list_shifts", .query = filters, .answers = LIST_OF(shift), .rules = PAGED,
	  .sort = { FIELD_TIME, FIELD_UUID }, .says = "Shifts, in the order in which they begin." },
	{ POST, "", SUPERVISOR, SQL_SHIFTS_CREATE, "create_shift", .body = written, .answers = &shift_planned,
	  .status = 201, .refuses = create_refuses, .says = "Plan a shift." },
	{ GET, "/{id}", GUARD, SQL_SHIFTS_READ, "get_shift", .answers = &shift_detail, .says = "One shift." },
	{ PATCH, "/{id}", SUPERVISOR, SQL_SHIFTS_CHANGE, "change_shift", .body = written, .answers = &shift_planned,
	  .rules = CONDITIONAL, .refuses = change_refuses, .says = "Change a shift." },
	{ DELETE, "/{id}", ADMIN, SQL_SHIFTS_REMOVE, "remove_shift", .status = 204, .rules = CONDITIONAL,
	  .refuses = remove_refuses, .says = "Remove a shift; what was done and written in it stays." },
	{ POST, "/{id}/assignments", SUPERVISOR, SQL_SHIFTS_ASSIGN, "assign_to_shift", .body = assignment_given,
	  .answers = &shift_planned, .status = 201, .rules = CONDITIONAL, .refuses = assign_refuses,
	  .says = "Assign one more person." },
	{ DELETE, "/{id}/assignments", SUPERVISOR, SQL_SHIFTS_RELEASE, "release_from_shift", .query = released,
	  .status = 204, .rules = CONDITIONAL, .refuses = remove_refuses, .says = "Assign a person no more." },
	{ 0 },
};

const struct resource shifts = {
	.path = "/shifts",
	.name = "Shifts",
	.domain = DUTY,
	.operations = operations,
	.says = "Planned stretches of duty, and who is to do them.",
};
