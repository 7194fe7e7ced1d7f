/* A signature is believed when the key it names made it, with the algorithm of that key. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "stand.h"

static struct stand f;

static void set_up(void)
{
	stand_open(&f);
}

static void tear_down(void)
{
	stand_close(&f);
}

TestSuite(signatures, .init = set_up, .fini = tear_down, .timeout = 60);

/* Beside the keys that are of use there are many that must not be. */
static const struct {
	enum forger forger;
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
		forge_jwk(&f.keys, published[i].forger, published[i].kid, published[i].more);
		buf_char(&f.keys, ',');
	}
	buf_text(&f.keys, "{\"kty\":\"oct\",\"kid\":\"oct\",\"k\":\"c2VjcmV0\",\"alg\":\"HS256\"}]}");
}

#define GOOD	   "{" CLAIMS "}"
#define R(more)	   "{\"alg\":\"RS256\",\"kid\":\"r1\"" more "}"
#define TIMED(claims) "{" CLAIMS "," claims "}"
#define H(alg, kid) "{\"alg\":\"" alg "\",\"kid\":\"" kid "\"}"
#define OLD "{\"iss\":\"" ISSUER "\",\"sub\":\"user_1\",\"aud\":\"api\",\"exp\":1700000000}"

#define TEN   "aaaaaaaaaa"
#define FIFTY TEN TEN TEN TEN TEN

