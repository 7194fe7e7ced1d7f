/* api.h: serves the resources: turns their tables into routes.
 *
 * Requests are answered from the database; callers are authenticated with auth. */

#ifndef API_H
#define API_H

#include "schema.h"

struct auth;
struct config;
struct db;
struct loop;

struct api;

/* Checks the settings that this module uses; appends one line for each error. */
bool api_check_config(const struct config *config, struct buf *errors);

/* NULL if the tables have errors, such as a missing role, a statement parameter without a source
 * or an unknown problem code; `errors` then lists all of them. `extra` are further routes, ending
 * with METHOD_NONE. */
struct api *api_new(struct loop *loop, const struct config *config, struct db *db, struct auth *auth,
                    const struct resource *const *resources, const struct route *extra,
                    struct buf *errors);
void api_free(struct api *api);

/* For http_new(), whose context must be the api. */
const struct route *api_routes(const struct api *api, size_t *count);

/* From now on /ready answers 503, so that load balancers stop sending requests. */
void api_drain(struct api *api);
/* Disconnects all subscribers; call it after all requests have been answered. done() is called
 * when the last connection is closed. */
void api_disconnect_all(struct api *api, void (*done)(void *arg), void *arg);

/* Checks a value that does not come from a request. Returns the error ("must be …"), valid until
 * the next call, or NULL. */
const char *field_error_text(const struct field *field, struct str text);

/* Write the OpenAPI 3.1 and the AsyncAPI 3.0 document. */
void api_openapi(const struct resource *const *resources, struct buf *out);
void api_asyncapi(const struct resource *const *resources, struct buf *out);

#endif
