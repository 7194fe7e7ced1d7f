/* jwk.h: reads the public key of a JWK. */

#ifndef JWK_H
#define JWK_H

#include "algorithm.h"
#include "key.h"

/* Sets the public key and its thumbprint. NULL, or what is wrong with the JWK. *public is
 * NULL also on success if OpenSSL rejects the key. */
const char *jwk_public_key(const struct json *jwk, const struct algorithm_row *algorithm,
                           struct evp_pkey_st **public, unsigned char thumbprint[THUMBPRINT_BYTES]);

#endif
