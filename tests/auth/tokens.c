/* A token is believed when it is true in every respect, and refused for what is wrong with it. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "stand.h"

static struct stand f;

/* Beside the keys that are of use there are many that must not be. */
static void publish_all(void)
{
	buf_text(&f.keys, "{\"keys\":[");
	forge_jwk(&f.keys, R1, "r1", ",\"use\":\"sig\",\"alg\":\"RS256\"");
	buf_char(&f.keys, ',');
	forge_jwk(&f.keys, R2, "r2", ",\"key_ops\":[\"verify\"]");
	buf_char(&f.keys, ',');
	forge_jwk(&f.keys, E1, "e1", ",\"use\":\"sig\",\"alg\":\"ES256\"");
	buf_char(&f.keys, ',');
	forge_jwk(&f.keys, WEAK, "weak", "");
	buf_char(&f.keys, ',');
	forge_jwk(&f.keys, P384, "p384", "");
	buf_char(&f.keys, ',');
	forge_jwk(&f.keys, K1, "k1", "");
	buf_char(&f.keys, ',');
	forge_jwk(&f.keys, R2, "enc", ",\"use\":\"enc\"");
	buf_char(&f.keys, ',');
	forge_jwk(&f.keys, R2, "ps", ",\"alg\":\"PS256\"");
	buf_char(&f.keys, ',');
	forge_jwk(&f.keys, R2, "leaked", ",\"d\":\"AQAB\"");
	buf_char(&f.keys, ',');
	forge_jwk(&f.keys, R2, "twice", "");
	buf_char(&f.keys, ',');
	forge_jwk(&f.keys, E2, "twice", "");
	buf_text(&f.keys, ",{\"kty\":\"oct\",\"kid\":\"oct\",\"k\":\"c2VjcmV0\",\"alg\":\"HS256\"}]}");
}

static void set_up(void)
{
	stand_open(&f);
}

static void believe(enum forger forger)
{
	stand_publish(&f, forger, FORGERS);
	stand_believe(&f);
}

static void tear_down(void)
{
	stand_close(&f);
}

TestSuite(tokens, .init = set_up, .fini = tear_down, .timeout = 60);

#define GOOD   "{" CLAIMS "}"
#define WITH(claims) "{\"iss\":\"" ISSUER "\",\"sub\":\"user_1\",\"aud\":\"api\"," claims "}"
#define TIMED(claims) "{" CLAIMS "," claims "}"
#define FROM(claim) "{\"sub\":\"user_1\",\"aud\":\"api\",\"exp\":1800000060" claim "}"
#define FOR(claim)  "{\"iss\":\"" ISSUER "\",\"sub\":\"user_1\",\"exp\":1800000060" claim "}"
#define ABOUT(claim) "{\"iss\":\"" ISSUER "\",\"aud\":\"api\",\"exp\":1800000060" claim "}"
#define R(more) "{\"alg\":\"RS256\",\"kid\":\"r1\"" more "}"

#define TEN  "aaaaaaaaaa"
#define FIFTY TEN TEN TEN TEN TEN
#define NEST "[[[[[[[[[["
#define TSEN "]]]]]]]]]]"

