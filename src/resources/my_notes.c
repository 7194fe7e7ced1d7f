/* my_notes.c: one's own notes, which nobody else sees until they are published. */

#include <stddef.h>

#include "shapes.h"

static const struct field fields[] = {
	{ "id", FIELD_UUID, FIXED, .says = "Identity of the note; yours to choose at creation." },
	{ "title", FIELD_NAME, NULLABLE, 1, 120, .says = "What it is about, in a line; a public note has one." },
	{ "content", FIELD_TEXT, REQUIRED, 1, 20000, .says = "What it says; plain text." },
	{ "is_public", FIELD_BOOLEAN, GIVEN, .says = "Whether everybody sees it." },
	{ "published_at", FIELD_TIME, GIVEN | NULLABLE, .says = "Since when; null: it is private." },
	{ "created_at", FIELD_TIME, GIVEN, .says = "When it was written." },
	{ "updated_at", FIELD_TIME, GIVEN, .says = "Last changed." },
	{ 0 },
};

static const struct shape note = { "Note", fields, .says = "A note, as its owner sees it." };

static const char *const create_refuses[] = { "ID_TAKEN", NULL };
static const char *const change_refuses[] = { "NOT_FOUND", "TITLE_REQUIRED", "PRECONDITION_FAILED", NULL };
static const char *const take_refuses[] = { "NOT_FOUND", "PRECONDITION_FAILED", NULL };
static const char *const comment_refuses[] = { "NOT_FOUND", "ID_TAKEN", NULL };

static const struct operation operations[] = {
	{ GET, "", VISITOR, SQL_MY_NOTES_LIST, "list_my_notes", .answers = LIST_OF(note),
	  .rules = PAGED | COUNTED, .sort = { FIELD_TIME, FIELD_UUID },
	  .says = "Your notes, private and public, newest first." },
	{ POST, "", VISITOR, SQL_MY_NOTES_CREATE, "create_my_note", .body = fields, .answers = &note, .status = 201,
	  .refuses = create_refuses, .says = "Write a note; it is private until you publish it." },
	{ GET, "/{id}", VISITOR, SQL_MY_NOTES_READ, "get_my_note", .answers = &note, .says = "One of your notes." },
	{ PATCH, "/{id}", VISITOR, SQL_MY_NOTES_CHANGE, "change_my_note", .body = fields, .answers = &note,
	  .rules = CONDITIONAL, .refuses = change_refuses,
	  .says = "Change one of your notes; null takes the title of a private one away." },
	{ DELETE, "/{id}", VISITOR, SQL_MY_NOTES_REMOVE, "remove_my_note", .status = 204, .rules = CONDITIONAL,
	  .refuses = take_refuses, .says = "Remove one of your notes for good, with what was said about it." },
	{ POST, "/{id}/publish", VISITOR, SQL_MY_NOTES_PUBLISH, "publish_my_note", .answers = &note,
	  .rules = CONDITIONAL, .refuses = change_refuses,
	  .says = "Show one of your notes to everybody; one that is public already is the newest again." },
	{ POST, "/{id}/unpublish", VISITOR, SQL_MY_NOTES_UNPUBLISH, "unpublish_my_note", .answers = &note,
	  .rules = CONDITIONAL, .refuses = take_refuses,
	  .says = "Keep it to yourself again, with what was said about it; of a private one nothing changes." },
	{ GET, "/{id}/comments", VISITOR, SQL_MY_NOTES_COMMENTS, "list_my_note_comments",
	  .answers = LIST_OF(note_comment), .rules = PAGED | COUNTED, .sort = { FIELD_TIME, FIELD_UUID },
	  .says = "What was said about one of your notes, oldest first." },
	{ POST, "/{id}/comments", VISITOR, SQL_MY_NOTES_COMMENT, "create_my_note_comment", .body = note_remark,
	  .answers = &note_comment, .status = 201, .refuses = comment_refuses,
	  .says = "Say something about one of your notes, be it private." },
	{ 0 },
};

const struct resource my_notes = {
	.path = "/me/notes",
	.name = "My notes",
	.domain = NOTES,
	.operations = operations,
	.says = "Your own notes.",
};
