/* safety_checklist.c: the safety checklist, its checks, and the management of its items.
 *
 * A user on duty submits the checks of all items at once, which writes a log. They can also check
 * items one by one before they submit. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
#define ITEM_FIELDS                                                                                \
	{ "name", FIELD_LINE, REQUIRED, 1, 200,                                                    \
	  .description = "What to check; unique, ignoring case.",                                  \
	  .example = "Fire extinguishers" },                                                       \
	{ "description", FIELD_TEXT, NULLABLE, 0, 500, .description = "How to check it.",          \
	  .example = "In place, sealed, gauge in the green." },                                    \
	{ "order", FIELD_INTEGER, 0, 0, 100000,                                                    \
	  .description = "Position in the checklist. Defaults to the end.", .example = "1" }

#define CHECK_FIELDS(more)                                                                         \
	{ "checked", FIELD_BOOLEAN, (more), .description = "Whether the check passed.",            \
	  .example = "true" },                                                                     \
	{ "notes", FIELD_TEXT, NULLABLE | (more), 0, 1000, .description = "Findings.",             \
	  .example = "The one at the ramp is new." }

static const struct field entry_fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Item ID.", .example = DEMO_ID("601") },
	ITEM_FIELDS,
	CHECK_FIELDS(OPTIONAL_IN_RESPONSE),
	{ 0 },
};

static const struct field item_fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Item ID. Generated if omitted.",
	  .example = DEMO_ID("601") },
	ITEM_FIELDS,
	{ "is_active", FIELD_BOOLEAN,
	  .description = "Whether the item is on the checklist. Defaults to true.",
	  .example = "true" },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ 0 },
};

/* Two operations share a path: see api.update_checklist_item(). */
static const struct field update_fields[] = {
	{ "duty_session_id", FIELD_UUID,
	  .description = "Your open duty session. With it, the request records a check and may contain "
	          "only `checked` and `notes`.", .example = DEMO_ID("201") },
	CHECK_FIELDS(0),
	ITEM_FIELDS,
	{ "is_active", FIELD_BOOLEAN, .description = "Whether the item is on the checklist.",
	  .example = "true" },
	{ 0 },
};

static const struct field item_check_fields[] = { CHECK_FIELDS(READ_ONLY | OPTIONAL_IN_RESPONSE | TRANSIENT), { 0 } };

static const struct field item_input_fields[] = { ITEM_FIELDS, { 0 } };
static const struct shape item_input = {
	"ChecklistItemInput", item_input_fields, .is_input = true, .description = "An item to create.",
};

static const struct field check_input_fields[] = {
	{ "item_id", FIELD_UUID, REQUIRED, .description = "ID of the item.",
	  .example = DEMO_ID("601") },
	{ "checked", FIELD_BOOLEAN, REQUIRED, .description = "Whether the check passed.",
	  .example = "true" },
	{ "notes", FIELD_TEXT, NULLABLE, 0, 1000, .description = "Findings.",
	  .example = "The one at the ramp is new." },
	{ 0 },
};
static const struct shape check_input = {
	"ChecklistCheckInput", check_input_fields, .is_input = true, .description = "The check of an item.",
};

static const struct field position_input_fields[] = {
	{ "id", FIELD_UUID, REQUIRED, .description = "ID of the item.", .example = DEMO_ID("601") },
	{ "order", FIELD_INTEGER, REQUIRED, 0, 100000, .description = "New position in the checklist.",
	  .example = "1" },
	{ 0 },
};
static const struct shape position_input = {
	"ChecklistPositionInput", position_input_fields, .is_input = true,
	.description = "The position of an item.",
};

static const struct field batch_fields[] = {
	{ "items", FIELD_SHAPE, REQUIRED | MULTIPLE, .max_items = 100, .shape = &item_input,
	  .description = "Items to create." },
	{ 0 },
};

static const struct field reorder_fields[] = {
	{ "items", FIELD_SHAPE, REQUIRED | MULTIPLE, .max_items = 500, .shape = &position_input,
	  .description = "New positions of the items." },
	{ 0 },
};

static const struct field submit_fields[] = {
	{ "duty_session_id", FIELD_UUID, REQUIRED, .description = "Your open duty session.",
	  .example = DEMO_ID("201") },
	{ "location_id", FIELD_UUID, REQUIRED, .description = "Location that was checked.",
	  .example = DEMO_ID("001") },
	{ "items", FIELD_SHAPE, REQUIRED | MULTIPLE, .max_items = 100, .shape = &check_input,
	  .description = "Checks of the items." },
	{ 0 },
};

static const struct field submitted_fields[] = {
	{ "response_id", FIELD_UUID, READ_ONLY, .description = "ID of the response." },
	{ "log_id", FIELD_UUID, READ_ONLY, .description = "ID of the log written for it.",
	  .example = DEMO_ID("702") },
	{ 0 },
};

static const struct field items_created_fields[] = {
	{ "created", FIELD_INTEGER, READ_ONLY, 0, 100, .description = "Number of items created.",
	  .example = "2" },
	{ "skipped", FIELD_LINE, READ_ONLY | MULTIPLE, .description = "Names that already exist.",
	  .example = "First-aid kit" },
	{ 0 },
};

static const struct field session_query[] = {
	{ "duty_session_id", FIELD_UUID, .description = "Duty session whose latest checks to include.",
	  .example = DEMO_ID("201") },
	{ 0 },
};

