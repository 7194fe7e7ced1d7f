/* material.h: what a JWK is made of: numbers, or a point on a curve. */

#ifndef MATERIAL_H
#define MATERIAL_H

#include "algorithm.h"
#include "key.h"

/* Its public key, and its print. NULL, or what is wrong with it; *public may be
 * NULL even then, when OpenSSL does not take it. */
const char *material_read(const struct json *jwk, const struct algorithm_row *algorithm,
                          struct evp_pkey_st **public, unsigned char print[PRINT]);

#endif
