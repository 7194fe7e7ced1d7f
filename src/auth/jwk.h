/* jwk.h: reads the public key of a JWK. */

#ifndef MATERIAL_H
#define MATERIAL_H

#include "algorithm.h"
#include "key.h"

/* Sets the public key and its thumbprint. NULL, or what is wrong with the JWK. *public is
 * NULL also on success if OpenSSL rejects the key. */
const char *material_read(const struct json *jwk, const struct algorithm_row *algorithm,
                          struct evp_pkey_st **public, unsigned char print[PRINT]);

#endif
