/* api_key.h: authenticates programs by API key. */

#ifndef API_KEY_H
#define API_KEY_H

#include "access.h"

struct api_keys;

struct api_keys *api_keys_new(struct db *db, size_t max);
void api_keys_free(struct api_keys *keys);
void api_keys_invalidate(struct api_keys *keys, struct str id);

/* Whether the request has an API key or the gateway's secret. */
bool api_key_is_present(const struct authorization *authorization);

/* Calls on_key_accepted() if the key is valid and has the operation's scope; otherwise the request
 * is answered with an error. */
void api_key_check(struct authorization *authorization);

#endif