static const struct {
	const char *what, *header, *claims;
	enum forger forger;
	enum seal seal;
	enum auth_verdict verdict;
} rows[] = {
	{ "RS256", R(",\"typ\":\"JWT\""), GOOD, R1, HONEST, AUTH_TRUE },
	{ "ES256", "{\"alg\":\"ES256\",\"kid\":\"e1\"}", GOOD, E1, HONEST, AUTH_TRUE },
	{ "typ absent", R(""), GOOD, R1, HONEST, AUTH_TRUE },
	{ "typ in small letters", R(",\"typ\":\"jwt\""), GOOD, R1, HONEST, AUTH_TRUE },
	{ "an access token", R(",\"typ\":\"at+jwt\""), GOOD, R1, HONEST, AUTH_TRUE },
	{ "an access token, loudly", R(",\"typ\":\"AT+JWT\""), GOOD, R1, HONEST, AUTH_TRUE },
	{ "the only P-256 key, unnamed", "{\"alg\":\"ES256\"}", GOOD, E1, HONEST, AUTH_TRUE },
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
	{ "no object", "[\"RS256\"]", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "empty header", "", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "no JSON", "{alg:RS256}", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "something behind it", R("") "x", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "a byte order mark", "\xef\xbb\xbf" R(""), GOOD, R1, HONEST, AUTH_MALFORMED },

	/* The algorithm. */
	{ "none, unsigned", "{\"alg\":\"none\"}", GOOD, R1, NONE, AUTH_ALGORITHM },
	{ "None", "{\"alg\":\"None\",\"kid\":\"r1\"}", GOOD, R1, NONE, AUTH_ALGORITHM },
	{ "nOnE, signed", "{\"alg\":\"nOnE\",\"kid\":\"r1\"}", GOOD, R1, HONEST, AUTH_ALGORITHM },
	{ "RS256, unsigned", R(""), GOOD, R1, NONE, AUTH_MALFORMED },
	{ "alg empty", "{\"alg\":\"\",\"kid\":\"r1\"}", GOOD, R1, HONEST, AUTH_ALGORITHM },
	{ "alg absent", "{\"kid\":\"r1\"}", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "alg null", "{\"alg\":null,\"kid\":\"r1\"}", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "alg a number", "{\"alg\":256,\"kid\":\"r1\"}", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "alg a list", "{\"alg\":[\"RS256\"],\"kid\":\"r1\"}", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "alg twice", "{\"alg\":\"none\",\"alg\":\"RS256\",\"kid\":\"r1\"}", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "alg twice, once escaped", "{\"alg\":\"none\",\"\\u0061lg\":\"RS256\",\"kid\":\"r1\"}", GOOD, R1, HONEST,
	  AUTH_MALFORMED },
	{ "alg in small letters", "{\"alg\":\"rs256\",\"kid\":\"r1\"}", GOOD, R1, HONEST, AUTH_ALGORITHM },
	{ "alg with a space", "{\"alg\":\"RS256 \",\"kid\":\"r1\"}", GOOD, R1, HONEST, AUTH_ALGORITHM },
	{ "alg with a NUL", "{\"alg\":\"RS256\\u0000\",\"kid\":\"r1\"}", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "HS256 with the PEM", "{\"alg\":\"HS256\",\"kid\":\"r1\"}", GOOD, R1, HMAC_PEM, AUTH_ALGORITHM },
	{ "HS256 with the DER", "{\"alg\":\"HS256\",\"kid\":\"r1\"}", GOOD, R1, HMAC_DER, AUTH_ALGORITHM },
	{ "HS256 with the EC PEM", "{\"alg\":\"HS256\",\"kid\":\"e1\"}", GOOD, E1, HMAC_PEM, AUTH_ALGORITHM },
	{ "HS256 with the published secret", "{\"alg\":\"HS256\",\"kid\":\"oct\"}", GOOD, R1, HMAC_PEM,
	  AUTH_ALGORITHM },
	{ "RS256 said, HMAC with the PEM made", R(""), GOOD, R1, HMAC_PEM, AUTH_SIGNATURE },
	{ "RS512", "{\"alg\":\"RS512\",\"kid\":\"r1\"}", GOOD, R1, SHA_512, AUTH_ALGORITHM },
	{ "RS512 under the name of RS256", R(""), GOOD, R1, SHA_512, AUTH_SIGNATURE },
	{ "PS256", "{\"alg\":\"PS256\",\"kid\":\"r1\"}", GOOD, R1, PSS, AUTH_ALGORITHM },
	{ "PS256 under the name of RS256", R(""), GOOD, R1, PSS, AUTH_SIGNATURE },
	{ "ES384", "{\"alg\":\"ES384\",\"kid\":\"p384\"}", GOOD, P384, HONEST, AUTH_ALGORITHM },
	{ "EdDSA", "{\"alg\":\"EdDSA\",\"kid\":\"e1\"}", GOOD, E1, HONEST, AUTH_ALGORITHM },
	{ "ES256 for an RSA key", "{\"alg\":\"ES256\",\"kid\":\"r1\"}", GOOD, E1, HONEST, AUTH_ALGORITHM },
	{ "RS256 for an EC key", "{\"alg\":\"RS256\",\"kid\":\"e1\"}", GOOD, R1, HONEST, AUTH_ALGORITHM },

	/* The key. */
	{ "kid unknown", "{\"alg\":\"RS256\",\"kid\":\"r9\"}", GOOD, R1, HONEST, AUTH_UNKNOWN_KEY },
	{ "kid absent with two that fit", "{\"alg\":\"RS256\"}", GOOD, R1, HONEST, AUTH_UNKNOWN_KEY },
	{ "kid empty", "{\"alg\":\"RS256\",\"kid\":\"\"}", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "kid a number", "{\"alg\":\"RS256\",\"kid\":1}", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "kid null", "{\"alg\":\"RS256\",\"kid\":null}", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "kid a list", "{\"alg\":\"RS256\",\"kid\":[\"r1\"]}", GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "kid too long", "{\"alg\":\"RS256\",\"kid\":\"" FIFTY FIFTY FIFTY FIFTY FIFTY "aaaaaaa\"}", GOOD, R1,
	  HONEST, AUTH_MALFORMED },
	{ "kid a path", "{\"alg\":\"RS256\",\"kid\":\"../../dev/null\"}", GOOD, R1, HONEST, AUTH_UNKNOWN_KEY },
	{ "kid in other letters", "{\"alg\":\"RS256\",\"kid\":\"R1\"}", GOOD, R1, HONEST, AUTH_UNKNOWN_KEY },
	{ "kid of two keys", "{\"alg\":\"RS256\",\"kid\":\"twice\"}", GOOD, R2, HONEST, AUTH_UNKNOWN_KEY },
	{ "kid of two keys, the other", "{\"alg\":\"ES256\",\"kid\":\"twice\"}", GOOD, E2, HONEST, AUTH_UNKNOWN_KEY },
	{ "a 1024-bit key", "{\"alg\":\"RS256\",\"kid\":\"weak\"}", GOOD, WEAK, HONEST, AUTH_UNKNOWN_KEY },
	{ "a key for encryption", "{\"alg\":\"RS256\",\"kid\":\"enc\"}", GOOD, R2, HONEST, AUTH_UNKNOWN_KEY },
	{ "a key for PS256", "{\"alg\":\"RS256\",\"kid\":\"ps\"}", GOOD, R2, HONEST, AUTH_UNKNOWN_KEY },
	{ "a key whose private part leaked", "{\"alg\":\"RS256\",\"kid\":\"leaked\"}", GOOD, R2, HONEST,
	  AUTH_UNKNOWN_KEY },
	{ "ES256 with a P-384 key", "{\"alg\":\"ES256\",\"kid\":\"p384\"}", GOOD, P384, HONEST, AUTH_UNKNOWN_KEY },
	{ "ES256 with a secp256k1 key", "{\"alg\":\"ES256\",\"kid\":\"k1\"}", GOOD, K1, HONEST, AUTH_UNKNOWN_KEY },

	/* The signature. */
	{ "of another key", R(""), GOOD, R2, HONEST, AUTH_SIGNATURE },
	{ "of another EC key", "{\"alg\":\"ES256\",\"kid\":\"e1\"}", GOOD, E2, HONEST, AUTH_SIGNATURE },
	{ "of a P-384 key", "{\"alg\":\"ES256\",\"kid\":\"e1\"}", GOOD, P384, HONEST, AUTH_SIGNATURE },
	{ "of a short RSA key", R(""), GOOD, WEAK, HONEST, AUTH_SIGNATURE },
	{ "RSA for an EC key", "{\"alg\":\"ES256\",\"kid\":\"e1\"}", GOOD, R1, HONEST, AUTH_SIGNATURE },
	{ "EC for an RSA key", R(""), GOOD, E1, HONEST, AUTH_SIGNATURE },
	{ "in DER", "{\"alg\":\"ES256\",\"kid\":\"e1\"}", GOOD, E1, DER, AUTH_SIGNATURE },
	{ "r and s are zero", "{\"alg\":\"ES256\",\"kid\":\"e1\"}", GOOD, E1, ZEROS, AUTH_SIGNATURE },
	{ "zeros for RSA", R(""), GOOD, R1, ZEROS, AUTH_SIGNATURE },

	/* The claims as JSON. */
	{ "no object", R(""), "[1]", R1, HONEST, AUTH_MALFORMED },
	{ "a text", R(""), "\"" ISSUER "\"", R1, HONEST, AUTH_MALFORMED },
	{ "empty", R(""), "", R1, HONEST, AUTH_MALFORMED },
	{ "no JSON", R(""), "{'iss':1}", R1, HONEST, AUTH_MALFORMED },
	{ "something behind them", R(""), GOOD GOOD, R1, HONEST, AUTH_MALFORMED },
	{ "a comma too many", R(""), "{" CLAIMS ",}", R1, HONEST, AUTH_MALFORMED },
	{ "sub twice", R(""), TIMED("\"sub\":\"user_2\""), R1, HONEST, AUTH_MALFORMED },
	{ "exp twice", R(""), TIMED("\"exp\":1900000000"), R1, HONEST, AUTH_MALFORMED },
	{ "too deep", R(""), TIMED("\"x\":" NEST NEST NEST NEST TSEN TSEN TSEN TSEN), R1, HONEST, AUTH_MALFORMED },
	{ "NaN", R(""), TIMED("\"x\":NaN"), R1, HONEST, AUTH_MALFORMED },
	{ "half a surrogate", R(""), TIMED("\"x\":\"\\ud800\""), R1, HONEST, AUTH_MALFORMED },
	{ "bad UTF-8", R(""), TIMED("\"x\":\"\xc0\xaf\""), R1, HONEST, AUTH_MALFORMED },
	{ "a raw control character", R(""), TIMED("\"x\":\"\x01\""), R1, HONEST, AUTH_MALFORMED },

	/* exp, nbf, iat: it is 1800000000, and the leeway is 5. */
	{ "exp absent", R(""), WITH("\"iat\":1799999990"), R1, HONEST, AUTH_MALFORMED },
	{ "exp null", R(""), WITH("\"exp\":null"), R1, HONEST, AUTH_MALFORMED },
	{ "exp a text", R(""), WITH("\"exp\":\"1800000060\""), R1, HONEST, AUTH_MALFORMED },
	{ "exp with a fraction", R(""), WITH("\"exp\":1800000060.5"), R1, HONEST, AUTH_MALFORMED },
	{ "exp with a point", R(""), WITH("\"exp\":1800000060.0"), R1, HONEST, AUTH_MALFORMED },
	{ "exp with an exponent", R(""), WITH("\"exp\":1e10"), R1, HONEST, AUTH_MALFORMED },
	{ "exp negative", R(""), WITH("\"exp\":-1"), R1, HONEST, AUTH_MALFORMED },
	{ "exp in milliseconds", R(""), WITH("\"exp\":1800000060000"), R1, HONEST, AUTH_MALFORMED },
	{ "exp past any number", R(""), WITH("\"exp\":99999999999999999999"), R1, HONEST, AUTH_MALFORMED },
	{ "exp true", R(""), WITH("\"exp\":true"), R1, HONEST, AUTH_MALFORMED },
	{ "exp zero", R(""), WITH("\"exp\":0"), R1, HONEST, AUTH_EXPIRED },
	{ "exp long ago", R(""), WITH("\"exp\":1700000000"), R1, HONEST, AUTH_EXPIRED },
	{ "exp just outside the leeway", R(""), WITH("\"exp\":1799999995"), R1, HONEST, AUTH_EXPIRED },
	{ "exp just inside the leeway", R(""), WITH("\"exp\":1799999996"), R1, HONEST, AUTH_TRUE },
	{ "nbf just inside the leeway", R(""), TIMED("\"nbf\":1800000005"), R1, HONEST, AUTH_TRUE },
	{ "nbf just outside the leeway", R(""), TIMED("\"nbf\":1800000006"), R1, HONEST, AUTH_NOT_YET },
	{ "nbf a text", R(""), TIMED("\"nbf\":\"1\""), R1, HONEST, AUTH_MALFORMED },
	{ "nbf null", R(""), TIMED("\"nbf\":null"), R1, HONEST, AUTH_MALFORMED },
	{ "iat in the future", R(""), WITH("\"exp\":1800000060,\"iat\":1800000006"), R1, HONEST, AUTH_NOT_YET },
	{ "iat with a fraction", R(""), WITH("\"exp\":1800000060,\"iat\":1.5"), R1, HONEST, AUTH_MALFORMED },
	{ "iat negative", R(""), WITH("\"exp\":1800000060,\"iat\":-1"), R1, HONEST, AUTH_MALFORMED },
	{ "iat absent", R(""), WITH("\"exp\":1800000060"), R1, HONEST, AUTH_TRUE },

	/* iss. */
	{ "iss absent", R(""), FROM(""), R1, HONEST, AUTH_MALFORMED },
	{ "iss a number", R(""), FROM(",\"iss\":1"), R1, HONEST, AUTH_MALFORMED },
	{ "iss a list", R(""), FROM(",\"iss\":[\"" ISSUER "\"]"), R1, HONEST, AUTH_MALFORMED },
	{ "iss empty", R(""), FROM(",\"iss\":\"\""), R1, HONEST, AUTH_MALFORMED },
	{ "iss another", R(""), FROM(",\"iss\":\"https://evil.example/\""), R1, HONEST, AUTH_ISSUER },
	{ "iss without its slash", R(""), FROM(",\"iss\":\"https://issuer.example\""), R1, HONEST, AUTH_ISSUER },
	{ "iss with more behind it", R(""), FROM(",\"iss\":\"https://issuer.example/x\""), R1, HONEST, AUTH_ISSUER },
	{ "iss in other letters", R(""), FROM(",\"iss\":\"https://ISSUER.example/\""), R1, HONEST, AUTH_ISSUER },
	{ "iss with a NUL behind it", R(""), FROM(",\"iss\":\"https://issuer.example/\\u0000\""), R1, HONEST,
	  AUTH_MALFORMED },

	/* aud. */
	{ "aud in a list", R(""), FOR(",\"aud\":[\"x\",\"api\"]"), R1, HONEST, AUTH_TRUE },
	{ "aud absent", R(""), FOR(""), R1, HONEST, AUTH_AUDIENCE },
	{ "aud another", R(""), FOR(",\"aud\":\"other\""), R1, HONEST, AUTH_AUDIENCE },
	{ "aud in other letters", R(""), FOR(",\"aud\":\"API\""), R1, HONEST, AUTH_AUDIENCE },
	{ "aud with more behind it", R(""), FOR(",\"aud\":\"api2\""), R1, HONEST, AUTH_AUDIENCE },
	{ "aud an empty list", R(""), FOR(",\"aud\":[]"), R1, HONEST, AUTH_AUDIENCE },
	{ "aud a list of others", R(""), FOR(",\"aud\":[\"x\",\"y\"]"), R1, HONEST, AUTH_AUDIENCE },
	{ "aud a list inside a list", R(""), FOR(",\"aud\":[[\"api\"]]"), R1, HONEST, AUTH_MALFORMED },
	{ "aud not only texts", R(""), FOR(",\"aud\":[1,\"api\"]"), R1, HONEST, AUTH_MALFORMED },
	{ "aud an object", R(""), FOR(",\"aud\":{\"api\":1}"), R1, HONEST, AUTH_MALFORMED },
	{ "aud null", R(""), FOR(",\"aud\":null"), R1, HONEST, AUTH_MALFORMED },

	/* sub. */
	{ "sub absent", R(""), ABOUT(""), R1, HONEST, AUTH_MALFORMED },
	{ "sub empty", R(""), ABOUT(",\"sub\":\"\""), R1, HONEST, AUTH_MALFORMED },
	{ "sub a number", R(""), ABOUT(",\"sub\":1"), R1, HONEST, AUTH_MALFORMED },
	{ "sub null", R(""), ABOUT(",\"sub\":null"), R1, HONEST, AUTH_MALFORMED },
	{ "sub at its longest", R(""), ABOUT(",\"sub\":\"" FIFTY FIFTY FIFTY FIFTY FIFTY "aaaaa\""), R1, HONEST,
	  AUTH_TRUE },
	{ "sub too long", R(""), ABOUT(",\"sub\":\"" FIFTY FIFTY FIFTY FIFTY FIFTY "aaaaaa\""), R1, HONEST,
	  AUTH_MALFORMED },
	{ "sub with a line break", R(""), ABOUT(",\"sub\":\"a\\nb\""), R1, HONEST, AUTH_MALFORMED },
	{ "sub with a later control", R(""), ABOUT(",\"sub\":\"a\\u0085b\""), R1, HONEST, AUTH_MALFORMED },
	{ "sub with a NUL", R(""), ABOUT(",\"sub\":\"user_1\\u0000\""), R1, HONEST, AUTH_MALFORMED },

	/* What costs least is asked first: these two would also fail by their signature. */
	{ "expired and forged", R(""), WITH("\"exp\":1700000000"), R2, HONEST, AUTH_EXPIRED },
	{ "expired, of an unknown key", "{\"alg\":\"RS256\",\"kid\":\"r9\"}", WITH("\"exp\":1700000000"), R2, HONEST,
	  AUTH_EXPIRED },
};

