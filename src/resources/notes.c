/* notes.c: public notes and comments on them. */

#include <stddef.h>

#include "shapes.h"

/* clang-format off */
static const struct field author_fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "User ID.", .example = DEMO_ID("109") },
	{ "display_name", FIELD_LINE, READ_ONLY, 1, 60, .description = "Name shown to others.",
	  .example = "Rosa Brandt" },
	{ "avatar_url", FIELD_URL, READ_ONLY | NULLABLE, .description = "URL of a profile picture.",
	  .example = "https://files.example.com/people/rosa.jpg" },
	{ 0 },
};

static const struct shape note_author = {
	"NoteAuthor", author_fields, .description = "Author of a note.",
};

static const struct field fields[] = {
	{ "id", FIELD_UUID, READ_ONLY, .description = "Note ID.", .example = DEMO_ID("801") },
	{ "title", FIELD_LINE, READ_ONLY, 1, 120, .description = "One-line title.",
	  .example = "How to double a line" },
	{ "content", FIELD_TEXT, READ_ONLY, 1, 20000, .description = "Text of the note; plain text.",
	  .example = "Lead the second line around the other side of the cleat, so that the lines "
	             "do not chafe." },
	{ "author", FIELD_SHAPE, READ_ONLY, .shape = &note_author, .description = "Author." },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ "published_at", FIELD_TIME, READ_ONLY, .description = "Time of the last publication." },
	{ 0 },
};

const struct field note_comment_fields[] = {
	{ "id", FIELD_UUID, CREATE_ONLY, .description = "Comment ID. Generated if omitted.",
	  .example = DEMO_ID("812") },
	{ "content", FIELD_TEXT, REQUIRED, 1, 1000,
	  .description = "Text of the comment. Surrounding whitespace is removed.",
	  .example = "Right: a piece of old fire hose works." },
	{ "note_id", FIELD_UUID, READ_ONLY, .description = "ID of the note.",
	  .example = DEMO_ID("801") },
	{ "user_id", FIELD_UUID, READ_ONLY, .description = "ID of the author.",
	  .example = DEMO_ID("109") },
	{ "username", FIELD_LINE, READ_ONLY, 1, 60, .description = "Name of the author, as shown to others.",
	  .example = "Rosa Brandt" },
	{ "hidden_at", FIELD_TIME, READ_ONLY | NULLABLE,
	  .description = "Time since which an administrator hides the text, or null." },
	{ "created_at", FIELD_TIME, READ_ONLY, .description = "Time of creation." },
	{ "updated_at", FIELD_TIME, READ_ONLY, .description = "Time of the last update." },
	{ 0 },
};

static const struct shape public_note = { "PublicNote", fields, .description = "A public note." };
const struct shape note_comment = {
	"NoteComment", note_comment_fields, .description = "A comment on a note.",
};

static const char *const sorts[] = { "LATEST", NULL };

static const struct field filters[] = {
	{ "sort", FIELD_CHOICE, .choices = sorts, .choice_name = "NoteSort", .default_value = "LATEST",
	  .description = "Sort order. `LATEST`, most recently published first, is the only one." },
	{ 0 },
};

static const struct operation operations[] = {
	{ GET, "", PUBLIC, SQL_NOTES_LIST, "list_notes", .query = filters,
	  .response = LIST_OF(public_note), .rules = PAGED | COUNTED,
	  .sort = { FIELD_TIME, FIELD_UUID }, .summary = "List public notes",
	  .description = "Most recently published first." },
	{ GET, "/{id}", PUBLIC, SQL_NOTES_READ, "get_note", .response = &public_note,
	  .summary = "Get a public note",
	  .description = "Private notes get 404, like notes that do not exist.",
	  .path_example = DEMO_ID("801") },
	{ GET, "/{id}/comments", PUBLIC, SQL_NOTES_COMMENTS, "list_note_comments",
	  .response = LIST_OF(note_comment), .rules = PAGED | COUNTED,
	  .sort = { FIELD_TIME, FIELD_UUID }, .summary = "List comments on a public note",
	  .description = "Oldest first.", .path_example = DEMO_ID("801") },
	{ GET, "/{id}/comments/{comment_id}", PUBLIC, SQL_NOTES_READ_COMMENT, "get_note_comment",
	  .response = &note_comment, .summary = "Get a comment on a public note",
	  .path_example = DEMO_ID("801") "/" DEMO_ID("811") },
	{ POST, "/{id}/comments", VISITOR, SQL_NOTES_CREATE_COMMENT, "create_note_comment",
	  .body = note_comment_fields, .response = &note_comment, .status = 201,
	  .summary = "Create a comment on a public note",
	  .description = "Anonymous accounts can comment, too. Emits `comment.created`.",
	  .example = JSON({"content": "Worked well on our ketch. Thank you!"}),
	  .path_example = DEMO_ID("801") },
	{ POST, "/{id}/moderate", ADMIN, SQL_NOTES_MODERATE, "moderate_note",
	  .body = moderation_fields, .status = 204, .summary = "Hide a note, or allow it again",
	  .description = "Makes a public note private; its owner cannot publish it until it is "
	                 "allowed again. Notifies the owner. Emits "
	                 "`note.moderated`.",
	  .example = JSON({"hidden": true, "reason": "Names a guest."}),
	  .path_example = DEMO_ID("801") },
	{ POST, "/{id}/comments/{comment_id}/moderate", ADMIN, SQL_NOTES_MODERATE_COMMENT,
	  "moderate_note_comment", .body = moderation_fields, .status = 204,
	  .summary = "Hide a comment on a note, or show it again",
	  .description = "A hidden comment stays listed without its text. Notifies the author. Emits "
	                 "`comment.moderated`.",
	  .example = JSON({"hidden": true, "reason": "Names a guest."}),
	  .path_example = DEMO_ID("801") "/" DEMO_ID("811") },
	{ 0 },
};

const struct resource notes = {
	.path = "/notes",
	.name = "Notes",
	.domain = NOTES,
	.operations = operations,
	.description = "Public notes and comments on them.",
};
