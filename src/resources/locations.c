/* locations.c: locations where users are on duty. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
static const struct field fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Location ID. Generated if omitted.",
	  .example = DEMO_ID("001") },
	{ "name", FIELD_LINE, REQUIRED, 1, 100, .description = "Unique name.",
	  .example = "Atlantique Marina" },
	{ "description", FIELD_TEXT, NULLABLE, 0, 500, .description = "Description.",
	  .example = "Ferry landing and guest berths." },
	{ "address", FIELD_TEXT, NULLABLE, 0, 300, .description = "Address.",
	  .example = "1 Atlantique Road" },
	{ "is_active", FIELD_BOOLEAN,
	  .description = "Whether users can clock in or check in here. Defaults to true.",
	  .example = "true" },
	{ "max_capacity", FIELD_INTEGER, NULLABLE | OPTIONAL_IN_RESPONSE, 1, 50,
	  .description = "Maximum number of users assigned to a shift; null allows 100. Visible to ADMIN "
	          "and above.", .example = "4" },
	{ "created_at", FIELD_TIME, READ_ONLY | OPTIONAL_IN_RESPONSE,
	  .description = "Time of creation. Visible to ADMIN and above." },
	{ "updated_at", FIELD_TIME, READ_ONLY | OPTIONAL_IN_RESPONSE,
	  .description = "Time of the last update. Visible to ADMIN and above." },
	{ 0 },
};

static const struct field basics_fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Location ID.", .example = DEMO_ID("001") },
	{ "name", FIELD_LINE, READ_ONLY, 1, 100, .description = "Name.",
	  .example = "Atlantique Marina" },
	{ "description", FIELD_TEXT, READ_ONLY | NULLABLE, 0, 500, .description = "Description.",
	  .example = "Ferry landing and guest berths." },
	{ "address", FIELD_TEXT, READ_ONLY | NULLABLE, 0, 300, .description = "Address.",
	  .example = "1 Atlantique Road" },
	{ "is_active", FIELD_BOOLEAN, READ_ONLY,
	  .description = "Whether users can clock in or check in here.", .example = "true" },
	{ 0 },
};

static const struct field brief_fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Location ID.", .example = DEMO_ID("001") },
	{ "name", FIELD_LINE, READ_ONLY, 1, 100, .description = "Name.",
	  .example = "Atlantique Marina" },
	{ 0 },
};

static const struct field toggle_fields[] = {
	{ "is_active", FIELD_BOOLEAN,
	  .description = "New state. If omitted, the current state is inverted.",
	  .example = "true" },
	{ 0 },
};

static const struct field location_logs_query[] = {
	{ "limit", FIELD_INTEGER, POSITION, 1, 100, .default_value = "20",
	  .description = "Maximum number of logs to return." },
	{ 0 },
};

static const struct shape location = { "Location", fields, .description = "A location." };
const struct shape location_brief = {
	"LocationBrief", brief_fields, .description = "Name of a location.",
};
const struct shape location_basics = {
	"LocationBasics", basics_fields, .description = "A location without administrative fields.",
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_LOCATIONS_LIST, "list_locations", .response = LIST_OF(location),
	  .rules = PAGED | COUNTED | API_KEY_ALLOWED, .sort = { FIELD_LINE, FIELD_UUID },
	  .summary = "List locations",
	  .description = "Sorted by name. ADMIN and above also see `max_capacity`, `created_at`, "
	                 "and `updated_at`." },
	{ POST, "", ADMIN, SQL_LOCATIONS_CREATE, "create_location", .body = fields,
	  .response = &location, .status = 201, .summary = "Create a location",
	  .description = "Emits `location.created`.",
	  .example = JSON({"name": "South Basin",
	                  "description": "Forty berths behind the new breakwater.",
	                  "address": "2 Breakwater Road", "max_capacity": 3}) },
	{ GET, "/active", GUARD, SQL_LOCATIONS_ACTIVE, "list_active_locations",
	  .response = LIST_OF(location_brief), .rules = API_KEY_ALLOWED,
	  .summary = "List active locations",
	  .description = "IDs and names of the locations where users can clock in, sorted by "
	                 "name." },
	{ GET, "/{id}", GUARD, SQL_LOCATIONS_READ, "get_location", .response = &location,
	  .rules = API_KEY_ALLOWED, .summary = "Get a location",
	  .description = "ADMIN and above also see `max_capacity`, `created_at`, and "
	                 "`updated_at`.", .path_example = DEMO_ID("001") },
	{ PATCH, "/{id}", ADMIN, SQL_LOCATIONS_UPDATE, "update_location", .body = fields,
	  .response = &location, .rules = CONDITIONAL, .summary = "Update a location",
	  .description = "Emits `location.updated`.",
	  .example = JSON({"description": "Ferry landing, guest berths and the fuel dock.",
	                  "max_capacity": 5}),
	  .path_example = DEMO_ID("001") },
	{ POST, "/{id}/toggle-active", ADMIN, SQL_LOCATIONS_TOGGLE, "toggle_location",
	  .body = toggle_fields, .response = &location, .rules = CONDITIONAL | BODY_OPTIONAL,
	  .summary = "Activate or deactivate a location",
	  .description = "Locations are deactivated instead of deleted. Emits "
	                 "`location.updated`.",
	  .example = JSON({"is_active": false}),
	  .path_example = DEMO_ID("00b") },
	{ GET, "/{id}/logs", GUARD, SQL_LOGS_OF_LOCATION, "list_location_logs",
	  .query = location_logs_query, .response = LIST_OF(log_item),
	  .summary = "List the latest logs of a location",
	  .description = "Newest first, without archived logs.", .path_example = DEMO_ID("001") },
	HISTORY("", ADMIN, SQL_LOCATIONS_HISTORY, "list_location_history", "a location",
	        .path_example = DEMO_ID("001")),
	{ 0 },
};

const struct resource locations = {
	.path = "/locations",
	.name = "Locations",
	.domain = PLACES,
	.operations = operations,
	.description = "Locations where users are on duty.",
};