Test(tokens, are_believed_only_when_true_in_every_respect)
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
	cr_expect(eq(int, f.fetches, 1));
}

/* ---- the same token written otherwise ---- */

static void put(struct buf *token, size_t at, const char *text, size_t length)
{
	struct str tail = { token->at + at, token->length - at };
	char *rest = memcpy(xmalloc(tail.length + 1), tail.at, tail.length);

	token->length = at;
	buf_add(token, text, length);
	buf_add(token, rest, tail.length);
	free(rest);
}

static size_t dot(const struct buf *token, int which)
{
	size_t at = 0;

	for (; which > 0; at++)
		if (token->at[at] == '.')
			which--;
	return at - 1;
}

static const struct {
	const char *what;
	int where; /* -1: in front; 0: at the end; 1, 2: before that dot */
	const char *text;
	size_t length;
} insertions[] = {
	{ "exclamation marks behind it", 0, "!!!!", 4 },
	{ "padding behind it", 0, "=", 1 },
	{ "more padding behind it", 0, "==", 2 },
	{ "a dot behind it", 0, ".", 1 },
	{ "a fourth part", 0, ".eyJ9", 5 },
	{ "a space behind it", 0, " ", 1 },
	{ "a line break behind it", 0, "\n", 1 },
	{ "a NUL behind it", 0, "\0", 1 },
	{ "four letters behind it", 0, "AAAA", 4 },
	{ "a space before it", -1, " ", 1 },
	{ "its scheme before it", -1, "Bearer ", 7 },
	{ "a dot before it", -1, ".", 1 },
	{ "padding behind the header", 1, "==", 2 },
	{ "exclamation marks behind the header", 1, "!!!!", 4 },
	{ "a NUL behind the header", 1, "\0", 1 },
	{ "a space behind the claims", 2, " ", 1 },
	{ "padding behind the claims", 2, "=", 1 },
	{ "a dot behind the claims", 2, ".", 1 },
	{ "letters behind the claims", 2, "AAAA", 4 },
};

