/* audit.c: the trail of all changes. */

#include <stddef.h>

#include "shapes.h"

/* The kinds of objects, and the trail itself, of which pruning is recorded. */
static const char *const entry_kinds[] = {
#define AUDIT_KIND(name, ...) #name,
#include "table/audit_kinds.def"
#undef AUDIT_KIND
	"TRAIL",
	NULL,
};

/* clang-format off */
static const struct field entry_fields[] = {
	{ "id", FIELD_INTEGER, READ_ONLY, .description = "Number of the entry. An object's entries are in its order.",
	  .example = "1204" },
	{ "at", FIELD_TIME, READ_ONLY, .description = "Time of the change." },
	{ "kind", FIELD_CHOICE, READ_ONLY, .choices = entry_kinds, .choice_name = "AuditEntryKind",
	  .description = "Kind of the object.", .example = "LOCATION" },
	{ "object_id", FIELD_UUID, READ_ONLY, .description = "ID of the object.", .example = DEMO_ID("001") },
	{ "action", FIELD_CHOICE, READ_ONLY, .choices = audit_actions, .choice_name = "AuditAction",
	  .description = "What happened. `RECORDED` is the state of an object without a change of it; "
	                 "`PRUNED` tells which values were removed from the trail.",
	  .example = "UPDATED" },
	{ "actor", FIELD_SHAPE, READ_ONLY | NULLABLE, .shape = &user_brief,
	  .description = "User who made the change; null for programs, commands, and sign-in." },
	{ "api_key_id", FIELD_UUID, READ_ONLY | NULLABLE, .description = "API key that was used." },
	{ "origin", FIELD_LINE, READ_ONLY,
	  .description = "The server process, the command and who ran it, or a database user.",
	  .example = "server/019aa5b7-2c40-7d31-8f5e-6a1b0c9d4e72" },
	{ "request_id", FIELD_LINE, READ_ONLY | NULLABLE, .description = "`X-Request-Id` of the request.",
	  .example = "019aa5b7-2c40-7d31-8f5e-6a1b0c9d4e73" },
	{ "before", FIELD_OBJECT, READ_ONLY | NULLABLE,
	  .description = "Changed values before the change. Secret texts are replaced by salted hashes.",
	  .example = JSON({"max_capacity": 40}) },
	{ "after", FIELD_OBJECT, READ_ONLY | NULLABLE, .description = "Changed values after the change.",
	  .example = JSON({"max_capacity": 60}) },
	{ "removed", FIELD_BOOLEAN, READ_ONLY,
	  .description = "Whether the values were removed: the account was erased, or they were pruned.",
	  .example = "false" },
	{ 0 },
};

const struct shape audit_entry = { "AuditEntry", entry_fields, .description = "A change of an object." };

static const struct field filters[] = {
	{ "kind", FIELD_CHOICE, MULTIPLE, .choices = entry_kinds, .choice_name = "AuditEntryKind",
	  .description = "Filter by kind of object.", .example = "LOCATION" },
	{ "object_id", FIELD_UUID, .description = "Filter by object." },
	{ "actor_id", FIELD_UUID, .description = "Filter by the user who made the change." },
	{ "action", FIELD_CHOICE, MULTIPLE, .choices = audit_actions, .choice_name = "AuditAction",
	  .description = "Filter by what happened.", .example = "UPDATED" },
	{ "start_date", FIELD_DATE_OR_TIME, .description = "Only changes at or after this time.",
	  .example = "2026-11-20" },
	{ "end_date", FIELD_DATE_OR_TIME,
	  .description = "Only changes at or before this time; a date includes the whole day.",
	  .example = "2026-11-21" },
	{ 0 },
};

static const struct operation operations[] = {
	{ GET, "", ADMIN, SQL_AUDIT_LIST, "list_audit_entries", .query = filters,
	  .response = LIST_OF(audit_entry), .rules = PAGED | HEAVY, .sort = { FIELD_TIME, FIELD_INTEGER },
	  .summary = "List changes of all objects",
	  .description = "Newest first. `binnacle audit verify` proves that nothing was changed or removed." },
	{ 0 },
};
/* clang-format on */

const struct resource audit = {
	.path = "/audit",
	.name = "Audit",
	.domain = AUDIT,
	.operations = operations,
	.description = "The trail: every change of every object.",
};
