/* locations.c: places of duty. */

#include <stddef.h>

#include "shapes.h"

static const struct field fields[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Identity of the place; yours to choose at creation." },
	{ "name", FIELD_NAME, REQUIRED, 1, 100, .says = "Its name, unique." },
	{ "description", FIELD_TEXT, NULLABLE, 0, 500, .says = "What one should know of it." },
	{ "address", FIELD_TEXT, NULLABLE, 0, 300, .says = "Where it is." },
	{ "is_active", FIELD_BOOLEAN, .says = "Whether duty is done there; true unless said otherwise." },
	{ "max_capacity", FIELD_INTEGER, NULLABLE | SOMETIMES, 1, 50,
	  .says = "Most people assigned to a shift; null: no limit. Shown to ADMIN and above." },
	{ "created_at", FIELD_TIME, GIVEN | SOMETIMES, .says = "When it was added. Shown to ADMIN and above." },
	{ "updated_at", FIELD_TIME, GIVEN | SOMETIMES, .says = "Last changed. Shown to ADMIN and above." },
	{ 0 },
};

static const struct field basics[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the place." },
	{ "name", FIELD_NAME, GIVEN, 1, 100, .says = "Its name." },
	{ "description", FIELD_TEXT, GIVEN | NULLABLE, 0, 500, .says = "What one should know of it." },
	{ "address", FIELD_TEXT, GIVEN | NULLABLE, 0, 300, .says = "Where it is." },
	{ "is_active", FIELD_BOOLEAN, GIVEN, .says = "Whether duty is done there." },
	{ 0 },
};

static const struct field brief[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the place." },
	{ "name", FIELD_NAME, GIVEN, 1, 100, .says = "Its name." },
	{ 0 },
};

static const struct field toggle[] = {
	{ "is_active", FIELD_BOOLEAN, .says = "What it should become; without it, the contrary of what it is." },
	{ 0 },
};

static const struct field of_location[] = {
	{ "limit", FIELD_INTEGER, PLACE, 1, 100, .usual = "20", .says = "How many at the most." },
	{ 0 },
};

static const struct shape location = { "Location", fields, .says = "A place of duty." };
const struct shape location_brief = { "LocationBrief", brief, .says = "A place, by name." };
const struct shape location_basics = { "LocationBasics", basics, .says = "A place, and where it is." };

static const char *const create_refuses[] = { "LOCATION_NAME_TAKEN", "ID_TAKEN", NULL };
static const char *const change_refuses[] = {
	"LOCATION_NOT_FOUND", "LOCATION_NAME_TAKEN", "PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_LOCATIONS_LIST, "list_locations", .answers = LIST_OF(location),
	  .rules = PAGED | COUNTED | OPEN, .sort = { FIELD_NAME, FIELD_UUID }, .says = "Places, by name." },
	{ POST, "", ADMIN, SQL_LOCATIONS_CREATE, "create_location", .body = fields, .answers = &location,
	  .status = 201, .refuses = create_refuses, .says = "Add a place." },
	{ GET, "/active", GUARD, SQL_LOCATIONS_ACTIVE, "list_active_locations",
	  .answers = LIST_OF(location_brief), .rules = OPEN, .says = "Places where duty is done, by name." },
	{ GET, "/{id}", GUARD, SQL_LOCATIONS_READ, "get_location", .answers = &location, .rules = OPEN,
	  .says = "One place." },
	{ PATCH, "/{id}", ADMIN, SQL_LOCATIONS_CHANGE, "change_location", .body = fields, .answers = &location,
	  .rules = CONDITIONAL, .refuses = change_refuses, .says = "Change a place." },
	{ POST, "/{id}/toggle-active", ADMIN, SQL_LOCATIONS_TOGGLE, "toggle_location", .body = toggle,
	  .answers = &location, .rules = CONDITIONAL | BODY_MAY_LACK, .refuses = change_refuses,
	  .says = "Open or close a place; nothing is ever deleted." },
	{ GET, "/{id}/logs", GUARD, SQL_LOGS_OF_LOCATION, "list_location_logs", .query = of_location,
	  .answers = LIST_OF(log_item), .says = "The newest logs of a place." },
	{ 0 },
};

const struct resource locations = {
	.path = "/locations",
	.name = "Locations",
	.domain = PLACES,
	.operations = operations,
	.says = "Places of duty.",
};