Test(tokens, have_one_way_of_being_written)
{
	const enum forger forgers[] = { R1, E1 };

	stand_publish(&f, R1, E1, FORGERS);
	stand_believe(&f);
	for (size_t i = 0; i < COUNT_OF(insertions) * COUNT_OF(forgers); i++) {
		const char *text = insertions[i / 2].text;
		int where = insertions[i / 2].where;
		enum auth_verdict verdict;

		stand_forge(&f, forgers[i % 2], GOOD);
		cr_assert(stand_check_forged(&f) == AUTH_TRUE);
		put(&f.token, where < 0 ? 0 : where == 0 ? f.token.length : dot(&f.token, where), text,
		    insertions[i / 2].length);
		verdict = stand_check_forged(&f);
		cr_expect(verdict == AUTH_MALFORMED || verdict == AUTH_SIGNATURE, "%s: %s", insertions[i / 2].what,
		          verdict_name(verdict));
	}
}

Test(tokens, are_written_in_the_alphabet_of_urls)
{
	size_t changed = 0;

	believe(R1);
	stand_forge(&f, R1, GOOD);
	for (size_t i = 0; i < f.token.length; i++) {
		char c = f.token.at[i];

		f.token.at[i] = c == '-' ? '+' : c == '_' ? '/' : c;
		changed += c != f.token.at[i];
	}
	cr_assert(changed > 0);
	cr_expect(eq(int, stand_check_forged(&f), AUTH_MALFORMED));
}

