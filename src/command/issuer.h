/* issuer.h: the token issuer of `binnacle dev`, as routes of its server. */

#ifndef ISSUER_H
#define ISSUER_H

#include "str.h"

struct route;

struct issuer;

/* The audience of its tokens. */
#define ISSUER_AUDIENCE "binnacle-dev"

/* `origin` is this server's: "http://127.0.0.1:8080"; `key` is a file. */
struct issuer *issuer_new(const char *origin, const char *key, struct buf *error);
void issuer_free(struct issuer *issuer);

const char *issuer_url(const struct issuer *issuer);            /* the tokens' `iss` */
const struct route *issuer_routes(const struct issuer *issuer); /* valid as long as the issuer */

#endif