static const struct {
	const char *what, *header, *claims;
	enum forger forger;
	enum seal seal;
	enum auth_verdict verdict;
} rows[] = {
	{ "RS256", R(",\"typ\":\"JWT\""), GOOD, R1, HONEST, AUTH_TRUE },
	{ "RS384", H("RS384", "rs384"), GOOD, R2, SHA_384, AUTH_TRUE },
	{ "RS512", H("RS512", "rs512"), GOOD, R2, SHA_512, AUTH_TRUE },
	{ "PS256", H("PS256", "ps256"), GOOD, R2, PSS, AUTH_TRUE },
	{ "PS384", H("PS384", "ps384"), GOOD, R2, PSS_384, AUTH_TRUE },
	{ "PS512", H("PS512", "ps512"), GOOD, R2, PSS_512, AUTH_TRUE },
	{ "ES256", H("ES256", "e1"), GOOD, E1, HONEST, AUTH_TRUE },
	{ "ES384", H("ES384", "p384"), GOOD, P384, SHA_384, AUTH_TRUE },
	{ "ES512", H("ES512", "p521"), GOOD, P521, SHA_512, AUTH_TRUE },
	{ "EdDSA", H("EdDSA", "ed1"), GOOD, ED1, HONEST, AUTH_TRUE },
	{ "RS256 of a key that does not say what it is for", H("RS256", "r2"), GOOD, R2, HONEST, AUTH_TRUE },
	{ "typ absent", R(""), GOOD, R1, HONEST, AUTH_TRUE },
	{ "typ in small letters", R(",\"typ\":\"jwt\""), GOOD, R1, HONEST, AUTH_TRUE },
	{ "an access token", R(",\"typ\":\"at+jwt\""), GOOD, R1, HONEST, AUTH_TRUE },
	{ "an access token, loudly", R(",\"typ\":\"AT+JWT\""), GOOD, R1, HONEST, AUTH_TRUE },
	{ "the only P-256 key, unnamed", "{\"alg\":\"ES256\"}", GOOD, E1, HONEST, AUTH_TRUE },
	{ "the only P-384 key, unnamed", "{\"alg\":\"ES384\"}", GOOD, P384, SHA_384, AUTH_TRUE },
	{ "the only Ed25519 key, unnamed", "{\"alg\":\"EdDSA\"}", GOOD, ED1, HONEST, AUTH_TRUE },
	{ "the only key for PS256, unnamed", "{\"alg\":\"PS256\"}", GOOD, R2, PSS, AUTH_TRUE },
	{ "claims nobody knows", R(""), TIMED("\"x\":{\"y\":[1,2.5,null]}"), R1, HONEST, AUTH_TRUE },
	{ "white space in the JSON", " { \"alg\" : \"RS256\" , \"kid\" : \"r1\" } ", GOOD, R1, HONEST, AUTH_TRUE },

	/* The header. */
	{ "typ of another kind", R(",\"typ\":\"dpop+jwt\""), GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "typ a number", R(",\"typ\":1"), GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "typ null", R(",\"typ\":null"), GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "crit", R(",\"crit\":[\"exp2\"],\"exp2\":1"), GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "crit, empty", R(",\"crit\":[]"), GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "b64 false", R(",\"crit\":[\"b64\"],\"b64\":false"), GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "b64 alone", R(",\"b64\":true"), GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "jku", R(",\"jku\":\"http://evil.example/jwks\""), GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "jwk", R(",\"jwk\":{\"kty\":\"RSA\"}"), GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "x5u", R(",\"x5u\":\"http://evil.example/\""), GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "x5c", R(",\"x5c\":[]"), GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "zip", R(",\"zip\":\"DEF\""), GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "enc", R(",\"enc\":\"A256GCM\""), GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "a security event", R(",\"typ\":\"secevent+jwt\""), GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "a logout token", R(",\"typ\":\"logout+jwt\""), GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "no object", "[\"RS256\"]", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "empty header", "", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "no JSON", "{alg:RS256}", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "something behind it", R("") "x", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "a byte order mark", "\xef\xbb\xbf" R(""), GOOD, R1, HONEST, AUTH_MALFORMED },

	/* The algorithm. */
	{ "none, unsigned", "{\"alg\":\"none\"}", GOOD, R1, NONE, AUTH_ALGORITHM },
	{ "None", H("None", "r1"), GOOD, R1, NONE, AUTH_ALGORITHM },
	{ "nOnE, signed", H("nOnE", "r1"), GOOD, R1, HONEST, AUTH_ALGORITHM },
	{ "RS256, unsigned", R(""), GOOD, R1, NONE, AUTH_MALFORMED },
	{ "alg empty", H("", "r1"), GOOD, R1, HONEST, AUTH_ALGORITHM },
	{ "alg absent", "{\"kid\":\"r1\"}", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "alg null", "{\"alg\":null,\"kid\":\"r1\"}", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "alg a number", "{\"alg\":256,\"kid\":\"r1\"}", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "alg a list", "{\"alg\":[\"RS256\"],\"kid\":\"r1\"}", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "alg twice", "{\"alg\":\"none\",\"alg\":\"RS256\",\"kid\":\"r1\"}", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "alg twice, once escaped", "{\"alg\":\"none\",\"\\u0061lg\":\"RS256\",\"kid\":\"r1\"}", GOOD, R1, HONEST,
	  AUTH_MALFORMED },
	{ "alg in small letters", H("rs256", "r1"), GOOD, R1, HONEST, AUTH_ALGORITHM },
	{ "alg with a space", H("RS256 ", "r1"), GOOD, R1, HONEST, AUTH_ALGORITHM },
	{ "alg with a NUL", "{\"alg\":\"RS256\\u0000\",\"kid\":\"r1\"}", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "HS256 with the PEM", H("HS256", "r1"), GOOD, R1, HMAC_PEM, AUTH_ALGORITHM },
	{ "HS256 with the DER", H("HS256", "r1"), GOOD, R1, HMAC_DER, AUTH_ALGORITHM },
	{ "HS256 with the EC PEM", H("HS256", "e1"), GOOD, E1, HMAC_PEM, AUTH_ALGORITHM },
	{ "HS256 with the published secret", H("HS256", "oct"), GOOD, R1, HMAC_PEM, AUTH_ALGORITHM },
	{ "RS256 said, HMAC with the PEM made", R(""), GOOD, R1, HMAC_PEM, AUTH_SIGNATURE },

	/* The algorithm belongs to the key, within a family, too. */
	{ "RS512 for a key of RS256", H("RS512", "r1"), GOOD, R1, SHA_512, AUTH_ALGORITHM },
	{ "RS512 under the name of RS256", R(""), GOOD, R1, SHA_512, AUTH_SIGNATURE },
	{ "RS256 for a key of RS512", H("RS256", "rs512"), GOOD, R2, HONEST, AUTH_ALGORITHM },
	{ "RS256 under the name of RS512", H("RS512", "rs512"), GOOD, R2, HONEST, AUTH_SIGNATURE },
	{ "RS384 under the name of RS512", H("RS512", "rs512"), GOOD, R2, SHA_384, AUTH_SIGNATURE },
	{ "PS256 for a key of RS256", H("PS256", "r1"), GOOD, R1, PSS, AUTH_ALGORITHM },
	{ "PS256 for a key that does not say", H("PS256", "r2"), GOOD, R2, PSS, AUTH_ALGORITHM },
	{ "PS256 under the name of RS256", R(""), GOOD, R1, PSS, AUTH_SIGNATURE },
	{ "RS256 for a key of PS256", H("RS256", "ps256"), GOOD, R2, HONEST, AUTH_ALGORITHM },
	{ "RS256 under the name of PS256", H("PS256", "ps256"), GOOD, R2, HONEST, AUTH_SIGNATURE },
	{ "PS384 for a key of PS256", H("PS384", "ps256"), GOOD, R2, PSS_384, AUTH_ALGORITHM },
	{ "PS384 under the name of PS256", H("PS256", "ps256"), GOOD, R2, PSS_384, AUTH_SIGNATURE },
	{ "PS256 under the name of PS512", H("PS512", "ps512"), GOOD, R2, PSS, AUTH_SIGNATURE },
	{ "PS256 without salt", H("PS256", "ps256"), GOOD, R2, PSS_BARE, AUTH_SIGNATURE },
	{ "PS256 with much salt", H("PS256", "ps256"), GOOD, R2, PSS_LONG, AUTH_SIGNATURE },
	{ "PS256 with SHA-1 in its mask", H("PS256", "ps256"), GOOD, R2, PSS_MASK, AUTH_SIGNATURE },
	{ "ES256 with a P-384 key", H("ES256", "p384"), GOOD, P384, HONEST, AUTH_ALGORITHM },
	{ "ES256 with a P-384 key under the name of ES384", H("ES384", "p384"), GOOD, P384, HONEST,
	  AUTH_SIGNATURE },
	{ "ES384 with a P-256 key", H("ES384", "e1"), GOOD, E1, SHA_384, AUTH_ALGORITHM },
	{ "ES384 with a P-256 key under the name of another", H("ES384", "p384"), GOOD, E1, SHA_384,
	  AUTH_SIGNATURE },
	{ "ES384 with SHA-512", H("ES384", "p384"), GOOD, P384, SHA_512, AUTH_SIGNATURE },
	{ "ES256 with SHA-512", H("ES256", "e1"), GOOD, E1, SHA_512, AUTH_SIGNATURE },
	{ "ES512 with SHA-256", H("ES512", "p521"), GOOD, P521, HONEST, AUTH_SIGNATURE },
	{ "ES512 with a P-384 key", H("ES512", "p384"), GOOD, P384, SHA_512, AUTH_ALGORITHM },
	{ "ES384 under the name of ES512", H("ES512", "p521"), GOOD, P384, SHA_384, AUTH_SIGNATURE },
	{ "ES256 for an RSA key", H("ES256", "r1"), GOOD, E1, HONEST, AUTH_ALGORITHM },
	{ "RS256 for an EC key", H("RS256", "e1"), GOOD, R1, HONEST, AUTH_ALGORITHM },
	{ "EdDSA for an EC key", H("EdDSA", "e1"), GOOD, E1, HONEST, AUTH_ALGORITHM },
	{ "ES256 for an Ed25519 key", H("ES256", "ed1"), GOOD, E1, HONEST, AUTH_ALGORITHM },
	{ "EdDSA by its curve's name", H("Ed25519", "ed1"), GOOD, ED1, HONEST, AUTH_ALGORITHM },
	{ "EdDSA in other letters", H("EDDSA", "ed1"), GOOD, ED1, HONEST, AUTH_ALGORITHM },
	{ "ES256K", H("ES256K", "k1"), GOOD, K1, HONEST, AUTH_ALGORITHM },
	{ "HS256 with Ed25519's PEM", H("HS256", "ed1"), GOOD, ED1, HMAC_PEM, AUTH_ALGORITHM },
	{ "HS512 with the PEM", H("HS512", "r1"), GOOD, R1, HMAC_PEM, AUTH_ALGORITHM },
	{ "EdDSA said, HMAC with the PEM made", H("EdDSA", "ed1"), GOOD, ED1, HMAC_PEM, AUTH_SIGNATURE },
	{ "encrypted, says the header", H("RSA-OAEP-256", "r1"), GOOD, R1, HONEST, AUTH_ALGORITHM },
	{ "encrypted directly", H("dir", "r1"), GOOD, R1, HONEST, AUTH_ALGORITHM },

	/* The key. */
	{ "kid unknown", H("RS256", "r9"), GOOD, R1, HONEST, AUTH_UNKNOWN_KEY },
	{ "kid absent with two that fit", "{\"alg\":\"RS256\"}", GOOD, R1, HONEST, AUTH_UNKNOWN_KEY },
	{ "kid empty", H("RS256", ""), GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "kid a number", "{\"alg\":\"RS256\",\"kid\":1}", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "kid null", "{\"alg\":\"RS256\",\"kid\":null}", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "kid a list", "{\"alg\":\"RS256\",\"kid\":[\"r1\"]}", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "kid too long", "{\"alg\":\"RS256\",\"kid\":\"" FIFTY FIFTY FIFTY FIFTY FIFTY "aaaaaaa\"}", GOOD, R1,
	  HONEST,
	  AUTH_MALFORMED },
	{ "kid a path", H("RS256", "../../dev/null"), GOOD, R1, HONEST, AUTH_UNKNOWN_KEY },
	{ "kid a query", H("RS256", "' or 1=1 --"), GOOD, R1, HONEST, AUTH_UNKNOWN_KEY },
	{ "kid in other letters", H("RS256", "R1"), GOOD, R1, HONEST, AUTH_UNKNOWN_KEY },
	{ "kid of two keys", H("RS256", "twice"), GOOD, R2, HONEST, AUTH_UNKNOWN_KEY },
	{ "kid of two keys, the other", H("ES256", "twice"), GOOD, E2, HONEST, AUTH_UNKNOWN_KEY },
	{ "a 1024-bit key", H("RS256", "weak"), GOOD, WEAK, HONEST, AUTH_UNKNOWN_KEY },
	{ "a key for encryption", H("RS256", "enc"), GOOD, R2, HONEST, AUTH_UNKNOWN_KEY },
	{ "a key whose private part leaked", H("RS256", "leaked"), GOOD, R2, HONEST, AUTH_UNKNOWN_KEY },
	{ "ES256 with a secp256k1 key", H("ES256", "k1"), GOOD, K1, HONEST, AUTH_UNKNOWN_KEY },

	/* The signature. */
	{ "of another key", R(""), GOOD, R2, HONEST, AUTH_SIGNATURE },
	{ "of another EC key", H("ES256", "e1"), GOOD, E2, HONEST, AUTH_SIGNATURE },
	{ "of a P-384 key", H("ES256", "e1"), GOOD, P384, HONEST, AUTH_SIGNATURE },
	{ "of a short RSA key", R(""), GOOD, WEAK, HONEST, AUTH_SIGNATURE },
	{ "RSA for an EC key", H("ES256", "e1"), GOOD, R1, HONEST, AUTH_SIGNATURE },
	{ "EC for an RSA key", R(""), GOOD, E1, HONEST, AUTH_SIGNATURE },
	{ "in DER", H("ES256", "e1"), GOOD, E1, DER, AUTH_SIGNATURE },
	{ "r and s are zero", H("ES256", "e1"), GOOD, E1, ZEROS, AUTH_SIGNATURE },
	{ "zeros for RSA", R(""), GOOD, R1, ZEROS, AUTH_SIGNATURE },
	{ "r and s are zero in ES384's width", H("ES384", "p384"), GOOD, P384, ZEROS, AUTH_SIGNATURE },
	{ "ES384 in DER", H("ES384", "p384"), GOOD, P384, DER, AUTH_SIGNATURE },
	{ "EdDSA of another key", H("EdDSA", "ed1"), GOOD, ED2, HONEST, AUTH_SIGNATURE },
	{ "EdDSA of zeros", H("EdDSA", "ed1"), GOOD, ED1, ZEROS, AUTH_SIGNATURE },
	{ "ES256 for EdDSA", H("EdDSA", "ed1"), GOOD, E1, HONEST, AUTH_SIGNATURE },
	{ "EdDSA for ES256", H("ES256", "e1"), GOOD, ED1, HONEST, AUTH_SIGNATURE },
	{ "PS256 of another key", H("PS256", "ps256"), GOOD, R1, PSS, AUTH_SIGNATURE },
	{ "ES512 of nothing", H("ES512", "p521"), GOOD, P521, NONE, AUTH_MALFORMED },

	/* What costs least is asked first: these two would also fail by their signature. */
	{ "expired and forged", R(""), OLD, R2, HONEST, AUTH_EXPIRED },
	{ "expired, of an unknown key", H("RS256", "r9"), OLD, R2, HONEST, AUTH_EXPIRED },
};

