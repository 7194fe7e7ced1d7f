/* safety_checklist.c: what is checked before a watch, what was found, and who decides on it.
 *
 * A session checks all items at once, which writes a log of it; or one by one, and the
 * last at once. */

#include <stddef.h>

#include "shapes.h"

#define ITEM                                                                                            \
	{ "name", FIELD_NAME, REQUIRED, 1, 200,                                                         \
	  .says = "What is looked at; unique, however it is capitalised." },                            \
	{ "description", FIELD_TEXT, NULLABLE, 0, 500, .says = "How it should be." },                   \
	{ "order", FIELD_INTEGER, 0, 0, 100000, .says = "Its place; behind the last, unless said." }

#define FOUND(more)                                                                                     \
	{ "checked", FIELD_BOOLEAN, (more), .says = "Whether it was as it should be." },                \
	{ "notes", FIELD_TEXT, NULLABLE | (more), 0, 1000, .says = "What was found." }

static const struct field entry[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the item." },
	ITEM,
	FOUND(SOMETIMES),
	{ 0 },
};

static const struct field item[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Identity of the item; yours to choose at creation." },
	ITEM,
	{ "is_active", FIELD_BOOLEAN, .says = "Whether it is on the checklist; true unless said otherwise." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "When it was added." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Last changed." },
	{ 0 },
};

/* Two ways to change an item share a path: sql/functions/safety_checklist.sql. */
static const struct field change[] = {
	{ "duty_session_id", FIELD_UUID, .says = "Your open session that checks it; then only `checked` and `notes`." },
	FOUND(0),
	ITEM,
	{ "is_active", FIELD_BOOLEAN, .says = "Whether it is on the checklist." },
	{ 0 },
};

static const struct field item_found[] = { FOUND(GIVEN | SOMETIMES), { 0 } };

static const struct field item_given[] = { ITEM, { 0 } };
static const struct shape item_written = { "ChecklistItemWritten", item_given, .written = true,
	                                   .says = "An item to add." };

static const struct field check_given[] = {
	{ "item_id", FIELD_UUID, REQUIRED, .says = "Of which item." },
	{ "checked", FIELD_BOOLEAN, REQUIRED, .says = "Whether it was as it should be." },
	{ "notes", FIELD_TEXT, NULLABLE, 0, 1000, .says = "What was found." },
	{ 0 },
};
static const struct shape check_written = { "ChecklistCheckWritten", check_given, .written = true,
	                                    .says = "What was found of an item." };

static const struct field place_given[] = {
	{ "id", FIELD_UUID, REQUIRED, .says = "Which item." },
	{ "order", FIELD_INTEGER, REQUIRED, 0, 100000, .says = "Its place." },
	{ 0 },
};
static const struct shape place_written = { "ChecklistPlaceWritten", place_given, .written = true,
	                                    .says = "Where an item stands." };

static const struct field batch[] = {
	{ "items", FIELD_SHAPE, REQUIRED | MANY, .most = 100, .shape = &item_written, .says = "Those to add." },
	{ 0 },
};

static const struct field places[] = {
	{ "items", FIELD_SHAPE, REQUIRED | MANY, .most = 500, .shape = &place_written, .says = "Where each stands." },
	{ 0 },
};

static const struct field submission[] = {
	{ "duty_session_id", FIELD_UUID, REQUIRED, .says = "An open session of yours." },
	{ "location_id", FIELD_UUID, REQUIRED, .says = "Where." },
	{ "items", FIELD_SHAPE, REQUIRED | MANY, .most = 100, .shape = &check_written, .says = "What was found." },
	{ 0 },
};

static const struct field submitted[] = {
	{ "response_id", FIELD_UUID, GIVEN, .says = "Identity of what was found." },
	{ "log_id", FIELD_UUID, GIVEN, .says = "The log that tells of it." },
	{ 0 },
};

static const struct field added[] = {
	{ "created", FIELD_INTEGER, GIVEN, 0, 100, .says = "How many were added." },
	{ "skipped", FIELD_NAME, GIVEN | MANY, .says = "The names that were there already." },
	{ 0 },
};

static const struct field session[] = {
	{ "duty_session_id", FIELD_UUID, .says = "With what this session found last." },
	{ 0 },
};

static const struct shape checklist_entry = { "ChecklistEntry", entry, .says = "Something to check." };
static const struct shape checklist_item = { "ChecklistItem", item, .says = "An item of the checklist." };
static const struct shape checklist_changed = { "ChecklistItemChanged", item, item_found,
	                                        .says = "An item, and what was found of it." };
static const struct shape checklist_submitted = { "ChecklistSubmitted", submitted, .says = "What was written." };
static const struct shape checklist_added = { "ChecklistItemsAdded", added, .says = "What was added." };

static const char *const read_refuses[] = { "FORBIDDEN", "NOT_FOUND", NULL };
static const char *const submit_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "LOCATION_NOT_FOUND", "SHIFT_NOT_FOUND", "NOT_ON_DUTY", "VALIDATION_FAILED",
	"PRECONDITION_FAILED", NULL,
};
static const char *const create_refuses[] = { "ITEM_NAME_TAKEN", "ID_TAKEN", NULL };
static const char *const batch_refuses[] = { "ITEM_NAME_TAKEN", NULL };
static const char *const order_refuses[] = { "NOT_FOUND", "VALIDATION_FAILED", NULL };
static const char *const change_refuses[] = {
	"FORBIDDEN", "NOT_FOUND", "NOT_ON_DUTY", "ITEM_NAME_TAKEN", "VALIDATION_FAILED", "PRECONDITION_FAILED", NULL,
};
static const char *const remove_refuses[] = { "NOT_FOUND", "PRECONDITION_FAILED", NULL };

