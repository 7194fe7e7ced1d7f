/* algorithm.h: the algorithms that signatures may be made with. */

#ifndef ALGORITHM_H
#define ALGORITHM_H

#include "json.h"

enum algorithm {
	ALGORITHM_NONE,
	RS256,
	RS384,
	RS512,
	PS256,
	PS384,
	PS512,
	ES256,
	ES384,
	ES512,
	EDDSA,
	ALGORITHMS
};

struct algorithm_row {
	const char *name;     /* as `alg` says it */
	const char *kty, *crv; /* of its keys, as a JWK says them; crv is NULL for RSA */
	const char *digest;   /* as OpenSSL calls it; NULL: its own business */
	bool salted;	      /* RSASSA-PSS */
	int coordinate;	      /* bytes of x and y; a signature has two such numbers. 0: RSA */
};

extern const struct algorithm_row algorithms[ALGORITHMS];

/* ALGORITHM_NONE when it is none of ours. */
enum algorithm algorithm_of(struct str name);

/* The one that a JWK is for; ALGORITHM_NONE when it is for none of ours, or
 * contradicts itself. */
enum algorithm algorithm_of_key(const struct json *jwk);

#endif
