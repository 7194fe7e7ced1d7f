/* notes.c: the notes that their owners show to everybody, and what is said of them. */

#include <stddef.h>

#include "shapes.h"

static const struct field author[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the person." },
	{ "display_name", FIELD_NAME, GIVEN, 1, 60, .says = "By which name others see him." },
	{ "avatar_url", FIELD_URL, GIVEN | NULLABLE, .says = "A picture." },
	{ 0 },
};

static const struct shape note_author = { "NoteAuthor", author, .says = "Who wrote a note, as everybody sees him." };

static const struct field fields[] = {
	{ "id", FIELD_UUID, GIVEN, .says = "Identity of the note." },
	{ "title", FIELD_NAME, GIVEN, 1, 120, .says = "What it is about, in a line." },
	{ "content", FIELD_TEXT, GIVEN, 1, 20000, .says = "What it says; plain text." },
	{ "author", FIELD_SHAPE, GIVEN, .shape = &note_author, .says = "Who wrote it." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "When it was written." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Last changed." },
	{ "published_at", FIELD_TIME, GIVEN, .says = "Since when everybody sees it." },
	{ 0 },
};

const struct field note_remark[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Identity of the comment; yours to choose at creation." },
	{ "content", FIELD_TEXT, REQUIRED, 1, 1000, .says = "What is said; blanks around it are cut off." },
	{ "note_id", FIELD_UUID, GIVEN, .says = "The note it is about." },
	{ "user_id", FIELD_UUID, GIVEN, .says = "Who says it." },
	{ "username", FIELD_NAME, GIVEN, 1, 60, .says = "By which name others see him." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "When." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Last changed." },
	{ 0 },
};

static const struct shape public_note = { "PublicNote", fields, .says = "A note that everybody may read." };
const struct shape note_comment = { "NoteComment", note_remark, .says = "A remark on a note." };

static const char *const sorts[] = { "latest", NULL };

static const struct field filters[] = {
	{ "sort", FIELD_CHOICE, .choices = sorts, .choice_name = "NoteSort", .usual = "latest",
	  .says = "The last published first; there is no other order." },
	{ 0 },
};

static const char *const comment_refuses[] = { "NOT_FOUND", "ID_TAKEN", NULL };

static const struct operation operations[] = {
	{ GET, "", PUBLIC, SQL_NOTES_LIST, "list_notes", .query = filters, .answers = LIST_OF(public_note),
	  .rules = PAGED | COUNTED, .sort = { FIELD_TIME, FIELD_UUID },
	  .says = "The notes that are shown to everybody, the last published first." },
	{ GET, "/{id}", PUBLIC, SQL_NOTES_READ, "get_note", .answers = &public_note, .says = "One of them." },
	{ GET, "/{id}/comments", PUBLIC, SQL_NOTES_COMMENTS, "list_note_comments", .answers = LIST_OF(note_comment),
	  .rules = PAGED | COUNTED, .sort = { FIELD_TIME, FIELD_UUID },
	  .says = "What was said about one of them, oldest first." },
	{ POST, "/{id}/comments", VISITOR, SQL_NOTES_COMMENT, "create_note_comment", .body = note_remark,
	  .answers = &note_comment, .status = 201, .refuses = comment_refuses,
	  .says = "Say something about one of them." },
	{ 0 },
};

const struct resource notes = {
	.path = "/notes",
	.name = "Notes",
	.domain = NOTES,
	.operations = operations,
	.says = "Notes that everybody may read.",
};
