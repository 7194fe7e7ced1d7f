/* locations.c: locations where users are on duty. */

#include <stddef.h>

#include "shapes.h"

static const struct field fields[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Location ID. Generated if omitted." },
	{ "name", FIELD_NAME, REQUIRED, 1, 100, .says = "Unique name." },
	{ "description", FIELD_TEXT, NULLABLE, 0, 500, .says = "Description." },
	{ "address", FIELD_TEXT, NULLABLE, 0, 300, .says = "Address." },
	{ "is_active", FIELD_BOOLEAN,
	  .says = "Whether users can clock in or check in here. Defaults to true." },
	{ "max_capacity", FIELD_INTEGER, NULLABLE | SOMETIMES, 1, 50,
	  .says = "Maximum number of users assigned to a shift; null allows 100. Visible to ADMIN "
	          "and above." },
	{ "created_at", FIELD_TIME, GIVEN | SOMETIMES,
	  .says = "Time of creation. Visible to ADMIN and above." },
	{ "updated_at", FIELD_TIME, GIVEN | SOMETIMES,
	  .says = "Time of the last update. Visible to ADMIN and above." },
	{ 0 },
};

static const struct field basics_fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Location ID." },
	{ "name", FIELD_NAME, GIVEN, 1, 100, .says = "Name." },
	{ "description", FIELD_TEXT, GIVEN | NULLABLE, 0, 500, .says = "Description." },
	{ "address", FIELD_TEXT, GIVEN | NULLABLE, 0, 300, .says = "Address." },
	{ "is_active", FIELD_BOOLEAN, GIVEN,
	  .says = "Whether users can clock in or check in here." },
	{ 0 },
};

static const struct field brief_fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Location ID." },
	{ "name", FIELD_NAME, GIVEN, 1, 100, .says = "Name." },
	{ 0 },
};

static const struct field toggle_fields[] = {
	{ "is_active", FIELD_BOOLEAN,
	  .says = "New state. If omitted, the current state is inverted." },
	{ 0 },
};

static const struct field location_logs_query[] = {
	{ "limit", FIELD_INTEGER, PLACE, 1, 100, .usual = "20",
	  .says = "Maximum number of logs to return." },
	{ 0 },
};

static const struct shape location = { "Location", fields, .says = "A location." };
const struct shape location_brief = {
	"LocationBrief", brief_fields, .says = "Name of a location.",
};
const struct shape location_basics = {
	"LocationBasics", basics_fields, .says = "A location without administrative fields.",
};

static const char *const create_refuses[] = { "LOCATION_NAME_TAKEN", "ID_TAKEN", NULL };
static const char *const change_refuses[] = {
	"LOCATION_NOT_FOUND", "LOCATION_NAME_TAKEN", "PRECONDITION_FAILED", NULL,
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_LOCATIONS_LIST, "list_locations", .answers = LIST_OF(location),
	  .rules = PAGED | COUNTED | OPEN, .sort = { FIELD_NAME, FIELD_UUID },
	  .summary = "List locations",
	  .description = "Sorted by name. ADMIN and above also see `max_capacity`, `created_at`, "
	                 "and `updated_at`." },
	{ POST, "", ADMIN, SQL_LOCATIONS_CREATE, "create_location", .body = fields,
	  .answers = &location, .status = 201, .refuses = create_refuses,
	  .summary = "Create a location",
	  .description = "Emits `location.created`." },
	{ GET, "/active", GUARD, SQL_LOCATIONS_ACTIVE, "list_active_locations",
	  .answers = LIST_OF(location_brief), .rules = OPEN, .summary = "List active locations",
	  .description = "IDs and names of the locations where users can clock in, sorted by "
	                 "name." },
	{ GET, "/{id}", GUARD, SQL_LOCATIONS_READ, "get_location", .answers = &location,
	  .rules = OPEN, .summary = "Get a location",
	  .description = "ADMIN and above also see `max_capacity`, `created_at`, and "
	                 "`updated_at`." },
	{ PATCH, "/{id}", ADMIN, SQL_LOCATIONS_CHANGE, "update_location", .body = fields,
	  .answers = &location, .rules = CONDITIONAL, .refuses = change_refuses,
	  .summary = "Update a location",
	  .description = "Emits `location.updated`." },
	{ POST, "/{id}/toggle-active", ADMIN, SQL_LOCATIONS_TOGGLE, "toggle_location",
	  .body = toggle_fields, .answers = &location, .rules = CONDITIONAL | BODY_MAY_LACK,
	  .refuses = change_refuses, .summary = "Activate or deactivate a location",
	  .description = "Locations are deactivated instead of deleted. Emits "
	                 "`location.updated`." },
	{ GET, "/{id}/logs", GUARD, SQL_LOGS_OF_LOCATION, "list_location_logs",
	  .query = location_logs_query, .answers = LIST_OF(log_item),
	  .summary = "List the latest logs of a location",
	  .description = "Newest first, without archived logs." },
	{ 0 },
};

const struct resource locations = {
	.path = "/locations",
	.name = "Locations",
	.domain = PLACES,
	.operations = operations,
	.says = "Locations where users are on duty.",
};
