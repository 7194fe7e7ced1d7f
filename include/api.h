/* api.h: the engine. Tables in, behaviour out.
 *
 * It is handed the resources and makes routes of them; it answers by way of the
 * database, and knows who is calling by way of auth. */

#ifndef API_H
#define API_H

#include "schema.h"

struct auth;
struct config;
struct db;
struct loop;

struct api;

/* Are this room's settings fit to serve? Each fault is a line. */
bool api_fit(const struct config *config, struct buf *faults);

/* Every fault of the tables is named in `faults`, and then there is no api:
 * a role or a statement that is missing, a parameter that nobody fills, a code
 * that no problem has. `extra` are further routes, ending with METHOD_NONE. */
struct api *api_new(struct loop *loop, const struct config *config, struct db *db, struct auth *auth,
                    const struct resource *const *resources, const struct route *extra,
                    struct buf *faults);
void api_free(struct api *api);

/* For http_new(), which is handed the api as its context. */
const struct route *api_routes(const struct api *api, size_t *count);

/* From here on /ready says no: the street door is about to close. */
void api_drain(struct api *api);
/* Those who listen are told goodbye, when all requests have been answered; done() when the last
 * of them has left. */
void api_dismiss(struct api *api, void (*done)(void *arg), void *arg);

/* What is wrong with a value that came otherwise than by a request: "must be …", or
 * NULL; lent until the next call. */
const char *api_complaint(const struct field *field, struct str text);

/* The contract, as OpenAPI 3.1; and that of the streams, as AsyncAPI 3.0. */
void api_openapi(const struct resource *const *resources, struct buf *out);
void api_asyncapi(const struct resource *const *resources, struct buf *out);

#endif
