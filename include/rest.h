/* rest.h: serves the operations of the resource tables.
 *
 * The access module authorizes the callers; each operation runs a named SQL statement. */

#ifndef REST_H
#define REST_H

#include "json.h"
#include "schema.h"

struct access;
struct auth;
struct config;
struct db;
struct loop;

struct rest;

/* Callbacks into the modules above. */
struct rest_hooks {
	void *context;
	/* A statement has committed and returned these events (live.emit()'s array). */
	void (*on_events)(void *context, struct str events);
	/* A user's or an API key's row has changed. */
	void (*on_row_changed)(void *context, struct str id);
	/* Appends JSON members that describe this process and list its connections: at most
	 * `limit`, after the first `skip`. */
	void (*append_connections)(void *context, size_t skip, size_t limit, struct buf *members);
};

/* Checks the settings that this module uses; appends one line for each error. */
bool rest_check_config(const struct config *config, struct buf *errors);

/* Validates the tables and appends one line for each error, such as a missing role or a
 * statement parameter without a source. Needs no database. */
[[nodiscard]] bool rest_check_tables(const struct resource *const *resources, struct buf *errors);

/* The tables must be valid. */
struct rest *rest_new(struct loop *loop, const struct config *config, struct db *db,
                      struct auth *auth, struct access *access,
                      const struct resource *const *resources, const struct rest_hooks *hooks);
void rest_free(struct rest *rest);

const struct route *rest_routes(const struct rest *rest, size_t *count);

/* From now on /ready returns 503, so that load balancers stop sending requests. */
void rest_drain(struct rest *rest);

/* Validates an object that is not the body of an operation. False: it is invalid, and the `errors`
 * array of a problem is appended to `errors`. */
bool rest_check_object(const struct field *fields, const struct json *object, struct buf *errors);

/* Checks a value that does not come from a request. Returns the error ("must be …"), valid until
 * the next call, or NULL. */
const char *field_error_text(const struct field *field, struct str text);

#endif
