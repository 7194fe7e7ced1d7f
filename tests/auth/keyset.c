/* A key set keeps the keys that can be used and skips the others. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "test_tokens.h"
#include "keyset.h"

/* The numbers of valid keys, for rows that replace one of them. */
#define N256                                                                                                   \
	"2ozQNaC36UH7yRfw2kGJ3ECrbDbQniVek9fm_ZqGWvfZ5w4EKTOm54HSaRH4DE-pJb6kyYtfzIVdK7MpXC3trJLcHJvDSmX0BeWr" \
	"JmOkzchvyS7q3HoFDfkKJYLKAq1YTuF9hNXT9yCmRbtbiCADlyZYngRMdWUtG7ePVG_vdbgaj1VaQvyCoOeV5I1LwBLY-TQVtTi3" \
	"96crxTzNyB438d2D1nhRCqedFDAJ1tXhB_oMnRQ7HEBND9-ZV25Ur_-EsNjdO4sGtqFNR54t4-ZBRvJ2P6le2TF_Pb6TB3ce9CxG" \
	"X6LhN9T0TrAKPdF-cuhXW9G90lAqNE25rsjWiqabeQ"
#define X256 "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define Y256 "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"

#define X384 "MOJcDvum4ELz2cgG-HApG7ECSfYOvHVpU_32-5CFn6Qohgo0iJVxRrnfyshSg5Pt"
#define Y384 "r0tfamV77XMl8Q8JvkZg_nHYyA7-UBGK34fCSqVh3c7NdbEYtkpwSaDgGW_6g2Pi"
#define X521                                                                                       \
	"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk"
#define Y521                                                                                       \
	"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"
#define XED "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"

#define RSA(more) "{\"kty\":\"RSA\",\"n\":\"" N256 "\",\"e\":\"AQAB\"" more "}"
#define EC(more)  "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X256 "\",\"y\":\"" Y256 "\"" more "}"

#define EC_OF(crv, x, y, more)                                                                     \
	"{\"kty\":\"EC\",\"crv\":\"" crv "\",\"x\":\"" x "\",\"y\":\"" y "\"" more "}"
#define ED(x, more) "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" x "\"" more "}"

