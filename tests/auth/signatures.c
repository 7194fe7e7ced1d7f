/* A signature is accepted if it was made with the key that `kid` names and with the algorithm of
 * that key. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "auth_fixture.h"

static struct auth_fixture f;

static void set_up(void)
{
	auth_fixture_open(&f);
}

static void tear_down(void)
{
	auth_fixture_close(&f);
}

TestSuite(signatures, .init = set_up, .fini = tear_down, .timeout = 60);

/* Keys that can be used, and keys that must be skipped. */
static const struct {
	enum test_key key_id;
	const char *kid, *more;
} published[] = {
	{ R1, "r1", ",\"use\":\"sig\",\"alg\":\"RS256\"" },
	{ R2, "r2", ",\"key_ops\":[\"verify\"]" },
	{ R2, "rs384", ",\"alg\":\"RS384\"" },
	{ R2, "rs512", ",\"alg\":\"RS512\"" },
	{ R2, "ps256", ",\"alg\":\"PS256\"" },
	{ R2, "ps384", ",\"alg\":\"PS384\"" },
	{ R2, "ps512", ",\"alg\":\"PS512\"" },
	{ E1, "e1", ",\"use\":\"sig\",\"alg\":\"ES256\"" },
	{ P384, "p384", "" },
	{ P521, "p521", "" },
	{ ED1, "ed1", "" },
	{ WEAK, "weak", "" },
	{ K1, "k1", "" },
	{ R2, "enc", ",\"use\":\"enc\"" },
	{ R2, "leaked", ",\"d\":\"AQAB\"" },
	{ R2, "twice", "" },
	{ E2, "twice", "" },
};

static void publish_all(void)
{
	buf_text(&f.keys, "{\"keys\":[");
	for (size_t i = 0; i < COUNT_OF(published); i++) {
		test_key_jwk(&f.keys, published[i].key_id, published[i].kid, published[i].more);
		buf_char(&f.keys, ',');
	}
	buf_text(&f.keys,
	         "{\"kty\":\"oct\",\"kid\":\"oct\",\"k\":\"c2VjcmV0\",\"alg\":\"HS256\"}]}");
}

#define GOOD          "{" CLAIMS "}"
#define R(more)       "{\"alg\":\"RS256\",\"kid\":\"r1\"" more "}"
#define TIMED(claims) "{" CLAIMS "," claims "}"
#define H(alg, kid)   "{\"alg\":\"" alg "\",\"kid\":\"" kid "\"}"
#define OLD           "{\"iss\":\"" ISSUER "\",\"sub\":\"user_1\",\"aud\":\"api\",\"exp\":1700000000}"

#define TEN   "aaaaaaaaaa"
#define FIFTY TEN TEN TEN TEN TEN

