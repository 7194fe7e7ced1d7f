/* my_notes.c: the caller's own notes. Nobody else can see them until they are published. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
static const struct field fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Note ID. Generated if omitted.",
	  .example = DEMO_ID("806") },
	{ "title", FIELD_LINE, NULLABLE, 1, 120,
	  .description = "One-line title. Required for public notes.",
	  .example = "Before the crossing" },
	{ "content", FIELD_TEXT, REQUIRED, 1, 20000, .description = "Text of the note; plain text.",
	  .example = "Diesel, two jerrycans of water, the spare impeller, and a new chart of the "
	             "sound." },
	{ "is_public", FIELD_BOOLEAN, READ_ONLY, .description = "Whether the note is public." },
	{ "published_at", FIELD_TIME, READ_ONLY | NULLABLE,
	  .description = "Time of the last publication; null if the note is private." },
	{ "hidden_at", FIELD_TIME, READ_ONLY | NULLABLE,
	  .description = "Time since which an administrator hides the note, or null." },
	{ "hidden_reason", FIELD_TEXT, READ_ONLY | NULLABLE, 1, 500,
	  .description = "Why an administrator hides the note.", .example = "Names a guest." },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ 0 },
};

static const struct shape note = { "Note", fields, .description = "A note, as its owner sees it." };

static const struct operation operations[] = {
	{ GET, "", VISITOR, SQL_MY_NOTES_LIST, "list_my_notes", .response = LIST_OF(note),
	  .rules = PAGED | COUNTED, .sort = { FIELD_TIME, FIELD_UUID },
	  .summary = "List your notes",
	  .description = "Newest first, including private notes." },
	{ POST, "", VISITOR, SQL_MY_NOTES_CREATE, "create_my_note", .body = fields,
	  .response = &note, .status = 201, .summary = "Create a note",
	  .description = "The note is private until you publish it. Emits `note.created`.",
	  .example = JSON({"title": "Guest berths in spring",
	                  "content": "Ask the office about April."}) },
	{ GET, "/{id}", VISITOR, SQL_MY_NOTES_READ, "get_my_note", .response = &note,
	  .summary = "Get one of your notes", .path_example = DEMO_ID("806") },
	{ PATCH, "/{id}", VISITOR, SQL_MY_NOTES_UPDATE, "update_my_note", .body = fields,
	  .response = &note, .rules = CONDITIONAL, .summary = "Update one of your notes",
	  .description = "Setting the title to null removes it; a public note must keep it. Emits "
	                 "`note.updated`.",
	  .example = JSON({"content": "Diesel, water, the spare impeller, the chart, and bread."}),
	  .path_example = DEMO_ID("806") },
	{ DELETE, "/{id}", VISITOR, SQL_MY_NOTES_DELETE, "delete_my_note", .status = 204,
	  .rules = CONDITIONAL, .summary = "Delete one of your notes",
	  .description = "Deletes the note and its comments permanently. Emits `note.removed`.",
	  .path_example = DEMO_ID("806") },
	{ POST, "/{id}/publish", VISITOR, SQL_MY_NOTES_PUBLISH, "publish_my_note", .response = &note,
	  .rules = CONDITIONAL, .summary = "Publish one of your notes",
	  .description = "The note must have a title. Publishing a public note again makes it the "
	                 "most recently published one. Emits `note.published`.",
	  .path_example = DEMO_ID("806") },
	{ POST, "/{id}/unpublish", VISITOR, SQL_MY_NOTES_UNPUBLISH, "unpublish_my_note",
	  .response = &note, .rules = CONDITIONAL, .summary = "Unpublish one of your notes",
	  .description = "Makes the note and its comments private. Has no effect on a private "
	                 "note. Emits `note.unpublished`.", .path_example = DEMO_ID("805") },
	{ GET, "/{id}/comments", VISITOR, SQL_MY_NOTES_COMMENTS, "list_my_note_comments",
	  .response = LIST_OF(note_comment), .rules = PAGED | COUNTED,
	  .sort = { FIELD_TIME, FIELD_UUID }, .summary = "List comments on one of your notes",
	  .description = "Oldest first.", .path_example = DEMO_ID("805") },
	{ GET, "/{id}/comments/{comment_id}", VISITOR, SQL_MY_NOTES_READ_COMMENT,
	  "get_my_note_comment", .response = &note_comment,
	  .summary = "Get a comment on one of your notes",
	  .path_example = DEMO_ID("805") "/" DEMO_ID("815") },
	{ POST, "/{id}/comments", VISITOR, SQL_MY_NOTES_CREATE_COMMENT, "create_my_note_comment",
	  .body = note_comment_fields, .response = &note_comment, .status = 201,
	  .summary = "Create a comment on one of your notes",
	  .description = "The note may be private. Emits `comment.created`.",
	  .example = JSON({"content": "Bring a mosquito net, then."}),
	  .path_example = DEMO_ID("805") },
	HISTORY("", VISITOR, SQL_MY_NOTES_HISTORY, "list_my_note_history", "one of your notes",
	        .path_example = DEMO_ID("806")),
	{ 0 },
};

const struct resource my_notes = {
	.path = "/me/notes",
	.name = "My notes",
	.domain = NOTES,
	.operations = operations,
	.description = "Your own notes.",
};
