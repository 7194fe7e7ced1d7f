/* channels.c: finds the row of channels.def for a channel name.
 *
 * IDs must be in lower case, because events are published under that name; another spelling would
 * be a different channel that never has events. */

#include "channels.h"
#include "uuid.h"

const struct channel_row channel_rows[CHANNELS] = {
#define CHANNEL(name, pattern, role, revokes, description)                                         \
	[CHANNEL_##name] = { pattern, role, revokes, description },
#include "table/channels.def"
#undef CHANNEL
};

static bool is_id(struct str text)
{
	for (size_t i = 0; i < text.length; i++) {
		if (text.at[i] >= 'A' && text.at[i] <= 'F')
			return false;
	}
	return uuid_is_valid(text);
}

/* A pattern is an exact name, or ends with {id}. */
static bool matches(const char *pattern, struct str name, struct str *id)
{
	size_t before = strcspn(pattern, "{");

	*id = STR("");
	if (!pattern[before])
		return str_is(name, pattern);
	if (name.length < before || memcmp(name.at, pattern, before) != 0)
		return false;
	*id = (struct str){ name.at + before, name.length - before };
	return is_id(*id);
}

const struct channel_row *channels_find(struct str name, struct str *id)
{
	for (size_t i = 0; i < CHANNELS; i++) {
		if (matches(channel_rows[i].pattern, name, id))
			return &channel_rows[i];
	}
	*id = STR("");
	return NULL;
}

bool channel_revokes(const struct channel_row *row, struct str type)
{
	struct str rest = str_of(row->revokes), each;

	while (str_cut(&rest, ' ', &each)) {
		if (each.length && str_equal(each, type))
			return true;
	}
	return false;
}
