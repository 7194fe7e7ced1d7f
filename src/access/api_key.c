/* api_key.c: authenticates programs by API key.
 *
 * Normal sequence:
 *
 * - the request has X-API-Key; its digest is found in the cache, or looked up in the database
 *   and cached;
 * - the key has the operation's scope, and the call continues.
 *
 * A gateway that sends RAPIDAPI_PROXY_SECRET needs no key and has every scope. Without a token
 * its users can only read (authorize.c). Each of them has a rate limit of their own, by their name at
 * the gateway, so that none is rejected because of another.
 *
 * Failures: 401 if the key is unknown, revoked or expired, or the gateway's secret is wrong; 403
 * if the key lacks the scope. A revoked key is dropped from the cache of every process as soon
 * as it is notified. */

#include <stdlib.h>

#include "call.h"
#include "clock.h"
#include "config.h"
#include "row_cache.h"

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
	struct api_keys *api_keys = xcalloc(1, sizeof(*api_keys));

	api_keys->rows = row_cache_new(db, "binnacle_api_keys", max, sizeof(struct api_key));
	return api_keys;
}

void api_keys_free(struct api_keys *api_keys)
{
	if (!api_keys)
		return;
	row_cache_free(api_keys->rows);
	free(api_keys);
}

void api_keys_invalidate(struct api_keys *api_keys, struct str id)
{
	row_cache_invalidate(api_keys->rows, id);
}

static bool is_from_gateway(const struct call *call)
{
	return call->api->config->rapidapi_secret && call->request->headers[HEADER_X_RAPIDAPI_PROXY_SECRET].at;
}

bool api_key_is_present(const struct call *call)
{
	return call->request->headers[HEADER_X_API_KEY].at || is_from_gateway(call);
}

static void reject_key(struct call *call, const char *why)
{
	call->request->why = why;
	error_reply(call, PROBLEM_API_KEY_INVALID, NULL);
}

/* Counts as a failed attempt: it cost a query, or was a guessed secret. */
static void reject_and_count(struct call *call, const char *why)
{
	rate_limit_charge(call->request, LIMIT_FAILURES, STR(""));
	reject_key(call, why);
}

static void check_scope(struct call *call, const struct api_key *key)
{
	const struct endpoint *endpoint = call->endpoint;
	int scope = scope_of(endpoint->resource->domain, endpoint->operation->method);

	memcpy(call->caller.key_id, key->id, sizeof(call->caller.key_id));
	call->request->key_id = call->caller.key_id;
	if (key->expires_ms && clock_wall_ms() >= key->expires_ms)
		reject_key(call, "API key: expired");
	else if (!(key->scopes >> scope & 1))
		error_reply(call, PROBLEM_SCOPE_MISSING,
		            arena_print(&call->request->arena,
		                        "Requires an API key with the scope %s.",
		                        scope_names[scope]));
	else
		call->on_accepted(call);
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

static struct row_cache_key cache_key(const struct call *call)
{
	return (struct row_cache_key){ str_of(call->digest), STR("") };
}

static void use_row(struct call *call, const struct db_rows *rows)
{
	struct str id = db_rows_value(rows, 0, "id"), expires = db_rows_value(rows, 0, "expires_ms");
	struct api_key key = { .scopes = parse_scopes(db_rows_value(rows, 0, "scopes")) }, *cached;

	memcpy(key.id, id.at, id.length < UUID_SIZE ? id.length : UUID_SIZE - 1);
	if (expires.at)
		str_number(expires, &key.expires_ms);
	cached = row_cache_put(call->api->api_keys->rows, cache_key(call), key.id, call->generation);
	if (cached)
		*cached = key;
	check_scope(call, &key);
}

static void on_found(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct call *call = container_of(query, struct call, query);

	if (status != DB_OK)
		error_reply_db(call, status, rows);
	else if (db_rows_count(rows) == 0)
		reject_and_count(call, "X-API-Key: unknown or revoked");
	else
		use_row(call, rows);
	request_release(call->request);
}

static void look_up(struct call *call)
{
	struct api_keys *api_keys = call->api->api_keys;
	struct str key = call->request->headers[HEADER_X_API_KEY];
	const struct api_key *cached;

	if (key.length == 0 || key.length > MAX_KEY) {
		reject_key(call, "X-API-Key: invalid length");
		return;
	}
	auth_sha256_hex(key, call->digest);
	cached = row_cache_find(api_keys->rows, cache_key(call));
	if (cached) {
		check_scope(call, cached);
	} else if (authorize_check_failures(call->request)) {
		call->generation = row_cache_generation(api_keys->rows);
		call->values[0] = call->digest;
		call_query(call, SQL_API_KEYS_FIND, on_found);
	}
}

static void accept_gateway(struct call *call)
{
	struct str user = call->request->headers[HEADER_X_RAPIDAPI_USER];

	if (user.length) {
		const char *behalf = arena_print(&call->request->arena, "%s %.*s", gateway.id, STR_ARGS(user));

		call->request->gateway_user = str_of(behalf);
	}
	check_scope(call, &gateway);
}

void api_key_check(struct call *call, void (*on)(struct call *call))
{
	struct str secret = call->request->headers[HEADER_X_RAPIDAPI_PROXY_SECRET];

	call->on_accepted = on;
	if (!is_from_gateway(call))
		look_up(call);
	else if (str_equal_secret(secret, str_of(call->api->config->rapidapi_secret)))
		accept_gateway(call);
	else if (authorize_check_failures(call->request))
		reject_and_count(call,
		               "X-RapidAPI-Proxy-Secret: does not match RAPIDAPI_PROXY_SECRET");
}