Test(tokens, have_no_stray_bits_and_no_missing_ones)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	char *last;

	believe(R1);
	/* 256 bytes leave four bits of the last letter unused. */
	stand_forge(&f, R1, GOOD);
	last = &f.token.at[f.token.length - 1];
	*last = digits[strchr(digits, *last) - digits + 1];
	cr_expect(eq(int, stand_check_forged(&f), AUTH_MALFORMED));

	stand_forge(&f, R1, GOOD);
	f.token.length--;
	cr_expect(eq(int, stand_check_forged(&f), AUTH_MALFORMED));
	f.token.length--;
	cr_expect(eq(int, stand_check_forged(&f), AUTH_SIGNATURE));
}

Test(tokens, do_not_survive_a_changed_byte)
{
	const enum forger forgers[] = { R1, E1 };

	stand_publish(&f, R1, E1, FORGERS);
	stand_believe(&f);
	for (size_t i = 0; i < COUNT_OF(forgers); i++) {
		stand_forge(&f, forgers[i], GOOD);
		for (size_t at = 0; at < f.token.length; at++) {
			char was = f.token.at[at];

			f.token.at[at] = was == 'A' ? 'B' : 'A';
			cr_expect(ne(int, stand_check_forged(&f), AUTH_TRUE), "byte %zu", at);
			f.token.at[at] = was;
		}
		cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE));
	}
}

