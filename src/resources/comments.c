/* comments.c: what is said about a log. */

#include <stddef.h>

#include "shapes.h"

static const struct field fields[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Identity of the comment; yours to choose at creation." },
	{ "content", FIELD_TEXT, REQUIRED, 1, 1000, .says = "What is said; blanks around it are cut off." },
	{ "log_id", FIELD_UUID, GIVEN, .says = "The log it is about." },
	{ "user_id", FIELD_UUID, GIVEN, .says = "Who says it." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "When." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Last changed." },
	{ "author", FIELD_SHAPE, GIVEN, .shape = &user_brief, .says = "Who says it." },
	{ 0 },
};

static const struct shape comment = { "Comment", fields, .says = "A remark on a log." };

static const char *const create_refuses[] = { "NOT_FOUND", "ID_TAKEN", NULL };

static const struct operation operations[] = {
	{ GET, "/logs/{id}/comments", GUARD, SQL_COMMENTS_OF_LOG, "list_log_comments", .answers = LIST_OF(comment),
	  .rules = PAGED | COUNTED, .sort = { FIELD_TIME, FIELD_UUID },
	  .says = "What was said about a log, oldest first." },
	{ POST, "/logs/{id}/comments", GUARD, SQL_COMMENTS_CREATE, "create_log_comment", .body = fields,
	  .answers = &comment, .status = 201, .refuses = create_refuses, .says = "Say something about a log." },
	{ GET, "/comments/{id}", GUARD, SQL_COMMENTS_READ, "get_comment", .answers = &comment,
	  .says = "One comment." },
	{ 0 },
};

const struct resource comments = {
	.path = "",
	.name = "Comments",
	.domain = TALK,
	.operations = operations,
	.says = "What is said about a log.",
};
