/* call.h: a call, that is one request served by an operation (private to the module).
 *
 * It is allocated in the request's arena. The request is held while a reply from the database or
 * an issuer is pending, so the call is still there when the reply arrives. */

#ifndef CALL_H
#define CALL_H

#include "api.h"
#include "auth.h"
#include "access.h"
#include "db.h"
#include "json.h"
#include "statement.h"
#include "uuid.h"

enum { QUERY_FIELDS = 24 };

/* Where a statement parameter comes from. */
enum source {
	FROM_CALLER_ID,
	FROM_ACTOR_ID,	/* the caller's ID, or the API key's if there is no user */
	FROM_CALLER_ROLE,
	FROM_CALLER_EMAIL,	/* from the token */
	FROM_CALLER_IS_NEW,
	FROM_SECOND_ISSUER,	/* of the second token, if there is one */
	FROM_SECOND_SUBJECT,
	FROM_MAY_ACCESS_OTHERS,	/* whether the caller may access other users' resources */
	FROM_CALLER_ONLY,	/* the caller's ID if they may not; otherwise absent */
	FROM_PATH,	/* index: path parameter */
	FROM_QUERY,	/* index: query field */
	FROM_CURSOR,	/* index: sort key */
	FROM_BODY,	/* the whole validated body */
	FROM_NEW_ID,	/* the body's ID, or a generated one */
	FROM_IF_MATCH,
	FROM_COUNTED,
	FROM_OPERATION,		/* the operation's name */
	FROM_IDEMPOTENCY_KEY,
	FROM_CLIENT_ADDRESS,
	FROM_HQ_LOCATION,		/* the setting HQ_LOCATION_NAME */
};

struct binding {
	enum source source;
	int index;
};

struct plan {
	enum sql sql;
	struct binding bindings[SQL_PARAMS];
};

/* An operation with everything that can be looked up at startup. */
struct endpoint {
	struct api *api;
	const struct resource *resource;
	const struct operation *operation;
	char *pattern;	/* owned */
	char *path_names[PATH_PARAMS];	/* owned */
	int path_count;
	const struct field *query[QUERY_FIELDS];
	int query_count;
	int cursor_at;	/* index of cursor among the query fields; -1: none */
	int skip_at;
	int alt_when_at;	/* index of the field that selects the other statement; -1: none */
	struct plan plan, alt_plan;
};

/* Who is calling: a user, a program with an API key, or both. */
struct caller {
	char id[UUID_SIZE];	/* empty: no user */
	char key_id[UUID_SIZE];	/* empty: no key */
	enum role role;
	const char *email;	/* from the token, or NULL; valid for this loop turn */
	bool is_new;	/* the user's row was created by this call */
};

struct call {
	struct request *request;
	struct api *api;
	const struct endpoint *endpoint;
	const struct plan *plan;
	struct caller caller;
	void (*on_authorized)(struct call *call);	/* called when authorized */
	void (*on_accepted)(struct call *call);		/* called when a key or second token is accepted */
	struct authentication authentication;
	char digest[SHA256_HEX_SIZE];	/* of the API key in the request */
	unsigned long long generation;	/* cache generation when the key's lookup began */
	struct db_query query;
	const char *values[SQL_PARAMS];
	const struct db_prelude *prelude;	/* runs before the statement, or NULL */
	struct db_prelude idempotency;
	const char *idempotency_values[4];
	bool disconnected;	/* the client has disconnected */
	bool replayed;	/* the response is a stored one */

	/* Validated input. */
	struct validation_errors *errors;
	const char *query_values[QUERY_FIELDS];	/* query values for PostgreSQL; NULL: absent */
	const char *cursor[SORT_KEYS];
	const char *if_match;
	const char *idempotency_key;	/* NULL: none */
	bool counted;
	struct str body;	/* without the second token */
	const char *new_id;
	struct str second_token;	/* the second token; .at is NULL if there is none */
	const char *second_token_issuer, *second_token_subject; /* of the second token; NULL: none */
};

struct user_cache;
struct api_keys;
struct expiry;
struct publisher;
struct emulation;

struct api {
	struct loop *loop;
	const struct config *config;
	struct db *db;
	struct auth *auth;
	struct user_cache *user_cache;
	struct api_keys *api_keys;
	struct expiry *expiry;
	struct publisher *publisher;
	struct emulation *emulation;
	struct endpoint *endpoints;
	size_t endpoint_count;
	struct route *routes;
	size_t route_count;
	const struct resource **resources;	/* of the enabled domains; ends with NULL */
	struct buf openapi;	/* /openapi.json */
	struct buf asyncapi;	/* /asyncapi.json; empty: not served */
	bool draining;
};

/* endpoint.c: the handler of all routes of resources. */
void endpoint_run(struct request *request);

/* authorize.c: authenticates and authorizes the caller, then continues the call. If the caller is not
 * authorized, the request is answered with an error. */
void authorize_call(struct call *call, void (*on_authorized)(struct call *call));

/* Runs a statement and holds the request; done() must release it. */
void call_query(struct call *call, enum sql sql, db_done_fn *done);