static const struct {
	const char *what, *jwk;
	bool accepted;
} rows[] = {
	{ "an RSA key", RSA(""), true },
	{ "an EC key", EC(""), true },
	{ "with a kid", RSA(",\"kid\":\"a\""), true },
	{ "with alg", RSA(",\"alg\":\"RS256\""), true },
	{ "with use", EC(",\"use\":\"sig\""), true },
	{ "with key_ops", EC(",\"key_ops\":[\"sign\",\"verify\"]"), true },
	{ "with a certificate", RSA(",\"x5c\":[\"AAAA\"],\"x5t\":\"AAAA\""), true },
	{ "for encryption", RSA(",\"use\":\"enc\""), false },
	{ "use is a number", RSA(",\"use\":1"), false },
	{ "for signing only", RSA(",\"key_ops\":[\"sign\"]"), false },
	{ "key_ops is a string", RSA(",\"key_ops\":\"verify\""), false },
	{ "for RS384", RSA(",\"alg\":\"RS384\""), true },
	{ "for RS512", RSA(",\"alg\":\"RS512\""), true },
	{ "for PS256", RSA(",\"alg\":\"PS256\""), true },
	{ "for PS384", RSA(",\"alg\":\"PS384\""), true },
	{ "for PS512", RSA(",\"alg\":\"PS512\""), true },
	{ "a P-384 key", EC_OF("P-384", X384, Y384, ""), true },
	{ "for ES384", EC_OF("P-384", X384, Y384, ",\"alg\":\"ES384\""), true },
	{ "a P-521 key", EC_OF("P-521", X521, Y521, ""), true },
	{ "for ES512", EC_OF("P-521", X521, Y521, ",\"alg\":\"ES512\""), true },
	{ "an Ed25519 key", ED(XED, ""), true },
	{ "an Ed25519 key, the other sign of x",
	  ED("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUZo", ""), true },
	{ "for EdDSA", ED(XED, ",\"alg\":\"EdDSA\",\"use\":\"sig\""), true },
	{ "P-256 for ES384", EC(",\"alg\":\"ES384\""), false },
	{ "P-384 for ES256", EC_OF("P-384", X384, Y384, ",\"alg\":\"ES256\""), false },
	{ "P-384 for ES512", EC_OF("P-384", X384, Y384, ",\"alg\":\"ES512\""), false },
	{ "P-256 coordinates as P-384", EC_OF("P-384", X256, Y256, ""), false },
	{ "P-384 coordinates as P-256", EC_OF("P-256", X384, Y384, ""), false },
	{ "a point not on P-384", EC_OF("P-384", X384, X384, ""), false },
	{ "a point not on P-521", EC_OF("P-521", X521, X521, ""), false },
	{ "P-521 without leading zeros",
	  EC_OF("P-521", X521,
	        "NKZEDjdnUNI3H9G9wsjztx0vTuXqNDLIFcyjFWD-XZOH7HdLVYOGMOXLv1qMvgqR3QBkxpmaH25uZ_rd7eTIyPY",
	        ""),
	  false },
	{ "Ed25519 for ES256", ED(XED, ",\"alg\":\"ES256\""), false },
	{ "Ed25519 with alg Ed25519", ED(XED, ",\"alg\":\"Ed25519\""), false },
	{ "Ed25519 with the private key", ED(XED, ",\"d\":\"" XED "\""), false },
	{ "Ed25519, short", ED("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUQ", ""), false },
	{ "Ed25519, long", ED("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURoA", ""), false },
	{ "Ed25519, absent", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}", false },
	{ "Ed25519, not on the curve", ED("AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", ""),
	  false },
	{ "Ed25519, not on the curve, the other sign",
	  ED("AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA", ""), false },
	{ "Ed25519, the neutral element", ED("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", ""),
	  false },
	{ "Ed25519, the point of order 2", ED("7P_______________________________________38", ""),
	  false },
	{ "Ed25519, a point of order 4", ED("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", ""),
	  false },
	{ "Ed25519, the other point of order 4",
	  ED("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA", ""), false },
	{ "Ed25519, a point of order 8", ED("JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU", ""),
	  false },
	{ "Ed25519, a point of order 8 with the other y",
	  ED("xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o", ""), false },
	{ "Ed25519, y not reduced modulo p", ED("8P_______________________________________38", ""),
	  false },
	{ "Ed25519 as EC",
	  "{\"kty\":\"EC\",\"crv\":\"Ed25519\",\"x\":\"" XED "\",\"y\":\"" XED "\"}", false },
	{ "P-256 as OKP",
	  "{\"kty\":\"OKP\",\"crv\":\"P-256\",\"x\":\"" X256 "\",\"y\":\"" Y256 "\"}", false },
	{ "X25519", "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" XED "\"}", false },
	{ "Ed448", "{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"" XED "\"}", false },
	{ "ES256K", EC_OF("secp256k1", X256, Y256, ",\"alg\":\"ES256K\""), false },
	{ "alg HS256", RSA(",\"alg\":\"HS256\""), false },
	{ "alg is null", RSA(",\"alg\":null"), false },
	{ "alg of another key type", RSA(",\"alg\":\"ES256\""), false },
	{ "EC with RS256", EC(",\"alg\":\"RS256\""), false },
	{ "kid is a number", RSA(",\"kid\":7"), false },
	{ "kid is empty", RSA(",\"kid\":\"\""), false },
	{ "with the private key", RSA(",\"d\":\"AQAB\""), false },
	{ "e is one", "{\"kty\":\"RSA\",\"n\":\"" N256 "\",\"e\":\"AQ\"}", false },
	{ "e is even", "{\"kty\":\"RSA\",\"n\":\"" N256 "\",\"e\":\"AQAA\"}", false },
	{ "e is too large", "{\"kty\":\"RSA\",\"n\":\"" N256 "\",\"e\":\"" N256 "\"}", false },
	{ "e is absent", "{\"kty\":\"RSA\",\"n\":\"" N256 "\"}", false },
	{ "n is a number", "{\"kty\":\"RSA\",\"n\":7,\"e\":\"AQAB\"}", false },
	{ "n is padded", "{\"kty\":\"RSA\",\"n\":\"" N256 "==\",\"e\":\"AQAB\"}", false },
	{ "n is too small", "{\"kty\":\"RSA\",\"n\":\"" X256 "\",\"e\":\"AQAB\"}", false },
	{ "n is too large",
	  "{\"kty\":\"RSA\",\"n\":\"" N256 N256 N256 N256 N256 "\",\"e\":\"AQAB\"}", false },
	{ "a point not on P-256",
	  "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X256 "\",\"y\":\"" X256 "\"}", false },
	{ "x is too short", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"" Y256 "\"}",
	  false },
	{ "y is absent", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X256 "\"}", false },
	{ "coordinates of another curve",
	  "{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"" X256 "\",\"y\":\"" Y256 "\"}", false },
	{ "crv is absent", "{\"kty\":\"EC\",\"x\":\"" X256 "\",\"y\":\"" Y256 "\"}", false },
	{ "a symmetric key", "{\"kty\":\"oct\",\"k\":\"AAAA\"}", false },
	{ "kty in lower case", "{\"kty\":\"rsa\",\"n\":\"" N256 "\",\"e\":\"AQAB\"}", false },
	{ "an empty object", "{}", false },
	{ "a number", "7", false },
	{ "null", "null", false },
	{ "an array", "[]", false },
};