static const struct {
	const char *what, *header, *claims;
	enum test_key key_id;
	enum test_signing signing;
	enum auth_result result;
} rows[] = {
	{ "RS256", R(",\"typ\":\"JWT\""), GOOD, R1, SHA_256, AUTH_OK },
	{ "RS384", H("RS384", "rs384"), GOOD, R2, SHA_384, AUTH_OK },
	{ "RS512", H("RS512", "rs512"), GOOD, R2, SHA_512, AUTH_OK },
	{ "PS256", H("PS256", "ps256"), GOOD, R2, PSS, AUTH_OK },
	{ "PS384", H("PS384", "ps384"), GOOD, R2, PSS_384, AUTH_OK },
	{ "PS512", H("PS512", "ps512"), GOOD, R2, PSS_512, AUTH_OK },
	{ "ES256", H("ES256", "e1"), GOOD, E1, SHA_256, AUTH_OK },
	{ "ES384", H("ES384", "p384"), GOOD, P384, SHA_384, AUTH_OK },
	{ "ES512", H("ES512", "p521"), GOOD, P521, SHA_512, AUTH_OK },
	{ "EdDSA", H("EdDSA", "ed1"), GOOD, ED1, SHA_256, AUTH_OK },
	{ "RS256 with a key without alg and use", H("RS256", "r2"), GOOD, R2, SHA_256, AUTH_OK },
	{ "typ is absent", R(""), GOOD, R1, SHA_256, AUTH_OK },
	{ "typ in lower case", R(",\"typ\":\"jwt\""), GOOD, R1, SHA_256, AUTH_OK },
	{ "an access token", R(",\"typ\":\"at+jwt\""), GOOD, R1, SHA_256, AUTH_OK },
	{ "an access token in upper case", R(",\"typ\":\"AT+JWT\""), GOOD, R1, SHA_256, AUTH_OK },
	{ "the only P-256 key, no kid", "{\"alg\":\"ES256\"}", GOOD, E1, SHA_256, AUTH_OK },
	{ "the only P-384 key, no kid", "{\"alg\":\"ES384\"}", GOOD, P384, SHA_384, AUTH_OK },
	{ "the only Ed25519 key, no kid", "{\"alg\":\"EdDSA\"}", GOOD, ED1, SHA_256, AUTH_OK },
	{ "the only key for PS256, no kid", "{\"alg\":\"PS256\"}", GOOD, R2, PSS, AUTH_OK },
	{ "unknown claims", R(""), TIMED("\"x\":{\"y\":[1,2.5,null]}"), R1, SHA_256, AUTH_OK },
	{ "white space in the JSON", " { \"alg\" : \"RS256\" , \"kid\" : \"r1\" } ", GOOD, R1,
	  SHA_256, AUTH_OK },

	/* The header. */
	{ "another typ", R(",\"typ\":\"dpop+jwt\""), GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "typ is a number", R(",\"typ\":1"), GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "typ is null", R(",\"typ\":null"), GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "crit", R(",\"crit\":[\"exp2\"],\"exp2\":1"), GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "crit, empty", R(",\"crit\":[]"), GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "b64 false", R(",\"crit\":[\"b64\"],\"b64\":false"), GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "b64 alone", R(",\"b64\":true"), GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "jku", R(",\"jku\":\"http://evil.example/jwks\""), GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "jwk", R(",\"jwk\":{\"kty\":\"RSA\"}"), GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "x5u", R(",\"x5u\":\"http://evil.example/\""), GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "x5c", R(",\"x5c\":[]"), GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "zip", R(",\"zip\":\"DEF\""), GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "enc", R(",\"enc\":\"A256GCM\""), GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "a security event", R(",\"typ\":\"secevent+jwt\""), GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "a logout token", R(",\"typ\":\"logout+jwt\""), GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "not an object", "[\"RS256\"]", GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "empty header", "", GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "not JSON", "{alg:RS256}", GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "trailing data", R("") "x", GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "a byte order mark", "\xef\xbb\xbf" R(""), GOOD, R1, SHA_256, AUTH_MALFORMED },

	/* The algorithm. */
	{ "none, unsigned", "{\"alg\":\"none\"}", GOOD, R1, NONE, AUTH_ALGORITHM },
	{ "None", H("None", "r1"), GOOD, R1, NONE, AUTH_ALGORITHM },
	{ "nOnE, signed", H("nOnE", "r1"), GOOD, R1, SHA_256, AUTH_ALGORITHM },
	{ "RS256, unsigned", R(""), GOOD, R1, NONE, AUTH_MALFORMED },
	{ "alg is empty", H("", "r1"), GOOD, R1, SHA_256, AUTH_ALGORITHM },
	{ "alg is absent", "{\"kid\":\"r1\"}", GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "alg is null", "{\"alg\":null,\"kid\":\"r1\"}", GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "alg is a number", "{\"alg\":256,\"kid\":\"r1\"}", GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "alg is an array", "{\"alg\":[\"RS256\"],\"kid\":\"r1\"}", GOOD, R1, SHA_256,
	  AUTH_MALFORMED },
	{ "duplicate alg", "{\"alg\":\"none\",\"alg\":\"RS256\",\"kid\":\"r1\"}", GOOD, R1, SHA_256,
	  AUTH_MALFORMED },
	{ "duplicate alg, one escaped", "{\"alg\":\"none\",\"\\u0061lg\":\"RS256\",\"kid\":\"r1\"}",
	  GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "alg in lower case", H("rs256", "r1"), GOOD, R1, SHA_256, AUTH_ALGORITHM },
	{ "alg with a space", H("RS256 ", "r1"), GOOD, R1, SHA_256, AUTH_ALGORITHM },
	{ "alg with a NUL", "{\"alg\":\"RS256\\u0000\",\"kid\":\"r1\"}", GOOD, R1, SHA_256,
	  AUTH_MALFORMED },
	{ "HS256 with the PEM", H("HS256", "r1"), GOOD, R1, HMAC_PEM, AUTH_ALGORITHM },
	{ "HS256 with the DER", H("HS256", "r1"), GOOD, R1, HMAC_DER, AUTH_ALGORITHM },
	{ "HS256 with the EC PEM", H("HS256", "e1"), GOOD, E1, HMAC_PEM, AUTH_ALGORITHM },
	{ "HS256 with the published secret", H("HS256", "oct"), GOOD, R1, HMAC_PEM,
	  AUTH_ALGORITHM },
	{ "alg RS256, signed with HMAC and the PEM", R(""), GOOD, R1, HMAC_PEM, AUTH_SIGNATURE },

	/* The algorithm is a property of the key, also within a family. */
	{ "RS512 with an RS256 key", H("RS512", "r1"), GOOD, R1, SHA_512, AUTH_ALGORITHM },
	{ "RS512 signature with alg RS256", R(""), GOOD, R1, SHA_512, AUTH_SIGNATURE },
	{ "RS256 with an RS512 key", H("RS256", "rs512"), GOOD, R2, SHA_256, AUTH_ALGORITHM },
	{ "RS256 signature with alg RS512", H("RS512", "rs512"), GOOD, R2, SHA_256,
	  AUTH_SIGNATURE },
	{ "RS384 signature with alg RS512", H("RS512", "rs512"), GOOD, R2, SHA_384,
	  AUTH_SIGNATURE },
	{ "PS256 with an RS256 key", H("PS256", "r1"), GOOD, R1, PSS, AUTH_ALGORITHM },
	{ "PS256 with a key without alg", H("PS256", "r2"), GOOD, R2, PSS, AUTH_ALGORITHM },
	{ "PS256 signature with alg RS256", R(""), GOOD, R1, PSS, AUTH_SIGNATURE },
	{ "RS256 with a PS256 key", H("RS256", "ps256"), GOOD, R2, SHA_256, AUTH_ALGORITHM },
	{ "RS256 signature with alg PS256", H("PS256", "ps256"), GOOD, R2, SHA_256,
	  AUTH_SIGNATURE },
	{ "PS384 with a PS256 key", H("PS384", "ps256"), GOOD, R2, PSS_384, AUTH_ALGORITHM },
	{ "PS384 signature with alg PS256", H("PS256", "ps256"), GOOD, R2, PSS_384,
	  AUTH_SIGNATURE },
	{ "PS256 signature with alg PS512", H("PS512", "ps512"), GOOD, R2, PSS, AUTH_SIGNATURE },
	{ "PS256 without salt", H("PS256", "ps256"), GOOD, R2, PSS_BARE, AUTH_SIGNATURE },
	{ "PS256 with a long salt", H("PS256", "ps256"), GOOD, R2, PSS_LONG, AUTH_SIGNATURE },
	{ "PS256 with SHA-1 in MGF1", H("PS256", "ps256"), GOOD, R2, PSS_MASK, AUTH_SIGNATURE },
	{ "ES256 with a P-384 key", H("ES256", "p384"), GOOD, P384, SHA_256, AUTH_ALGORITHM },
	{ "ES256 signature of a P-384 key with alg ES384", H("ES384", "p384"), GOOD, P384, SHA_256,
	  AUTH_SIGNATURE },
	{ "ES384 with a P-256 key", H("ES384", "e1"), GOOD, E1, SHA_384, AUTH_ALGORITHM },
	{ "ES384 signature of a P-256 key with another kid", H("ES384", "p384"), GOOD, E1, SHA_384,
	  AUTH_SIGNATURE },
	{ "ES384 with SHA-512", H("ES384", "p384"), GOOD, P384, SHA_512, AUTH_SIGNATURE },
	{ "ES256 with SHA-512", H("ES256", "e1"), GOOD, E1, SHA_512, AUTH_SIGNATURE },
	{ "ES512 with SHA-256", H("ES512", "p521"), GOOD, P521, SHA_256, AUTH_SIGNATURE },
	{ "ES512 with a P-384 key", H("ES512", "p384"), GOOD, P384, SHA_512, AUTH_ALGORITHM },
	{ "ES384 signature with alg ES512", H("ES512", "p521"), GOOD, P384, SHA_384,
	  AUTH_SIGNATURE },
	{ "ES256 with an RSA key", H("ES256", "r1"), GOOD, E1, SHA_256, AUTH_ALGORITHM },
	{ "RS256 with an EC key", H("RS256", "e1"), GOOD, R1, SHA_256, AUTH_ALGORITHM },
	{ "EdDSA with an EC key", H("EdDSA", "e1"), GOOD, E1, SHA_256, AUTH_ALGORITHM },
	{ "ES256 with an Ed25519 key", H("ES256", "ed1"), GOOD, E1, SHA_256, AUTH_ALGORITHM },
	{ "alg Ed25519 instead of EdDSA", H("Ed25519", "ed1"), GOOD, ED1, SHA_256, AUTH_ALGORITHM },
	{ "EdDSA in another case", H("EDDSA", "ed1"), GOOD, ED1, SHA_256, AUTH_ALGORITHM },
	{ "ES256K", H("ES256K", "k1"), GOOD, K1, SHA_256, AUTH_ALGORITHM },
	{ "HS256 with Ed25519's PEM", H("HS256", "ed1"), GOOD, ED1, HMAC_PEM, AUTH_ALGORITHM },
	{ "HS512 with the PEM", H("HS512", "r1"), GOOD, R1, HMAC_PEM, AUTH_ALGORITHM },
	{ "alg EdDSA, signed with HMAC and the PEM", H("EdDSA", "ed1"), GOOD, ED1, HMAC_PEM,
	  AUTH_SIGNATURE },
	{ "an encryption algorithm", H("RSA-OAEP-256", "r1"), GOOD, R1, SHA_256, AUTH_ALGORITHM },
	{ "direct encryption", H("dir", "r1"), GOOD, R1, SHA_256, AUTH_ALGORITHM },

	/* The key. */
	{ "unknown kid", H("RS256", "r9"), GOOD, R1, SHA_256, AUTH_UNKNOWN_KEY },
	{ "no kid, two keys match", "{\"alg\":\"RS256\"}", GOOD, R1, SHA_256, AUTH_UNKNOWN_KEY },
	{ "kid is empty", H("RS256", ""), GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "kid is a number", "{\"alg\":\"RS256\",\"kid\":1}", GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "kid is null", "{\"alg\":\"RS256\",\"kid\":null}", GOOD, R1, SHA_256, AUTH_MALFORMED },
	{ "kid is an array", "{\"alg\":\"RS256\",\"kid\":[\"r1\"]}", GOOD, R1, SHA_256,
	  AUTH_MALFORMED },
	{ "kid is too long",
	  "{\"alg\":\"RS256\",\"kid\":\"" FIFTY FIFTY FIFTY FIFTY FIFTY "aaaaaaa\"}", GOOD, R1,
	  SHA_256, AUTH_MALFORMED },
	{ "kid is a path", H("RS256", "../../dev/null"), GOOD, R1, SHA_256, AUTH_UNKNOWN_KEY },
	{ "kid is SQL", H("RS256", "' or 1=1 --"), GOOD, R1, SHA_256, AUTH_UNKNOWN_KEY },
	{ "kid in another case", H("RS256", "R1"), GOOD, R1, SHA_256, AUTH_UNKNOWN_KEY },
	{ "kid of two keys", H("RS256", "twice"), GOOD, R2, SHA_256, AUTH_UNKNOWN_KEY },
	{ "kid of two keys, the other key", H("ES256", "twice"), GOOD, E2, SHA_256,
	  AUTH_UNKNOWN_KEY },
	{ "a 1024-bit key", H("RS256", "weak"), GOOD, WEAK, SHA_256, AUTH_UNKNOWN_KEY },
	{ "a key for encryption", H("RS256", "enc"), GOOD, R2, SHA_256, AUTH_UNKNOWN_KEY },
	{ "a key published with its private key", H("RS256", "leaked"), GOOD, R2, SHA_256,
	  AUTH_UNKNOWN_KEY },
	{ "ES256 with a secp256k1 key", H("ES256", "k1"), GOOD, K1, SHA_256, AUTH_UNKNOWN_KEY },

	/* The signature. */
	{ "of another key", R(""), GOOD, R2, SHA_256, AUTH_SIGNATURE },
	{ "of another EC key", H("ES256", "e1"), GOOD, E2, SHA_256, AUTH_SIGNATURE },
	{ "of a P-384 key", H("ES256", "e1"), GOOD, P384, SHA_256, AUTH_SIGNATURE },
	{ "of a short RSA key", R(""), GOOD, WEAK, SHA_256, AUTH_SIGNATURE },
	{ "RSA signature with alg ES256", H("ES256", "e1"), GOOD, R1, SHA_256, AUTH_SIGNATURE },
	{ "ECDSA signature with alg RS256", R(""), GOOD, E1, SHA_256, AUTH_SIGNATURE },
	{ "ES256 in DER", H("ES256", "e1"), GOOD, E1, DER, AUTH_SIGNATURE },
	{ "r and s are zero", H("ES256", "e1"), GOOD, E1, ZEROS, AUTH_SIGNATURE },
	{ "all zeros with RSA", R(""), GOOD, R1, ZEROS, AUTH_SIGNATURE },
	{ "r and s are zero with ES384", H("ES384", "p384"), GOOD, P384, ZEROS, AUTH_SIGNATURE },
	{ "ES384 in DER", H("ES384", "p384"), GOOD, P384, DER, AUTH_SIGNATURE },
	{ "EdDSA of another key", H("EdDSA", "ed1"), GOOD, ED2, SHA_256, AUTH_SIGNATURE },
	{ "all zeros with EdDSA", H("EdDSA", "ed1"), GOOD, ED1, ZEROS, AUTH_SIGNATURE },
	{ "ES256 signature with alg EdDSA", H("EdDSA", "ed1"), GOOD, E1, SHA_256, AUTH_SIGNATURE },
	{ "EdDSA signature with alg ES256", H("ES256", "e1"), GOOD, ED1, SHA_256, AUTH_SIGNATURE },
	{ "PS256 of another key", H("PS256", "ps256"), GOOD, R1, PSS, AUTH_SIGNATURE },
	{ "ES512 with an empty signature", H("ES512", "p521"), GOOD, P521, NONE, AUTH_MALFORMED },

	/* Cheap checks come first: the signatures of these two are invalid as well. */
	{ "expired and forged", R(""), OLD, R2, SHA_256, AUTH_EXPIRED },
	{ "expired, unknown key", H("RS256", "r9"), OLD, R2, SHA_256, AUTH_EXPIRED },
};

