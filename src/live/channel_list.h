/* channel_list.h: the channels that an event stream subscribes to. */

#ifndef LIVE_CHANNEL_LIST_H
#define LIVE_CHANNEL_LIST_H

#include "schema.h"

struct validation_errors;

struct channel_list {
	struct str names; /* separated by commas; in the request's arena */
	size_t count;
};

/* Reads the parameter `channels`, which may be repeated, contain values separated by commas, or
 * both. False: the request has been answered with an error that names each invalid channel. */
[[nodiscard]] bool channel_list_read(struct channel_list *list, struct request *request,
                                     size_t max);

/* Replies with an error that names each channel that is not allowed. `allowed` is "t" or "f" for
 * each channel, separated by spaces; a missing result means no. `role` is the caller's. */
void channel_list_reject(const struct channel_list *list, struct request *request,
                         struct str allowed, enum role role);
/* Whether there is one result for each channel, and all are "t". */
bool channel_list_all_allowed(const struct channel_list *list, struct str allowed);

#endif