Test(keyset, accepts_usable_keys_only)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buf text = { 0 };
		struct keyset set;
		const char *error;

		buf_print(&text, "{\"keys\":[%s]}", rows[i].jwk);
		error = keyset_parse(&set, buf_as_str(&text));
		cr_expect(eq(int, error == NULL, rows[i].accepted), "%s: %s", rows[i].what,
		          error ? error : "accepted");
		cr_expect(eq(ulong, set.count, rows[i].accepted ? 1 : 0), "%s", rows[i].what);
		keyset_finish(&set);
		buf_finish(&text);
	}
}

Test(keyset, skips_all_keys_that_share_a_kid)
{
	static const struct {
		const char *keys;
		size_t count;
	} sets[] = {
		{ RSA(",\"kid\":\"a\"") "," EC(",\"kid\":\"b\""), 2 },
		{ RSA(",\"kid\":\"a\"") "," EC(",\"kid\":\"a\""), 0 },
		{ RSA(",\"kid\":\"a\"") "," EC(",\"kid\":\"b\"") "," RSA(",\"kid\":\"a\"") "," EC(
			  ",\"kid\":\"a\""),
		  1 },
		{ RSA("") "," EC(""), 2 },
		{ RSA(",\"kid\":\"a\"") "," EC(",\"kid\":\"a\",\"use\":\"enc\""), 1 },
	};

	for (size_t i = 0; i < COUNT_OF(sets); i++) {
		struct buf text = { 0 };
		struct keyset set;

		buf_print(&text, "{\"keys\":[%s]}", sets[i].keys);
		cr_expect(
			eq(int, keyset_parse(&set, buf_as_str(&text)) == NULL, sets[i].count > 0));
		cr_expect(eq(ulong, set.count, sets[i].count), "%zu", i);
		keyset_finish(&set);
		buf_finish(&text);
	}
}

Test(keyset, is_bounded)
{
	for (int count = 64; count <= 65; count++) {
		struct buf text = { 0 };
		struct keyset set;

		buf_text(&text, "{\"keys\":[");
		for (int i = 0; i < count; i++)
			buf_print(&text, "%s%s,\"kid\":\"k%d\"}", i ? "," : "",
			          "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X256
			          "\",\"y\":\"" Y256 "\"",
			          i);
		buf_text(&text, "]}");
		cr_expect(eq(int, keyset_parse(&set, buf_as_str(&text)) == NULL, count == 64));
		cr_expect(eq(ulong, set.count, count == 64 ? 64 : 0));
		keyset_finish(&set);
		buf_finish(&text);
	}
}

Test(keyset, keeps_unchanged_keys_and_marks_removed_ones)
{
	struct keyset set = { 0 }, fresh;
	struct buf text = { 0 };
	struct key *kept_key, *removed_key;
	enum auth_result result;

	buf_text(&text, "{\"keys\":[" RSA(",\"kid\":\"a\"") "," EC(",\"kid\":\"b\"") "]}");
	cr_assert(keyset_parse(&fresh, buf_as_str(&text)) == NULL);
	keyset_replace(&set, &fresh);
	kept_key = key_hold(keyset_find(&set, STR("a"), RS256, &result));
	removed_key = key_hold(keyset_find(&set, STR("b"), ES256, &result));

	buf_clear(&text);
	buf_text(&text, "{\"keys\":[" EC(",\"kid\":\"c\"") "," RSA(",\"kid\":\"a\"") "]}");
	cr_assert(keyset_parse(&fresh, buf_as_str(&text)) == NULL);
	keyset_replace(&set, &fresh);
	cr_expect(keyset_find(&set, STR("a"), RS256, &result) == kept_key);
	cr_expect(not(kept_key->removed));
	cr_expect(removed_key->removed);
	cr_expect(keyset_find(&set, STR("b"), ES256, &result) == NULL);
	cr_expect(eq(int, result, AUTH_UNKNOWN_KEY));
	key_release(kept_key);
	key_release(removed_key);
	keyset_finish(&set);
	buf_finish(&text);
}