Test(signatures, must_match_the_key_and_its_algorithm)
{
	publish_all();
	auth_fixture_start(&f);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum auth_result result;

		test_token_sign(&f.token, str_of(rows[i].header), str_of(rows[i].claims),
		                rows[i].key_id, rows[i].signing);
		result = auth_fixture_check_token(&f);
		cr_expect(result == rows[i].result, "%s: %s instead of %s", rows[i].what,
		          result_name(result), result_name(rows[i].result));
		cr_expect(eq(int, f.identity != NULL, result == AUTH_OK), "%s", rows[i].what);
	}
	cr_expect(eq(int, f.fetches, 2), "one fetch at start and one for all unknown keys");
}

/* A key verifies many signatures; an invalid one does not affect the next. */
Test(signatures, are_independent_of_each_other)
{
	static const struct {
		const char *header;
		enum test_key key_id;
		enum test_signing signing;
	} kinds[] = {
		{ R(""), R1, SHA_256 },
		{ H("PS512", "ps512"), R2, PSS_512 },
		{ H("ES256", "e1"), E1, SHA_256 },
		{ H("ES512", "p521"), P521, SHA_512 },
		{ H("EdDSA", "ed1"), ED1, SHA_256 },
	};
	char claims[300];

	publish_all();
	auth_fixture_start(&f);
	for (size_t i = 0; i < COUNT_OF(kinds) * 20; i++) {
		snprintf(claims, sizeof(claims), "{" CLAIMS ",\"jti\":%zu}", i);
		test_token_sign(&f.token, str_of(kinds[i / 20].header), str_of(claims),
		                kinds[i / 20].key_id, kinds[i / 20].signing);
		if (i % 3 == 0)
			f.token.at[f.token.length - 20] ^= 1;
		cr_expect(eq(int, auth_fixture_check_token(&f) == AUTH_OK, i % 3 != 0), "%zu", i);
	}
}

