/* state.h: what the files of this module share. */

#ifndef ACCESS_STATE_H
#define ACCESS_STATE_H

#include "access.h"

struct access {
	const struct config *config;
	struct db *db;
	struct auth *auth;
	struct user_cache *user_cache;
	struct api_keys *api_keys;
};

#endif
