/* algorithm.h: the accepted signature algorithms. */

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
	const char *name;      /* the value of `alg` */
	const char *kty, *crv; /* of its keys, as in a JWK; crv is NULL for RSA */
	const char *digest;    /* OpenSSL's name; NULL: the algorithm hashes by itself */
	bool pss;              /* RSASSA-PSS */
	int coordinate_bytes;  /* bytes of x and y; a signature has two such numbers; 0: RSA */
};

extern const struct algorithm_row algorithms[ALGORITHMS];

/* ALGORITHM_NONE if the algorithm is not accepted. */
enum algorithm algorithm_of(struct str name);

/* The algorithm of a JWK; ALGORITHM_NONE if it is not accepted, or if the JWK
 * contradicts itself. */
enum algorithm algorithm_of_key(const struct json *jwk);

#endif