Test(tokens, do_not_lend_their_signature)
{
	struct buf other = { 0 };

	believe(R1);
	stand_forge(&f, R1, TIMED("\"x\":1"));
	buf_str(&other, buf_as_str(&f.token));
	stand_forge(&f, R1, GOOD);
	other.length = dot(&other, 2);
	put(&other, other.length, f.token.at + dot(&f.token, 2), f.token.length - dot(&f.token, 2));
	cr_expect(eq(int, stand_check(&f, buf_as_str(&other)), AUTH_SIGNATURE));
	buf_finish(&other);
}

Test(tokens, are_no_longer_than_they_may_be)
{
	static const size_t lengths[] = { 8193, 8194, 65536 + 600, 16 << 20 };
	struct buf claims = { 0 };

	believe(R1);
	buf_text(&claims, "{" CLAIMS ",\"x\":\"");
	while (claims.length < 5500)
		buf_char(&claims, 'x');
	buf_text(&claims, "\"}");
	forge_token(&f.token, STR(R("")), buf_as_str(&claims), R1, HONEST);
	cr_assert(le(ulong, f.token.length, TOKEN_MOST));
	cr_expect(eq(int, stand_check_forged(&f), AUTH_TRUE));

	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		while (f.token.length < lengths[i])
			buf_char(&f.token, 'A');
		cr_expect(eq(int, stand_check_forged(&f), AUTH_MALFORMED), "%zu bytes", lengths[i]);
	}
	buf_finish(&claims);
}