static const struct shape checklist_entry = {
	"ChecklistEntry", entry_fields,
	.description = "A checklist item, with its check if a duty session was given.",
};
static const struct shape checklist_item = {
	"ChecklistItem", item_fields, .description = "A checklist item.",
};
static const struct shape checklist_item_with_check = {
	"ChecklistItemWithCheck", item_fields, item_check_fields,
	.description = "A checklist item with its check.",
};
static const struct shape checklist_submitted = {
	"ChecklistSubmitted", submitted_fields,
	.description = "IDs of the submitted response and its log.",
};
static const struct shape checklist_items_created = {
	"ChecklistItemsCreated", items_created_fields, .description = "Result of creating several items.",
};

static const struct field item_filters[] = {
	{ "id", FIELD_UUID, MULTIPLE, .description = "Filter by ID.", .example = DEMO_ID("601") },
	{ 0 },
};

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_CHECKLIST_READ, "get_checklist", .query = session_query,
	  .response = LIST_OF(checklist_entry), .rules = PAGED, .others_role = SUPERVISOR,
	  .summary = "Get the safety checklist",
	  .description = "Active items in order. With `duty_session_id`, each item includes the "
	                 "latest check of that session.",
	  .query_example = "duty_session_id=" DEMO_ID("201") },
	{ POST, "/responses", GUARD, SQL_CHECKLIST_SUBMIT, "submit_checklist",
	  .body = submit_fields, .response = &checklist_submitted, .status = 201,
	  .summary = "Submit the safety checklist",
	  .description = "Records the checks, together with those made one by one before, and "
	                 "writes a log of type ON_DUTY_CHECKLIST. Emits `checklist.completed` and "
	                 "`log.created`.",
	  .example = JSON({"duty_session_id": "01900000-0000-7000-8000-000000000201",
	                  "location_id": "01900000-0000-7000-8000-000000000001", "items": [
	                  {"item_id": "01900000-0000-7000-8000-000000000601", "checked": true},
	                  {"item_id": "01900000-0000-7000-8000-000000000604", "checked": true},
	                  {"item_id": "01900000-0000-7000-8000-000000000606", "checked": false,
	                  "notes": "The lamp at the gangway is out."},
	                  {"item_id": "01900000-0000-7000-8000-000000000607", "checked": true},
	                  {"item_id": "01900000-0000-7000-8000-000000000608", "checked": true},
	                  {"item_id": "01900000-0000-7000-8000-000000000609", "checked": true}]}) },
	{ GET, "/items", ADMIN, SQL_CHECKLIST_ITEMS_LIST, "list_checklist_items",
	  .query = item_filters, .response = LIST_OF(checklist_item), .rules = PAGED,
	  .summary = "List checklist items",
	  .description = "In order, including inactive items." },
	{ POST, "/items", ADMIN, SQL_CHECKLIST_ITEMS_CREATE, "create_checklist_item",
	  .body = item_fields, .response = &checklist_item, .status = 201,
	  .summary = "Create a checklist item",
	  .example = JSON({"name": "Fuel dock shut-off",
	                  "description": "Valve closed, hoses hung up."}) },
	{ POST, "/items/batch", ADMIN, SQL_CHECKLIST_ITEMS_CREATE_ALL, "create_checklist_items",
	  .body = batch_fields, .response = &checklist_items_created, .status = 201,
	  .summary = "Create several checklist items",
	  .description = "Names that already exist are skipped. Fails if all of them exist.",
	  .example = JSON({"items": [
	                  {"name": "Pump-out station", "description": "Switched off, hose coiled."},
	                  {"name": "Notice board",
	                  "description": "Tide table and forecast of today."}]}) },
	{ PUT, "/items/order", ADMIN, SQL_CHECKLIST_ITEMS_REORDER, "reorder_checklist_items",
	  .body = reorder_fields, .response = LIST_OF(checklist_item),
	  .summary = "Reorder checklist items",
	  .description = "Items that are not listed keep their positions.",
	  .example = JSON({"items": [{"id": "01900000-0000-7000-8000-000000000607", "order": 1},
	                  {"id": "01900000-0000-7000-8000-000000000601", "order": 2}]}) },
	{ GET, "/items/{id}", ADMIN, SQL_CHECKLIST_ITEMS_READ, "get_checklist_item",
	  .response = &checklist_item, .summary = "Get a checklist item",
	  .path_example = DEMO_ID("601") },
	{ PATCH, "/items/{id}", GUARD, SQL_CHECKLIST_ITEMS_UPDATE, "update_checklist_item",
	  .body = update_fields, .response = &checklist_item_with_check, .rules = CONDITIONAL,
	  .summary = "Check or update a checklist item",
	  .description = "With `duty_session_id`, records a check of the item for your open duty "
	                 "session. Without it, updates the item, which requires ADMIN.",
	  .example = JSON({"duty_session_id": "01900000-0000-7000-8000-000000000201",
	                  "checked": true,
	                  "notes": "All lit again."}),
	  .path_example = DEMO_ID("606") },
	{ DELETE, "/items/{id}", ADMIN, SQL_CHECKLIST_ITEMS_DEACTIVATE, "deactivate_checklist_item",
	  .status = 204, .rules = CONDITIONAL, .summary = "Deactivate a checklist item",
	  .description = "Removes the item from the checklist. Its past checks are kept.",
	  .path_example = DEMO_ID("609") },
	HISTORY("/items", ADMIN, SQL_CHECKLIST_ITEMS_HISTORY, "list_checklist_item_history",
	        "a checklist item", .path_example = DEMO_ID("601")),
	{ 0 },
};

const struct resource safety_checklist = {
	.path = "/safety-checklist",
	.name = "Safety checklist",
	.domain = ROUNDS,
	.operations = operations,
	.description = "Safety checks at the start of duty.",
};
