/* notes.c: public notes and comments on them. */

#include <stddef.h>

#include "shapes.h"

static const struct field author_fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "User ID." },
	{ "display_name", FIELD_NAME, GIVEN, 1, 60, .says = "Name shown to others." },
	{ "avatar_url", FIELD_URL, GIVEN | NULLABLE, .says = "URL of a profile picture." },
	{ 0 },
};

static const struct shape note_author = {
	"NoteAuthor", author_fields, .says = "Author of a note.",
};

static const struct field fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Note ID." },
	{ "title", FIELD_NAME, GIVEN, 1, 120, .says = "One-line title." },
	{ "content", FIELD_TEXT, GIVEN, 1, 20000, .says = "Text of the note; plain text." },
	{ "author", FIELD_SHAPE, GIVEN, .shape = &note_author, .says = "Author." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "Time of creation." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Time of the last update." },
	{ "published_at", FIELD_TIME, GIVEN, .says = "Time of the last publication." },
	{ 0 },
};

const struct field note_comment_fields[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Comment ID. Generated if omitted." },
	{ "content", FIELD_TEXT, REQUIRED, 1, 1000,
	  .says = "Text of the comment. Surrounding whitespace is removed." },
	{ "note_id", FIELD_UUID, GIVEN, .says = "ID of the note." },
	{ "user_id", FIELD_UUID, GIVEN, .says = "ID of the author." },
	{ "username", FIELD_NAME, GIVEN, 1, 60, .says = "Name of the author, as shown to others." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "Time of creation." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Time of the last update." },
	{ 0 },
};

static const struct shape public_note = { "PublicNote", fields, .says = "A public note." };
const struct shape note_comment = {
	"NoteComment", note_comment_fields, .says = "A comment on a note.",
};

static const char *const sorts[] = { "latest", NULL };

static const struct field filters[] = {
	{ "sort", FIELD_CHOICE, .choices = sorts, .choice_name = "NoteSort", .usual = "latest",
	  .says = "Sort order. `latest`, most recently published first, is the only one." },
	{ 0 },
};

static const char *const comment_refuses[] = { "NOT_FOUND", "ID_TAKEN", NULL };

static const struct operation operations[] = {
	{ GET, "", PUBLIC, SQL_NOTES_LIST, "list_notes", .query = filters,
	  .answers = LIST_OF(public_note), .rules = PAGED | COUNTED,
	  .sort = { FIELD_TIME, FIELD_UUID }, .summary = "List public notes",
	  .description = "Most recently published first." },
	{ GET, "/{id}", PUBLIC, SQL_NOTES_READ, "get_note", .answers = &public_note,
	  .summary = "Get a public note",
	  .description = "A private note is answered like one that does not exist." },
	{ GET, "/{id}/comments", PUBLIC, SQL_NOTES_COMMENTS, "list_note_comments",
	  .answers = LIST_OF(note_comment), .rules = PAGED | COUNTED,
	  .sort = { FIELD_TIME, FIELD_UUID }, .summary = "List comments on a public note",
	  .description = "Oldest first." },
	{ POST, "/{id}/comments", VISITOR, SQL_NOTES_COMMENT, "create_note_comment",
	  .body = note_comment_fields, .answers = &note_comment, .status = 201,
	  .refuses = comment_refuses, .summary = "Create a comment on a public note",
	  .description = "Anonymous accounts can comment, too. Emits `comment.created`." },
	{ 0 },
};

const struct resource notes = {
	.path = "/notes",
	.name = "Notes",
	.domain = NOTES,
	.operations = operations,
	.says = "Public notes and comments on them.",
};