Test(tokens, are_not_just_any_text)
{
	static const char *const texts[] = {
		"", ".", "..", "...", "....", "a", "a.b", "a.b.c", "e30.e30.", "e30.e30.e30", ".e30.e30", "e30..e30",
		"undefined", "null", "anon:user_1", "user:user_1", "eyJhbGciOiJub25lIn0..", "eyJhbGciOiJub25lIn0",
	};

	believe(E1);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		enum auth_verdict verdict = stand_check(&f, str_of(texts[i]));

		cr_expect(verdict == AUTH_MALFORMED || verdict == AUTH_ALGORITHM, "<%s>: %s", texts[i],
		          verdict_name(verdict));
	}
}

/* ---- who it is ---- */

static const struct {
	const char *claims;
	const char *email;
	bool verified;
	const char *first, *last, *picture;
	bool anonymous;
} people[] = {
	{ "\"x\":1", "", false, "", "", "", false },
	{ "\"email\":\"ann@example.com\",\"email_verified\":true,\"given_name\":\"Ann\",\"family_name\":\"Lee\","
	  "\"picture\":\"https://img.example/a.png\"",
	  "ann@example.com", true, "Ann", "Lee", "https://img.example/a.png", false },
	{ "\"email\":\"ann@example.com\",\"first_name\":\"Ann\",\"last_name\":\"Lee\","
	  "\"image_url\":\"https://img.example/a.png\"",
	  "ann@example.com", false, "Ann", "Lee", "https://img.example/a.png", false },
	{ "\"email\":\"a@b\",\"email_verified\":\"true\"", "a@b", true, "", "", "", false },
	{ "\"email\":\"a@b\",\"email_verified\":\"yes\"", "a@b", false, "", "", "", false },
	{ "\"email\":\"a@b\",\"email_verified\":1", "a@b", false, "", "", "", false },
	{ "\"email_verified\":true", "", false, "", "", "", false },
	{ "\"email\":\"no address\",\"email_verified\":true", "", false, "", "", "", false },
	{ "\"email\":\"two@at@example.com\"", "", false, "", "", "", false },
	{ "\"email\":\"@example.com\"", "", false, "", "", "", false },
	{ "\"email\":\"ann@\"", "", false, "", "", "", false },
	{ "\"email\":\"a\\nb@example.com\"", "", false, "", "", "", false },
	{ "\"email\":7", "", false, "", "", "", false },
	{ "\"given_name\":\"  Ann  \",\"family_name\":\"   \",\"last_name\":\"Lee\"", "", false, "Ann", "Lee", "", false },
	{ "\"given_name\":\"A\\u0007\",\"family_name\":null", "", false, "", "", "", false },
	{ "\"given_name\":\"" FIFTY FIFTY "b\"", "", false, FIFTY FIFTY, "", "", false },
	{ "\"given_name\":\"J\\u00f6rg\"", "", false, "J\xc3\xb6rg", "", "", false },
	{ "\"picture\":\"javascript:alert(1)\"", "", false, "", "", "", false },
	{ "\"picture\":\"https://a b\"", "", false, "", "", "", false },
	{ "\"firebase\":{\"sign_in_provider\":\"anonymous\"}", "", false, "", "", "", true },
	{ "\"firebase\":{\"sign_in_provider\":\"password\"}", "", false, "", "", "", false },
	{ "\"firebase\":\"anonymous\"", "", false, "", "", "", false },
};

