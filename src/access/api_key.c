/* api_key.c: authenticates programs by API key.
 *
 * Normal sequence:
 *
 * - the request has X-API-Key; its digest is found in the cache, or looked up in the database
 *   and cached;
 * - the key has the operation's scope, and the call continues.
 *
 * A gateway that sends RAPIDAPI_PROXY_SECRET needs no key and has every scope. Without a token
 * its users can only read (authorize.c). They are rate-limited by their name at the gateway, so
 * that one user does not use up the limit of the others.
 *
 * Failures: 401 if the key is unknown, revoked or expired, or the gateway's secret is wrong; 403
 * if the key lacks the scope. A revoked key is dropped from the cache of every process when the
 * NOTIFY arrives. */

#include <stdlib.h>

#include "api_key.h"
#include "clock.h"
#include "config.h"
#include "failures.h"
#include "reject.h"
#include "row_cache.h"
#include "state.h"

enum { MAX_KEY = 256 };

struct api_keys {
	struct row_cache *rows; /* of struct api_key, by digest */
};

struct api_key {
	char id[UUID_SIZE];
	uint64_t scopes;      /* one bit for each entry of scope_names */
	long long expires_ms; /* 0: never */
};

_Static_assert(2 * DOMAINS <= 64, "scopes must fit into 64 bits");

static const struct api_key gateway = { .id = "rapidapi", .scopes = UINT64_MAX };

struct api_keys *api_keys_new(struct db *db, size_t max)
{
	struct api_keys *keys = xcalloc(1, sizeof(*keys));

	keys->rows = row_cache_new(db, "binnacle_api_keys", max, sizeof(struct api_key));
	return keys;
}

void api_keys_free(struct api_keys *keys)
{
	if (!keys)
		return;
	row_cache_free(keys->rows);
	free(keys);
}

void api_keys_invalidate(struct api_keys *keys, struct str id)
{
	row_cache_invalidate(keys->rows, id);
}

static bool is_from_gateway(const struct authorization *authorization)
{
	return authorization->access->config->rapidapi_secret
	       && authorization->request->headers[HEADER_X_RAPIDAPI_PROXY_SECRET].at;
}

bool api_key_is_present(const struct authorization *authorization)
{
	return authorization->request->headers[HEADER_X_API_KEY].at
	       || is_from_gateway(authorization);
}

static void reject_key(struct authorization *authorization, const char *why)
{
	authorization->request->why = why;
	reject(authorization->request, PROBLEM_API_KEY_INVALID, NULL);
}

/* Counts as a failed attempt, because it cost a query or was a guess at the gateway's secret. */
static void reject_and_count(struct authorization *authorization, const char *why)
{
	rate_limit_charge(authorization->request, LIMIT_FAILURES, STR(""));
	reject_key(authorization, why);
}

static void check_scope(struct authorization *authorization, const struct api_key *key)
{
	int scope = scope_of(authorization->resource->domain, authorization->operation->method);

	memcpy(authorization->caller.key_id, key->id, sizeof(authorization->caller.key_id));
	request_log(authorization->request, kv_text("api_key.id", authorization->caller.key_id));
	if (key->expires_ms && clock_wall_ms() >= key->expires_ms)
		reject_key(authorization, "API key: expired");
	else if (!(key->scopes >> scope & 1))
		reject(authorization->request, PROBLEM_SCOPE_MISSING,
		       arena_print(&authorization->request->arena,
		                   "Requires an API key with the scope %s.", scope_names[scope]));
	else
		authorization->on_key_accepted(authorization);
}

static uint64_t parse_scopes(struct str text)
{
	uint64_t scopes = 0;
	struct str name;

	while (str_cut(&text, ' ', &name)) {
		for (int i = 0; scope_names[i]; i++)
			scopes |= (uint64_t)str_is(name, scope_names[i]) << i;
	}
	return scopes;
}

static struct row_cache_key cache_key(const struct authorization *authorization)
{
	return (struct row_cache_key){ str_of(authorization->digest), STR("") };
}

static void use_row(struct authorization *authorization, const struct db_rows *rows)
{
	struct str id = db_rows_value(rows, 0, "id"),
		   expires = db_rows_value(rows, 0, "expires_ms");
	struct api_key key = { .scopes = parse_scopes(db_rows_value(rows, 0, "scopes")) }, *cached;

	memcpy(key.id, id.at, id.length < UUID_SIZE ? id.length : UUID_SIZE - 1);
	if (expires.at)
		str_number(expires, &key.expires_ms);
	cached = row_cache_put(authorization->access->api_keys->rows, cache_key(authorization),
	                       key.id, authorization->generation);
	if (cached)
		*cached = key;
	check_scope(authorization, &key);
}

static void on_found(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct authorization *authorization = container_of(query, struct authorization, query);

	if (status != DB_OK)
		reject_db(authorization->request, query->statement, status, rows);
	else if (db_rows_count(rows) == 0)
		reject_and_count(authorization, "X-API-Key: unknown or revoked");
	else
		use_row(authorization, rows);
	request_release(authorization->request);
}

static void look_up(struct authorization *authorization)
{
	struct api_keys *keys = authorization->access->api_keys;
	struct str key = authorization->request->headers[HEADER_X_API_KEY];
	const struct api_key *cached;

	if (key.length == 0 || key.length > MAX_KEY) {
		reject_key(authorization, "X-API-Key: invalid length");
		return;
	}
	auth_sha256_hex(key, authorization->digest);
	cached = row_cache_find(keys->rows, cache_key(authorization));
	if (cached) {
		check_scope(authorization, cached);
	} else if (failures_check(authorization->request)) {
		authorization->generation = row_cache_generation(keys->rows);
		authorization->values[0] = authorization->digest;
		authorization->query = (struct db_query){
			.statement = SQL_API_KEYS_FIND,
			.params = authorization->values,
			.done = on_found,
		};
		request_hold(authorization->request); /* until on_found() */
		db_run(authorization->access->db, &authorization->query);
	}
}

static void accept_gateway(struct authorization *authorization)
{
	struct str user = authorization->request->headers[HEADER_X_RAPIDAPI_USER];

	if (user.length) {
		const char *name = arena_print(&authorization->request->arena, "%s %.*s",
		                               gateway.id, STR_ARGS(user));

		authorization->request->gateway_user = str_of(name);
	}
	check_scope(authorization, &gateway);
}

void api_key_check(struct authorization *authorization)
{
	struct str secret = authorization->request->headers[HEADER_X_RAPIDAPI_PROXY_SECRET];

	if (!is_from_gateway(authorization))
		look_up(authorization);
	else if (str_equal_secret(secret, str_of(authorization->access->config->rapidapi_secret)))
		accept_gateway(authorization);
	else if (failures_check(authorization->request))
		reject_and_count(authorization,
		                 "X-RapidAPI-Proxy-Secret: does not match RAPIDAPI_PROXY_SECRET");
}
