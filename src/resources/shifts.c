/* shifts.c: planned shifts and the users assigned to them. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
static const char *const warnings[] = { "SHIFT_OVERLAP", NULL };

#define SHIFT_FIELDS                                                                               \
	{ "name", FIELD_LINE, REQUIRED, 1, 100, .description = "Name.",                            \
	  .example = "Night watch" },                                                              \
	{ "start_time", FIELD_TIME, REQUIRED, .description = "Start time.",                        \
	  .example = "2026-11-21T03:00:00+00:00" },                                                \
	{ "end_time", FIELD_TIME, REQUIRED, .description =                                      \
	  "End time; at most 24 hours after `start_time`, or the same local time on the next day.", \
	  .example = "2026-11-21T11:00:00+00:00" },                                                \
	{ "location_id", FIELD_UUID, REQUIRED, .description = "Location.",                         \
	  .example = DEMO_ID("001") }

static const struct field create_fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Shift ID. Generated if omitted." },
	SHIFT_FIELDS,
	{ "user_assignments", FIELD_SHAPE, MULTIPLE, .max_items = 100, .shape = &assignment_input,
	  .description = "Assigned users. In an update, they replace all current assignments." },
	{ 0 },
};

static const struct field fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Shift ID.", .example = DEMO_ID("412") },
	SHIFT_FIELDS,
	{ "recurring_pattern_id", FIELD_UUID, READ_ONLY | NULLABLE,
	  .description = "ID of the recurring shift pattern that generated the shift, if any.",
	  .example = DEMO_ID("501") },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ "location", FIELD_SHAPE, READ_ONLY, .shape = &location_brief, .description = "Location." },
	{ "assignments", FIELD_SHAPE, READ_ONLY | MULTIPLE, .max_items = 100, .shape = &assignment,
	  .description = "Assigned users, sorted by last name." },
	{ 0 },
};

static const struct field assignment_input_fields[] = {
	{ "user_id", FIELD_UUID, REQUIRED, .description = "User to assign.",
	  .example = DEMO_ID("109") },
	{ "role", FIELD_LINE, NULLABLE, 1, 50,
	  .description = "Role in the shift, such as PRIMARY, BACKUP, or SUPERVISOR.",
	  .example = "PRIMARY" },
	{ 0 },
};

static const struct field assignment_fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Assignment ID." },
	{ "user", FIELD_SHAPE, READ_ONLY, .shape = &user_summary, .description = "Assigned user." },
	{ "role", FIELD_LINE, READ_ONLY | NULLABLE, 1, 50, .description = "Role in the shift.",
	  .example = "PRIMARY" },
	{ 0 },
};

const struct shape assignment_input = {
	"ShiftAssignmentInput", assignment_input_fields, .is_input = true,
	.description = "A user to assign to a shift.",
};
const struct shape assignment = {
	"ShiftAssignment", assignment_fields, .description = "A user assigned to a shift.",
};

static const struct field brief_fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Shift ID.", .example = DEMO_ID("412") },
	{ "name", FIELD_LINE, READ_ONLY, 1, 100, .description = "Name.", .example = "Night watch" },
	{ "start_time", FIELD_TIME, READ_ONLY, .description = "Start time.",
	  .example = "2026-11-21T03:00:00+00:00" },
	{ "end_time", FIELD_TIME, READ_ONLY, .description = "End time.",
	  .example = "2026-11-21T11:00:00+00:00" },
	{ 0 },
};

#define PATTERN_FIELD                                                                              \
	{ "recurring_pattern", FIELD_SHAPE, READ_ONLY | NULLABLE, .shape = &pattern_brief,         \
	  .description = "Recurring shift pattern that generated the shift, if any." }

static const struct field detail_fields[] = { PATTERN_FIELD, { 0 } };

static const struct field warning_fields[] = {
	PATTERN_FIELD,
	{ "warnings", FIELD_CHOICE, READ_ONLY | MULTIPLE | TRANSIENT, .choices = warnings,
	  .choice_name = "ShiftWarning",
	  .description = "`SHIFT_OVERLAP`: an assigned user has another shift at the same time.",
	  .example = JSON([]) },
	{ 0 },
};

const struct shape shift_brief = {
	"ShiftBrief", brief_fields, .description = "Name and time of a shift.",
};
static const struct shape shift = { "Shift", fields, .description = "A shift, as returned in lists." };
static const struct shape shift_detail = {
	"ShiftDetail", fields, detail_fields, .description = "A shift with its recurring shift pattern.",
};
static const struct shape shift_with_warnings = {
	"ShiftWithWarnings", fields, warning_fields,
	.description = "A shift with its recurring shift pattern and warnings.",
};

static const struct field filters[] = {
	{ "start_date", FIELD_DATE_OR_TIME, .description = "Only shifts that end after this time.",
	  .example = "2026-11-20" },
	{ "end_date", FIELD_DATE_OR_TIME,
	  .description = "Only shifts that start at or before this time; a date includes the whole day.",
	  .example = "2026-11-21" },
	{ "location_id", FIELD_UUID, .description = "Filter by location.",
	  .example = DEMO_ID("001") },
	{ "user_id", FIELD_UUID, .description = "Filter by assigned user.",
	  .example = DEMO_ID("109") },
	{ 0 },
};

static const struct field unassign_query[] = {
	{ "user_id", FIELD_UUID, REQUIRED, .description = "User to unassign.",
	  .example = DEMO_ID("109") },
	{ 0 },
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_SHIFTS_LIST, "list_shifts", .query = filters,
	  .response = LIST_OF(shift), .rules = PAGED, .sort = { FIELD_TIME, FIELD_UUID },
	  .summary = "List shifts",
	  .description = "Sorted by start time. The dates select shifts that overlap them, also those in progress." },
	{ POST, "", SUPERVISOR, SQL_SHIFTS_CREATE, "create_shift", .body = create_fields,
	  .response = &shift_with_warnings, .status = 201, .summary = "Create a shift",
	  .description = "Archived users cannot be assigned, and the capacity of the location "
	                 "limits the number of assigned users. Overlapping shifts of a user are "
	                 "allowed and reported in `warnings`. Emits `shift.created`.",
	  .example = JSON({"name": "Regatta watch", "start_time": "2027-06-05T12:00:00Z",
	                  "end_time": "2027-06-05T20:00:00Z",
	                  "location_id": "01900000-0000-7000-8000-000000000001",
	                  "user_assignments": [
	                  {"user_id": "01900000-0000-7000-8000-000000000109",
	                  "role": "PRIMARY"}]}) },
	{ GET, "/{id}", GUARD, SQL_SHIFTS_READ, "get_shift", .response = &shift_detail,
	  .summary = "Get a shift", .path_example = DEMO_ID("412") },
	{ PATCH, "/{id}", SUPERVISOR, SQL_SHIFTS_UPDATE, "update_shift", .body = create_fields,
	  .response = &shift_with_warnings, .rules = CONDITIONAL, .summary = "Update a shift",
	  .description = "The capacity of the location limits the number of assigned users. "
	                 "Overlapping shifts of a user are allowed and reported in `warnings`. "
	                 "Emits `shift.updated`.",
	  .example = JSON({"name": "Early watch with ferry", "user_assignments": [
	                  {"user_id": "01900000-0000-7000-8000-000000000113", "role": "PRIMARY"},
	                  {"user_id": "01900000-0000-7000-8000-000000000121", "role": "BACKUP"}]}),
	  .path_example = DEMO_ID("413") },
	{ DELETE, "/{id}", ADMIN, SQL_SHIFTS_DELETE, "delete_shift", .status = 204,
	  .rules = CONDITIONAL, .summary = "Delete a shift",
	  .description = "Logs, duty sessions, and timesheet entries of the shift are kept. Emits "
	                 "`shift.removed`.", .path_example = DEMO_ID("453") },
	{ POST, "/{id}/assignments", SUPERVISOR, SQL_SHIFTS_ASSIGN, "assign_user_to_shift",
	  .body = assignment_input_fields, .response = &shift_with_warnings, .status = 201,
	  .rules = CONDITIONAL, .summary = "Assign a user to a shift",
	  .description = "Archived users cannot be assigned, and the capacity of the location "
	                 "limits the number of assigned users. Emits `shift.assigned`.",
	  .example = JSON({"user_id": "01900000-0000-7000-8000-000000000121", "role": "BACKUP"}),
	  .path_example = DEMO_ID("413") },
	{ DELETE, "/{id}/assignments", SUPERVISOR, SQL_SHIFTS_UNASSIGN, "unassign_user_from_shift",
	  .query = unassign_query, .status = 204, .rules = CONDITIONAL,
	  .summary = "Unassign a user from a shift",
	  .description = "Emits `shift.unassigned`.",
	  .path_example = DEMO_ID("412"),
	  .query_example = "user_id=" DEMO_ID("121") },
	HISTORY("", GUARD, SQL_SHIFTS_HISTORY, "list_shift_history", "a shift",
	        .path_example = DEMO_ID("412")),
	{ 0 },
};

const struct resource shifts = {
	.path = "/shifts",
	.name = "Shifts",
	.domain = DUTY,
	.operations = operations,
	.description = "Planned shifts and the users assigned to them.",
};
