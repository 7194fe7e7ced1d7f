/* comments.c: comments on logs. Comments on notes are in notes.c and my_notes.c. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
static const struct field fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Comment ID. Generated if omitted.",
	  .example = DEMO_ID("711") },
	{ "content", FIELD_TEXT, REQUIRED, 1, 1000,
	  .description = "Text of the comment. Surrounding whitespace is removed.",
	  .example = "Saw them too; a grey van was parked at the gate." },
	{ "log_id", FIELD_UUID, READ_ONLY, .description = "ID of the log.",
	  .example = DEMO_ID("702") },
	{ "user_id", FIELD_UUID, READ_ONLY, .description = "ID of the author.",
	  .example = DEMO_ID("109") },
	{ "hidden_at", FIELD_TIME, READ_ONLY | NULLABLE,
	  .description = "Time since which an administrator hides the text, or null." },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ "author", FIELD_SHAPE, READ_ONLY, .shape = &user_brief, .description = "Author." },
	{ 0 },
};

const struct field moderation_fields[] = {
	{ "hidden", FIELD_BOOLEAN, REQUIRED, .description = "Whether to hide it.", .example = "true" },
	{ "reason", FIELD_TEXT, REQUIRED, 1, 500, .description = "Reason, which the author is told.",
	  .example = "Names a guest." },
	{ 0 },
};

static const struct shape comment = { "Comment", fields, .description = "A comment on a log." };

static const struct operation operations[] = {
	{ GET, "/logs/{id}/comments", GUARD, SQL_COMMENTS_LIST, "list_log_comments",
	  .response = LIST_OF(comment), .rules = PAGED | COUNTED, .sort = { FIELD_TIME, FIELD_UUID },
	  .summary = "List comments on a log",
	  .description = "Oldest first.", .path_example = DEMO_ID("915") },
	{ POST, "/logs/{id}/comments", GUARD, SQL_COMMENTS_CREATE, "create_log_comment",
	  .body = fields, .response = &comment, .status = 201,
	  .summary = "Create a comment on a log",
	  .description = "Emits `comment.created`.",
	  .example = JSON({"content": "The van is back; plate noted in the incident."}),
	  .path_example = DEMO_ID("915") },
	{ GET, "/comments/{id}", GUARD, SQL_COMMENTS_READ, "get_comment", .response = &comment,
	  .summary = "Get a comment", .path_example = DEMO_ID("711") },
	{ POST, "/comments/{id}/moderate", ADMIN, SQL_COMMENTS_MODERATE, "moderate_comment",
	  .body = moderation_fields, .status = 204, .summary = "Hide a comment, or show it again",
	  .description = "A hidden comment stays listed without its text. Notifies the author. Emits "
	                 "`comment.moderated`.",
	  .example = JSON({"hidden": true, "reason": "Names a guest."}),
	  .path_example = DEMO_ID("711") },
	{ 0 },
};

const struct resource comments = {
	.path = "",
	.name = "Comments",
	.domain = TALK,
	.operations = operations,
	.description = "Comments on logs.",
};
