/* state.h: what the files of this module share. */

#ifndef REST_STATE_H
#define REST_STATE_H

#include "rest.h"

struct rest {
	const struct config *config;
	struct db *db;
	struct auth *auth;
	struct access *access;
	struct rest_hooks hooks;
	struct maintenance *maintenance;
	struct endpoint *endpoints;
	size_t endpoint_count;
	struct mounted *mounted;
	size_t mounted_count;
	struct route *routes;
	size_t route_count;
	bool draining;
};

#endif