static const struct operation operations[] = {
	{ GET, "", GUARD, SQL_CHECKLIST_READ, "get_checklist", .query = session, .answers = LIST_OF(checklist_entry),
	  .rules = PAGED, .others = SUPERVISOR, .refuses = read_refuses,
	  .says = "What is checked, in its order; with a session, what it found: your own, or as a SUPERVISOR anybody's." },
	{ POST, "/responses", GUARD, SQL_CHECKLIST_SUBMIT, "submit_checklist", .body = submission,
	  .answers = &checklist_submitted, .status = 201, .refuses = submit_refuses,
	  .says = "Say what you found, all at once; a log is written of it." },
	{ GET, "/items", ADMIN, SQL_CHECKLIST_ITEMS_LIST, "list_checklist_items", .answers = LIST_OF(checklist_item),
	  .rules = PAGED, .says = "All items in their order, those that are switched off, too." },
	{ POST, "/items", ADMIN, SQL_CHECKLIST_ITEMS_CREATE, "create_checklist_item", .body = item,
	  .answers = &checklist_item, .status = 201, .refuses = create_refuses, .says = "Add an item." },
	{ POST, "/items/batch", ADMIN, SQL_CHECKLIST_ITEMS_CREATE_ALL, "create_checklist_items", .body = batch,
	  .answers = &checklist_added, .status = 201, .refuses = batch_refuses,
	  .says = "Add several; names that are there already are passed over." },
	{ PUT, "/items/order", ADMIN, SQL_CHECKLIST_ITEMS_ORDER, "order_checklist_items", .body = places,
	  .answers = LIST_OF(checklist_item), .refuses = order_refuses, .says = "Put items in order." },
	{ GET, "/items/{id}", ADMIN, SQL_CHECKLIST_ITEMS_READ, "get_checklist_item", .answers = &checklist_item,
	  .says = "One item." },
	{ PATCH, "/items/{id}", GUARD, SQL_CHECKLIST_ITEMS_CHANGE, "change_checklist_item", .body = change,
	  .answers = &checklist_changed, .rules = CONDITIONAL, .refuses = change_refuses,
	  .says = "Say what you found of one item; or, as an ADMIN, change it." },
	{ DELETE, "/items/{id}", ADMIN, SQL_CHECKLIST_ITEMS_REMOVE, "remove_checklist_item", .status = 204,
	  .rules = CONDITIONAL, .refuses = remove_refuses,
	  .says = "Switch an item off; what was found of it stays known." },
	{ 0 },
};

const struct resource safety_checklist = {
	.path = "/safety-checklist",
	.name = "Safety checklist",
	.domain = ROUNDS,
	.operations = operations,
	.says = "What is checked before a watch, and what was found.",
};
