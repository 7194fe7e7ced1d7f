/* issuer.h: a token issuer for trying things out, as routes of our own server. */

#ifndef ISSUER_H
#define ISSUER_H

#include "str.h"

struct route;

struct issuer;

/* What its tokens say they are for. */
#define ISSUER_AUDIENCE "binnacle-dev"

/* `origin` is where this server is found: "http://127.0.0.1:8080"; `key` a file. */
struct issuer *issuer_new(const char *origin, const char *key, struct buf *fault);
void issuer_free(struct issuer *issuer);

const char *issuer_url(const struct issuer *issuer);	       /* the tokens' `iss` */
const struct route *issuer_routes(const struct issuer *issuer); /* last as long as it does */

#endif
