/* safety_checklist.c: the safety checklist, its checks, and the management of its items.
 *
 * A user on duty submits the checks of all items at once, which writes a log. They can also check
 * items one by one before they submit. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
#define ITEM_FIELDS                                                                                \
	{ "name", FIELD_LINE, REQUIRED, 1, 200,                                                    \
	  .description = "What to check; unique, ignoring case." },                                \
	{ "description", FIELD_TEXT, NULLABLE, 0, 500, .description = "How to check it." },        \
	{ "order", FIELD_INTEGER, 0, 0, 100000,                                                    \
	  .description = "Position in the checklist. Defaults to the end." }

#define CHECK_FIELDS(more)                                                                         \
	{ "checked", FIELD_BOOLEAN, (more), .description = "Whether the check passed." },          \
	{ "notes", FIELD_TEXT, NULLABLE | (more), 0, 1000, .description = "Findings." }

static const struct field entry_fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Item ID." },
	ITEM_FIELDS,
	CHECK_FIELDS(OPTIONAL_IN_RESPONSE),
	{ 0 },
};

static const struct field item_fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Item ID. Generated if omitted." },
	ITEM_FIELDS,
	{ "is_active", FIELD_BOOLEAN,
	  .description = "Whether the item is on the checklist. Defaults to true." },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ 0 },
};

/* Two operations share a path: see api.update_checklist_item(). */
static const struct field update_fields[] = {
	{ "duty_session_id", FIELD_UUID,
	  .description = "Your open duty session. With it, the request records a check and may contain "
	          "only `checked` and `notes`." },
	CHECK_FIELDS(0),
	ITEM_FIELDS,
	{ "is_active", FIELD_BOOLEAN, .description = "Whether the item is on the checklist." },
	{ 0 },
};

static const struct field item_check_fields[] = { CHECK_FIELDS(READ_ONLY | OPTIONAL_IN_RESPONSE | TRANSIENT), { 0 } };

static const struct field item_input_fields[] = { ITEM_FIELDS, { 0 } };
static const struct shape item_input = {
	"ChecklistItemInput", item_input_fields, .is_input = true, .description = "An item to create.",
};

static const struct field check_input_fields[] = {
	{ "item_id", FIELD_UUID, REQUIRED, .description = "ID of the item." },
	{ "checked", FIELD_BOOLEAN, REQUIRED, .description = "Whether the check passed." },
	{ "notes", FIELD_TEXT, NULLABLE, 0, 1000, .description = "Findings." },
	{ 0 },
};
static const struct shape check_input = {
	"ChecklistCheckInput", check_input_fields, .is_input = true, .description = "The check of an item.",
};

static const struct field position_input_fields[] = {
	{ "id", FIELD_UUID, REQUIRED, .description = "ID of the item." },
	{ "order", FIELD_INTEGER, REQUIRED, 0, 100000, .description = "New position in the checklist." },
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
	{ "duty_session_id", FIELD_UUID, REQUIRED, .description = "Your open duty session." },
	{ "location_id", FIELD_UUID, REQUIRED, .description = "Location that was checked." },
	{ "items", FIELD_SHAPE, REQUIRED | MULTIPLE, .max_items = 100, .shape = &check_input,
	  .description = "Checks of the items." },
	{ 0 },
};

static const struct field submitted_fields[] = {
	{ "response_id", FIELD_UUID, READ_ONLY, .description = "ID of the response." },
	{ "log_id", FIELD_UUID, READ_ONLY, .description = "ID of the log written for it." },
	{ 0 },
};

static const struct field items_created_fields[] = {
	{ "created", FIELD_INTEGER, READ_ONLY, 0, 100, .description = "Number of items created." },
	{ "skipped", FIELD_LINE, READ_ONLY | MULTIPLE, .description = "Names that already exist." },
	{ 0 },
};

static const struct field session_query[] = {
	{ "duty_session_id", FIELD_UUID, .description = "Duty session whose latest checks to include." },
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

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_CHECKLIST_READ, "get_checklist", .query = session_query,
	  .response = LIST_OF(checklist_entry), .rules = PAGED, .others_role = SUPERVISOR,
	  .summary = "Get the safety checklist",
	  .description = "Active items in order. With `duty_session_id`, each item includes the "
	                 "latest check of that session." },
	{ POST, "/responses", GUARD, SQL_CHECKLIST_SUBMIT, "submit_checklist",
	  .body = submit_fields, .response = &checklist_submitted, .status = 201,
	  .summary = "Submit the safety checklist",
	  .description = "Records the checks, together with those made one by one before, and "
	                 "writes a log of type ON_DUTY_CHECKLIST. Emits `checklist.completed` and "
	                 "`log.created`." },
	{ GET, "/items", ADMIN, SQL_CHECKLIST_ITEMS_LIST, "list_checklist_items",
	  .response = LIST_OF(checklist_item), .rules = PAGED, .summary = "List checklist items",
	  .description = "In order, including inactive items." },
	{ POST, "/items", ADMIN, SQL_CHECKLIST_ITEMS_CREATE, "create_checklist_item",
	  .body = item_fields, .response = &checklist_item, .status = 201,
	  .summary = "Create a checklist item" },
	{ POST, "/item-batches", ADMIN, SQL_CHECKLIST_ITEMS_CREATE_ALL, "create_checklist_items",
	  .body = batch_fields, .response = &checklist_items_created, .status = 201,
	  .summary = "Create several checklist items",
	  .description = "Names that already exist are skipped. Fails if all of them exist." },
	{ PUT, "/item-order", ADMIN, SQL_CHECKLIST_ITEMS_REORDER, "reorder_checklist_items",
	  .body = reorder_fields, .response = LIST_OF(checklist_item),
	  .summary = "Reorder checklist items",
	  .description = "Items that are not listed keep their positions." },
	{ GET, "/items/{id}", ADMIN, SQL_CHECKLIST_ITEMS_READ, "get_checklist_item",
	  .response = &checklist_item, .summary = "Get a checklist item" },
	{ PATCH, "/items/{id}", GUARD, SQL_CHECKLIST_ITEMS_UPDATE, "update_checklist_item",
	  .body = update_fields, .response = &checklist_item_with_check, .rules = CONDITIONAL,
	  .summary = "Check or update a checklist item",
	  .description = "With `duty_session_id`, records a check of the item for your open duty "
	                 "session. Without it, updates the item, which requires ADMIN." },
	{ DELETE, "/items/{id}", ADMIN, SQL_CHECKLIST_ITEMS_DEACTIVATE, "deactivate_checklist_item",
	  .status = 204, .rules = CONDITIONAL, .summary = "Deactivate a checklist item",
	  .description = "Removes the item from the checklist. Its past checks are kept." },
	{ 0 },
};

const struct resource safety_checklist = {
	.path = "/safety-checklist",
	.name = "Safety checklist",
	.domain = ROUNDS,
	.operations = operations,
	.description = "Safety checks at the start of duty.",
};