Test(signatures, are_believed_when_the_right_key_made_them_in_the_right_way)
{
	publish_all();
	stand_believe(&f);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum auth_verdict verdict;

		forge_token(&f.token, str_of(rows[i].header), str_of(rows[i].claims), rows[i].forger, rows[i].seal);
		verdict = stand_check_forged(&f);
		cr_expect(verdict == rows[i].verdict, "%s: %s instead of %s", rows[i].what, verdict_name(verdict),
		          verdict_name(rows[i].verdict));
		cr_expect(eq(int, f.identity != NULL, verdict == AUTH_TRUE), "%s", rows[i].what);
	}
	cr_expect(eq(int, f.fetches, 2), "the second on account of all the unknown keys");
}

/* A key judges many signatures, and a bad one does not spoil it for the next. */
Test(signatures, are_judged_each_by_itself)
{
	static const struct {
		const char *header;
		enum forger forger;
		enum seal seal;
	} kinds[] = {
		{ R(""), R1, HONEST },		       { H("PS512", "ps512"), R2, PSS_512 },
		{ H("ES256", "e1"), E1, HONEST },      { H("ES512", "p521"), P521, SHA_512 },
		{ H("EdDSA", "ed1"), ED1, HONEST },
	};
	char claims[300];

	publish_all();
	stand_believe(&f);
	for (size_t i = 0; i < COUNT_OF(kinds) * 20; i++) {
		snprintf(claims, sizeof(claims), "{" CLAIMS ",\"jti\":%zu}", i);
		forge_token(&f.token, str_of(kinds[i / 20].header), str_of(claims), kinds[i / 20].forger,
		            kinds[i / 20].seal);
		if (i % 3 == 0)
			f.token.at[f.token.length - 20] ^= 1;
		cr_expect(eq(int, stand_check_forged(&f) == AUTH_TRUE, i % 3 != 0), "%zu", i);
	}
}

