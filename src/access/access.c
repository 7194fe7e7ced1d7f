/* access.c: creates the module and its caches. */

#include <stdlib.h>

#include "api_key.h"
#include "config.h"
#include "state.h"
#include "user_cache.h"

bool access_check_config(const struct config *config, struct buf *errors)
{
	return config_check_header_value("RAPIDAPI_PROXY_SECRET", config->rapidapi_secret, errors);
}

struct access *access_new(struct db *db, struct auth *auth, const struct config *config)
{
	struct access *access = xcalloc(1, sizeof(*access));

	access->config = config;
	access->db = db;
	access->auth = auth;
	access->user_cache = user_cache_new(db, (size_t)config->token_cache);
	access->api_keys = api_keys_new(db, (size_t)config->token_cache);
	return access;
}

void access_free(struct access *access)
{
	if (!access)
		return;
	user_cache_free(access->user_cache);
	api_keys_free(access->api_keys);
	free(access);
}

void access_invalidate(struct access *access, struct str id)
{
	user_cache_invalidate(access->user_cache, id);
	api_keys_invalidate(access->api_keys, id);
}
