/* channels.c: tests that only the exact names of channels.def are channels. */

#include <criterion/criterion.h>

#include "channels.h"

#define ID "01900000-0000-7000-8000-0000000000ab"

TestSuite(channels);

static const char *pattern_of(const char *name, struct str *id)
{
	const struct channel_row *row = channels_find(str_of(name), id);

	return row ? row->pattern : "none";
}

Test(channels, are_found_by_name)
{
	static const struct {
		const char *name, *pattern, *id;
	} rows[] = {
		{ "note:" ID, "note:{id}", ID },
		{ "log:" ID, "log:{id}", ID },
		{ "location:" ID, "location:{id}", ID },
		{ "user:" ID, "user:{id}", ID },
		{ "duty", "duty", "" },
		{ "org", "org", "" },
		{ "all", "all", "" },
	};
	struct str id;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		cr_expect_str_eq(pattern_of(rows[i].name, &id), rows[i].pattern);
		cr_expect(str_is(id, rows[i].id), "%s: %.*s", rows[i].name, STR_ARGS(id));
	}
	cr_expect_eq(COUNT_OF(rows), CHANNELS);
}

Test(channels, with_invalid_names_are_rejected)
{
	static const char *const names[] = {
		"",
		":",
		"log",
		"log:",
		"log:x",
		"LOG:" ID,
		"logs:" ID,
		" log:" ID,
		"log:" ID " ",
		"log:" ID "0",
		"log: " ID,
		/* Events are published under the lower-case name only. */
		"log:01900000-0000-7000-8000-0000000000AB",
		"log:01900000_0000_7000_8000_0000000000ab",
		"duty:" ID,
		"duty:",
		"duty ",
		"dut",
		"org:x",
		"all:all",
		"{id}",
		"log:{id}",
		"*",
	};
	struct str id = STR("x");

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		cr_expect_str_eq(pattern_of(names[i], &id), "none", "%s", names[i]);
		cr_expect_eq(id.length, 0);
	}
	cr_expect(channels_find((struct str){ "all\0", 4 }, &id) == NULL);
	cr_expect(channels_find((struct str){ 0 }, &id) == NULL);
}

Test(channels, re_authorize_after_the_events_of_their_row)
{
	const struct channel_row *note = &channel_rows[CHANNEL_NOTE],
				 *log = &channel_rows[CHANNEL_LOG];

	cr_expect(channel_revokes(note, STR("note.unpublished")));
	cr_expect(channel_revokes(note, STR("note.removed")));
	cr_expect(!channel_revokes(note, STR("note.updated")));
	cr_expect(!channel_revokes(note, STR("note")));
	cr_expect(!channel_revokes(note, STR("note.unpublished note.removed")));
	cr_expect(!channel_revokes(note, STR("")));
	cr_expect(!channel_revokes(log, STR("log.removed")));
	cr_expect(!channel_revokes(log, STR("")));
}

Test(channels, all_have_a_role_and_a_description)
{
	for (size_t i = 0; i < CHANNELS; i++)
		cr_expect(channel_rows[i].role > ROLE_UNSET && channel_rows[i].role < ROLES
		          && *channel_rows[i].description);
}
