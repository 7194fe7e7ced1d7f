/* channels.h: the channels of channels.def. */

#ifndef CHANNELS_H
#define CHANNELS_H

#include "schema.h"

enum channel_id {
#define CHANNEL(name, ...) CHANNEL_##name,
#include "table/channels.def"
#undef CHANNEL
	CHANNELS
};

struct channel_row {
	const char *pattern; /* "log:{id}", or an exact name */
	enum role role;      /* minimum role to subscribe; PUBLIC: no token needed */
	const char *revokes; /* event types that re-authorize subscribers, separated by spaces */
	const char *description;
};

extern const struct channel_row channel_rows[CHANNELS];

/* NULL: no such channel. `id` is set to the ID in `name` (lower case, as PostgreSQL prints it), or
 * to an empty string; it points into `name`. */
const struct channel_row *channels_find(struct str name, struct str *id);

/* Whether the channel's subscribers must be re-authorized after an event of this type. */
bool channel_revokes(const struct channel_row *row, struct str type);

#endif