/* An RSA signature has the length of its key, including leading zeros: accepting one
 * without them would allow a second spelling of the same token. */
Test(signatures, must_keep_leading_zeros)
{
	static const struct {
		const char *header;
		enum test_signing signing;
	} kinds[] = { { H("RS256", "r2"), SHA_256 }, { H("PS256", "ps256"), PSS } };
	unsigned char bytes[256];

	publish_all();
	auth_fixture_start(&f);
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		size_t dot = 0;

		/* One signature in 256 begins with a zero. */
		for (int n = 0; n < 20000; n++) {
			char claims[300];

			snprintf(claims, sizeof(claims), "{" CLAIMS ",\"jti\":%d}", n);
			test_token_sign(&f.token, str_of(kinds[i].header), str_of(claims), R2,
			                kinds[i].signing);
			dot = (size_t)(strrchr(f.token.at, '.') - f.token.at) + 1;
			cr_assert(base64url_decode(
					  (struct str){ f.token.at + dot, f.token.length - dot },
					  bytes, sizeof(bytes))
			          == sizeof(bytes));
			if (bytes[0] == 0)
				break;
		}
		cr_assert(bytes[0] == 0);
		f.token.length = dot;
		base64url_encode(&f.token, bytes + 1, sizeof(bytes) - 1);
		cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_SIGNATURE));
		f.token.length = dot;
		base64url_encode(&f.token, bytes, sizeof(bytes));
		cr_expect(eq(int, auth_fixture_check_token(&f), AUTH_OK));
	}
}
