/* algorithm.c: the accepted signature algorithms.
 *
 * All of them are asymmetric: there is no HMAC, and no "none". */

#include "algorithm.h"

/* A key without `alg` gets the first row that matches its type. For RSA that is RS256,
 * the default of OpenID Connect. */
const struct algorithm_row algorithms[ALGORITHMS] = {
	[RS256] = { "RS256", "RSA", NULL, "SHA256" },
	[RS384] = { "RS384", "RSA", NULL, "SHA384" },
	[RS512] = { "RS512", "RSA", NULL, "SHA512" },
	[PS256] = { "PS256", "RSA", NULL, "SHA256", .pss = true },
	[PS384] = { "PS384", "RSA", NULL, "SHA384", .pss = true },
	[PS512] = { "PS512", "RSA", NULL, "SHA512", .pss = true },
	[ES256] = { "ES256", "EC", "P-256", "SHA256", .coordinate_bytes = 32 },
	[ES384] = { "ES384", "EC", "P-384", "SHA384", .coordinate_bytes = 48 },
	[ES512] = { "ES512", "EC", "P-521", "SHA512", .coordinate_bytes = 66 },
	[EDDSA] = { "EdDSA", "OKP", "Ed25519", NULL, .coordinate_bytes = 32 },
};

enum algorithm algorithm_of(struct str name)
{
	for (int i = ALGORITHM_NONE + 1; i < ALGORITHMS; i++)
		if (str_is(name, algorithms[i].name))
			return (enum algorithm)i;
	return ALGORITHM_NONE;
}

enum algorithm algorithm_of_key(const struct json *jwk)
{
	const struct json *alg = json_member(jwk, "alg");
	struct str kty = json_member_string(jwk, "kty"), crv = json_member_string(jwk, "crv");

	for (int i = ALGORITHM_NONE + 1; i < ALGORITHMS; i++) {
		const struct algorithm_row *row = &algorithms[i];

		if (str_is(kty, row->kty) && (!row->crv || str_is(crv, row->crv))
		    && (!alg || str_is(json_string(alg), row->name)))
			return (enum algorithm)i;
	}
	return ALGORITHM_NONE;
}