/* An RSA signature is as long as its key, also where it begins with zeros: one that
 * lost them would be the same token, written otherwise. */
Test(signatures, do_not_lose_their_zeros)
{
	static const struct {
		const char *header;
		enum seal seal;
	} kinds[] = { { H("RS256", "r2"), HONEST }, { H("PS256", "ps256"), PSS } };
	unsigned char bytes[256];

	publish_all();
	stand_believe(&f);
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		size_t dot = 0;

		/* One in 256 begins so. */
		for (int n = 0; n < 20000; n++) {
			char claims[300];

			snprintf(claims, sizeof(claims), "{" CLAIMS ",\"jti\":%d}", n);
			forge_token(&f.token, str_of(kinds[i].header), str_of(claims), R2, kinds[i].seal);
			dot = (size_t)(strrchr(f.token.at, '.') - f.token.at) + 1;
			cr_assert(base64url_read((struct str){ f.token.at + dot, f.token.length - dot }, bytes,
			                         sizeof(bytes)) == sizeof(bytes));
			if (bytes[0] == 0)
				break;
		}
		cr_assert(bytes[0] == 0);
		f.token.length = dot;
		base64url_write(&f.token, bytes + 1, sizeof(bytes) - 1);
		cr_expect(eq(int, stand_check_forged(&f), AUTH_SIGNATURE));
		f.token.length = dot;
		base64url_write(&f.token, bytes, sizeof(bytes));
		cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE));
	}
}
