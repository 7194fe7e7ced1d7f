/* radios.c: what supervisors speak through. */

#include <stddef.h>

#include "shapes.h"

static const struct field fields[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Identity of the radio; yours to choose at creation." },
	{ "name", FIELD_NAME, REQUIRED, 1, 100, .says = "What it is called." },
	{ "serial_number", FIELD_NAME, NULLABLE, 1, 100, .says = "Its number, unique." },
	{ "model", FIELD_NAME, NULLABLE, 1, 100, .says = "What its maker calls it." },
	{ "channel", FIELD_NAME, NULLABLE, 1, 50, .says = "On which it is heard." },
	{ "status", FIELD_CHOICE, .choices = fleet_statuses, .choice_name = "FleetStatus",
	  .says = "Whether it can be used; WORKING unless said otherwise. What is retired stays so." },
	{ "location_id", FIELD_UUID, NULLABLE, .says = "Where it lies." },
	{ "notes", FIELD_TEXT, NULLABLE, 0, 2000, .says = "What one should know of it." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "When it was added." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Last changed." },
	{ "location", FIELD_SHAPE, GIVEN | NULLABLE, .shape = &location_brief, .says = "Where it lies." },
	{ 0 },
};

static const struct field brief[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the radio." },
	{ "name", FIELD_NAME, GIVEN, 1, 100, .says = "What it is called." },
	{ "serial_number", FIELD_NAME, GIVEN | NULLABLE, 0, 100, .says = "Its number." },
	{ "channel", FIELD_NAME, GIVEN | NULLABLE, 0, 50, .says = "On which it is heard." },
	{ 0 },
};

static const struct shape radio = { "Radio", fields, .says = "A radio." };
const struct shape radio_brief = { "RadioBrief", brief, .says = "A radio, to know it by." };

static const struct field filters[] = {
	{ "status", FIELD_CHOICE, MANY, .choices = fleet_statuses, .choice_name = "FleetStatus",
	  .says = "Only those that stand so." },
	{ 0 },
};

static const char *const create_refuses[] = { "SERIAL_NUMBER_TAKEN", "LOCATION_NOT_FOUND", "ID_TAKEN", NULL };
static const char *const change_refuses[] = {
	"NOT_FOUND", "SERIAL_NUMBER_TAKEN", "LOCATION_NOT_FOUND", "TRANSITION_NOT_ALLOWED", "PRECONDITION_FAILED",
	NULL,
};
static const char *const archive_refuses[] = {
	"NOT_FOUND", "EQUIPMENT_CHECKED_OUT", "PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "", ADMIN, SQL_RADIOS_LIST, "list_radios", .query = filters, .answers = LIST_OF(radio),
	  .rules = PAGED, .says = "Radios: those that work first, then by name." },
	{ POST, "", ADMIN, SQL_RADIOS_CREATE, "create_radio", .body = fields, .answers = &radio, .status = 201,
	  .refuses = create_refuses, .says = "Add a radio." },
	{ GET, "/{id}", ADMIN, SQL_RADIOS_READ, "get_radio", .answers = &radio, .says = "One radio." },
	{ PATCH, "/{id}", ADMIN, SQL_RADIOS_CHANGE, "change_radio", .body = fields, .answers = &radio,
	  .rules = CONDITIONAL, .refuses = change_refuses, .says = "Change a radio." },
	{ DELETE, "/{id}", ADMIN, SQL_RADIOS_ARCHIVE, "remove_radio", .status = 204, .rules = CONDITIONAL,
	  .refuses = archive_refuses, .says = "Take a radio out of the fleet; what was done with it stays known." },
	{ 0 },
};

const struct resource radios = {
	.path = "/radios",
	.name = "Radios",
	.domain = ROUNDS,
	.operations = operations,
	.says = "What supervisors speak through.",
};