/* api.c: the prefix of a resource's paths. */
const char *resource_root(const struct resource *resource);

/* idempotency.c: requests with an Idempotency-Key. */
bool idempotency_check_statement(enum sql sql); /* does the statement have the expected parameters? */
const char *idempotency_owner(const struct call *call); /* owner of the key: user ID or API key ID */
void idempotency_prepare(struct call *call);
/* If the statement failed because the key was used before, sends the stored response and returns
 * true. */
bool idempotency_replay(struct call *call, enum db_status status, const struct db_rows *rows);

/* user_cache.c: a cache of users' rows. */
struct user_cache *user_cache_new(struct db *db, size_t max);
void user_cache_free(struct user_cache *user_cache);
/* NULL if not cached, or if the token has newer claims. Does not query the database. */
const struct cached_user *user_cache_find(struct user_cache *user_cache, const struct identity *identity);
/* `generation` is user_cache_generation() from before the row was queried. */
void user_cache_put(struct user_cache *user_cache, const struct identity *identity, const struct cached_user *user,
                  unsigned long long generation);
unsigned long long user_cache_generation(const struct user_cache *user_cache);
void user_cache_invalidate(struct user_cache *user_cache, struct str id);

/* api_key.c: authentication by API key. */
struct api_keys *api_keys_new(struct db *db, size_t max);
void api_keys_free(struct api_keys *api_keys);
void api_keys_invalidate(struct api_keys *api_keys, struct str id);
/* Does the request have an API key or a gateway's secret? */
bool api_key_is_present(const struct call *call);
/* Checks the key and its scope and continues the call; otherwise the request is answered with an
 * error. */
void api_key_check(struct call *call, void (*on_accepted)(struct call *call));

/* authorize.c: reads the bearer token of the Authorization header. */
bool authorize_read_token(const struct request *request, struct str *token);
/* authorize.c: answers with the problem of a rejected token. */
void authorize_reject_token(struct request *request, enum auth_result verdict, const char *hint);
/* The same for a second token, but never 401: clients would renew the first token. */
void authorize_reject_second_token(struct request *request, enum auth_result verdict, const char *hint);
/* authorize.c: checks the limit of failed attempts before an unknown credential is verified. False:
 * the client's address exceeded it and the request has been answered. */
bool authorize_check_failures(struct request *request);

/* second_token.c: verifies the second token and continues the call if it belongs to an anonymous account;
 * otherwise the request is answered with an error. */
void second_token_check(struct call *call, void (*on_accepted)(struct call *call));

/* error.c: error responses. */
void error_reply(struct call *call, enum problem problem, const char *detail);
void error_reply_db(struct call *call, enum db_status status, const struct db_rows *rows);
void error_reply_role(struct call *call, enum role needed);
void error_reply_row(struct call *call, const struct db_rows *rows);

/* request_check.c: validates path, query, headers and body. False: the request has been answered with an
 * error. */
bool request_check(struct call *call);

/* body.c: validates the body and appends its errors to call->errors. False: the body cannot be
 * read and the request has been answered with an error. */
bool body_check(struct call *call);

/* validation_errors.c: the errors of a request, as a JSON array. */
struct validation_errors {
	struct buf json;
	int count;
};
/* `location` is "pointer", "parameter" or "header". */
void validation_errors_add(struct validation_errors *errors, const char *location, struct str name, const char *code,
                const char *detail);

/* field.c: validates a value. */
struct field_error {
	const char *code;	/* NULL: valid */
	char detail[200];
};
struct field_error field_check(const struct field *field, const struct json *value);
/* The same for a path or query parameter. */
struct field_error field_check_text(const struct field *field, struct str text);

/* datetime.c: is `text` a valid date or time of this type? */
bool datetime_is_valid(enum field_type type, struct str text);

/* cursor.c: positions in lists. */
void cursor_write(struct call *call, struct str keys, struct buf *out);
bool cursor_read(struct call *call, struct str text);

/* api.c: limit, skip and, if the operation has sort keys, cursor. */
size_t paging_fields(const struct operation *operation, const struct field *out[3]);

/* bind.c */
void bind_plan(struct endpoint *endpoint, enum sql sql, struct plan *plan, struct buf *errors);
void bind_values(struct call *call);
/* Sets the parameter of that name in `values`, for statements that do not belong to an
 * operation. */
void bind_by_name(enum sql sql, const char **values, const char *name, const char *value);

/* response.c: answers with the rows of a statement. */
void response_send(struct call *call, const struct db_rows *rows);

/* domains.c: the setting DOMAINS. domains_select() returns the resources of the enabled domains;
 * the caller frees the array. */
void domains_check_config(const struct config *config, struct buf *errors);
bool domain_is_enabled(const struct config *config, enum domain domain);
const struct resource **domains_select(const struct config *config, const struct resource *const *resources);

/* expiry.c: deletes expired rows. */
bool expiry_check_statements(void); /* do its statements have the expected parameters? */
struct expiry *expiry_new(struct loop *loop, struct db *db, const struct config *config);
void expiry_free(struct expiry *expiry);

/* system_routes.c: routes that do not belong to a resource. */
extern const struct route system_routes[];

#endif
