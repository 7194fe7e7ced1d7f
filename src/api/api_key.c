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

enum { KEY_MOST = 256 };

struct apikeys {
	struct recall *rows; /* of struct apikey, by digest */
};

struct apikey {
	char id[UUID_SIZE];
	uint64_t scopes;      /* one bit for each entry of scope_names */
	long long expires_ms; /* 0: never */
};

_Static_assert(2 * DOMAINS <= 64, "scopes must fit into 64 bits");

static const struct apikey gateway = { .id = "rapidapi", .scopes = UINT64_MAX };

struct apikeys *apikeys_new(struct db *db, size_t most)
{
	struct apikeys *apikeys = xcalloc(1, sizeof(*apikeys));

	apikeys->rows = recall_new(db, "binnacle_api_keys", most, sizeof(struct apikey));
	return apikeys;
}

void apikeys_free(struct apikeys *apikeys)
{
	if (!apikeys)
		return;
	recall_free(apikeys->rows);
	free(apikeys);
}

void apikeys_forget(struct apikeys *apikeys, struct str id)
{
	recall_forget(apikeys->rows, id);
}

static bool is_from_gateway(const struct call *call)
{
	return call->api->config->rapidapi_secret && call->request->headers[HEADER_X_RAPIDAPI_PROXY_SECRET].at;
}

bool apikey_is_given(const struct call *call)
{
	return call->request->headers[HEADER_X_API_KEY].at || is_from_gateway(call);
}

static void refuse_key(struct call *call, const char *why)
{
	call->request->why = why;
	call_refuse(call, PROBLEM_API_KEY_INVALID, NULL);
}

/* Counts as a failed attempt: it cost a query, or was a guessed secret. */
static void refuse_in_vain(struct call *call, const char *why)
{
	request_charge(call->request, LIMIT_FAILURES, STR(""));
	refuse_key(call, why);
}

static void admit(struct call *call, const struct apikey *key)
{
	const struct endpoint *endpoint = call->endpoint;
	int scope = scope_of(endpoint->resource->domain, endpoint->operation->method);

	memcpy(call->caller.key_id, key->id, sizeof(call->caller.key_id));
	call->request->key_id = call->caller.key_id;
	if (key->expires_ms && clock_wall_ms() >= key->expires_ms)
		refuse_key(call, "API key: expired");
	else if (!(key->scopes >> scope & 1))
		call_refuse(call, PROBLEM_SCOPE_MISSING,
		            arena_print(&call->request->arena,
		                        "Requires an API key with the scope %s.",
		                        scope_names[scope]));
	else
		call->on(call);
}

static uint64_t scopes_read(struct str text)
{
	uint64_t scopes = 0;
	struct str name;

	while (str_cut(&text, ' ', &name)) {
		for (int i = 0; scope_names[i]; i++)
			scopes |= (uint64_t)str_is(name, scope_names[i]) << i;
	}
	return scopes;
}

static struct recall_key key_of(const struct call *call)
{
	return (struct recall_key){ str_of(call->digest), STR("") };
}

static void take_row(struct call *call, const struct db_rows *rows)
{
	struct str id = db_rows_value(rows, 0, "id"), expires = db_rows_value(rows, 0, "expires_ms");
	struct apikey key = { .scopes = scopes_read(db_rows_value(rows, 0, "scopes")) }, *kept;

	memcpy(key.id, id.at, id.length < UUID_SIZE ? id.length : UUID_SIZE - 1);
	if (expires.at)
		str_number(expires, &key.expires_ms);
	kept = recall_keep(call->api->apikeys->rows, key_of(call), key.id, call->looked_at);
	if (kept)
		*kept = key;
	admit(call, &key);
}

static void on_found(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct call *call = container_of(query, struct call, query);

	if (status != DB_OK)
		call_refuse_db(call, status, rows);
	else if (db_rows_count(rows) == 0)
		refuse_in_vain(call, "X-API-Key: unknown or revoked");
	else
		take_row(call, rows);
	request_release(call->request);
}

static void look_up(struct call *call)
{
	struct apikeys *apikeys = call->api->apikeys;
	struct str key = call->request->headers[HEADER_X_API_KEY];
	const struct apikey *known;

	if (key.length == 0 || key.length > KEY_MOST) {
		refuse_key(call, "X-API-Key: invalid length");
		return;
	}
	auth_digest(key, call->digest);
	known = recall_find(apikeys->rows, key_of(call));
	if (known) {
		admit(call, known);
	} else if (gate_may_look(call->request)) {
		call->looked_at = recall_generation(apikeys->rows);
		call->values[0] = call->digest;
		call_query(call, SQL_API_KEYS_FIND, on_found);
	}
}

static void admit_gateway(struct call *call)
{
	struct str user = call->request->headers[HEADER_X_RAPIDAPI_USER];

	if (user.length) {
		const char *behalf = arena_print(&call->request->arena, "%s %.*s", gateway.id, STR_ARGS(user));

		call->request->behalf = str_of(behalf);
	}
	admit(call, &gateway);
}

void apikey_pass(struct call *call, void (*on)(struct call *call))
{
	struct str secret = call->request->headers[HEADER_X_RAPIDAPI_PROXY_SECRET];

	call->on = on;
	if (!is_from_gateway(call))
		look_up(call);
	else if (str_equal_secret(secret, str_of(call->api->config->rapidapi_secret)))
		admit_gateway(call);
	else if (gate_may_look(call->request))
		refuse_in_vain(call,
		               "X-RapidAPI-Proxy-Secret: does not match RAPIDAPI_PROXY_SECRET");
}
