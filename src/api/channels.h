/* channels.h: what can be listened to, as channels.def has it (private to the room). */

#ifndef API_CHANNELS_H
#define API_CHANNELS_H

#include "schema.h"

enum channel_kind {
#define CHANNEL(name, ...) CHANNEL_##name,
#include "table/channels.def"
#undef CHANNEL
	CHANNELS
};

struct channel_row {
	const char *pattern;	/* "log:{id}", or a whole name */
	enum role role;		/* the least that may ask to hear it; PUBLIC: nobody need say who he is */
	const char *revokes;	/* types of events, with blanks between: who hears it is judged anew */
	const char *says;
};

extern const struct channel_row channel_rows[CHANNELS];

/* NULL: there is no such channel. `id` is the one that it names, in lower case as PostgreSQL
 * prints it, or empty; part of `name`. */
const struct channel_row *channels_find(struct str name, struct str *id);

/* Is everybody who hears it judged anew after such an event? */
bool channel_revokes(const struct channel_row *row, struct str type);

#endif