static char *or_nothing(const char *text)
{
	return (char *)(uintptr_t)(text ? text : "");
}

Test(tokens, say_who_their_bearer_is)
{
	believe(E1);
	for (size_t i = 0; i < COUNT_OF(people); i++) {
		char claims[700];

		snprintf(claims, sizeof(claims), "{" CLAIMS ",%s}", people[i].claims);
		stand_forge(&f, E1, claims);
		cr_assert(stand_check_forged(&f) == AUTH_TRUE, "%s", people[i].claims);
		cr_expect(eq(str, or_nothing(f.identity->issuer), ISSUER));
		cr_expect(eq(str, or_nothing(f.identity->subject), "user_1"));
		cr_expect(eq(str, or_nothing(f.identity->email), or_nothing(people[i].email)), "%s", claims);
		cr_expect(eq(int, f.identity->email_verified, people[i].verified), "%s", claims);
		cr_expect(eq(str, or_nothing(f.identity->first_name), or_nothing(people[i].first)), "%s", claims);
		cr_expect(eq(str, or_nothing(f.identity->last_name), or_nothing(people[i].last)), "%s", claims);
		cr_expect(eq(str, or_nothing(f.identity->image_url), or_nothing(people[i].picture)), "%s", claims);
		cr_expect(eq(int, f.identity->is_anonymous, people[i].anonymous), "%s", claims);
		cr_expect(eq(llong, f.identity->expires_ms, (NOW + 65) * 1000));
		/* An absent text is NULL, never empty. */
		cr_expect(f.identity->email == NULL || f.identity->email[0]);
		cr_expect(f.identity->first_name == NULL || f.identity->first_name[0]);
	}
}

Test(tokens, are_refused_in_words)
{
	for (int verdict = AUTH_LATER + 1; verdict < AUTH_VERDICTS; verdict++)
		cr_expect(strlen(auth_says((enum auth_verdict)verdict)) > 0);
}
