/* A key set is read for the keys that are of use, and the others are passed over. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "forge.h"
#include "keyset.h"

/* The numbers of a key, for rows that want to spoil one of them. */
#define N256 \
	"2ozQNaC36UH7yRfw2kGJ3ECrbDbQniVek9fm_ZqGWvfZ5w4EKTOm54HSaRH4DE-pJb6kyYtfzIVdK7MpXC3trJLcHJvDSmX0BeWr" \
	"JmOkzchvyS7q3HoFDfkKJYLKAq1YTuF9hNXT9yCmRbtbiCADlyZYngRMdWUtG7ePVG_vdbgaj1VaQvyCoOeV5I1LwBLY-TQVtTi3" \
	"96crxTzNyB438d2D1nhRCqedFDAJ1tXhB_oMnRQ7HEBND9-ZV25Ur_-EsNjdO4sGtqFNR54t4-ZBRvJ2P6le2TF_Pb6TB3ce9CxG" \
	"X6LhN9T0TrAKPdF-cuhXW9G90lAqNE25rsjWiqabeQ"
#define X256 "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define Y256 "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"

#define RSA(more) "{\"kty\":\"RSA\",\"n\":\"" N256 "\",\"e\":\"AQAB\"" more "}"
#define EC(more)  "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X256 "\",\"y\":\"" Y256 "\"" more "}"

static const struct {
	const char *what, *jwk;
	bool taken;
} rows[] = {
	{ "an RSA key", RSA(""), true },
	{ "an EC key", EC(""), true },
	{ "with a name", RSA(",\"kid\":\"a\""), true },
	{ "with its algorithm", RSA(",\"alg\":\"RS256\""), true },
	{ "with its use", EC(",\"use\":\"sig\""), true },
	{ "with what it is for", EC(",\"key_ops\":[\"sign\",\"verify\"]"), true },
	{ "with a certificate", RSA(",\"x5c\":[\"AAAA\"],\"x5t\":\"AAAA\""), true },
	{ "for encryption", RSA(",\"use\":\"enc\""), false },
	{ "use a number", RSA(",\"use\":1"), false },
	{ "for signing only", RSA(",\"key_ops\":[\"sign\"]"), false },
	{ "key_ops a text", RSA(",\"key_ops\":\"verify\""), false },
	{ "alg of another", RSA(",\"alg\":\"RS512\""), false },
	{ "alg PS256", RSA(",\"alg\":\"PS256\""), false },
	{ "alg HS256", RSA(",\"alg\":\"HS256\""), false },
	{ "alg null", RSA(",\"alg\":null"), false },
	{ "alg of the other kind", RSA(",\"alg\":\"ES256\""), false },
	{ "EC with RS256", EC(",\"alg\":\"RS256\""), false },
	{ "a name that is none", RSA(",\"kid\":7"), false },
	{ "an empty name", RSA(",\"kid\":\"\""), false },
	{ "a private part", RSA(",\"d\":\"AQAB\""), false },
	{ "e one", "{\"kty\":\"RSA\",\"n\":\"" N256 "\",\"e\":\"AQ\"}", false },
	{ "e even", "{\"kty\":\"RSA\",\"n\":\"" N256 "\",\"e\":\"AQAA\"}", false },
	{ "e enormous", "{\"kty\":\"RSA\",\"n\":\"" N256 "\",\"e\":\"" N256 "\"}", false },
	{ "e absent", "{\"kty\":\"RSA\",\"n\":\"" N256 "\"}", false },
	{ "n a number", "{\"kty\":\"RSA\",\"n\":7,\"e\":\"AQAB\"}", false },
	{ "n padded", "{\"kty\":\"RSA\",\"n\":\"" N256 "==\",\"e\":\"AQAB\"}", false },
	{ "n small", "{\"kty\":\"RSA\",\"n\":\"" X256 "\",\"e\":\"AQAB\"}", false },
	{ "n enormous", "{\"kty\":\"RSA\",\"n\":\"" N256 N256 N256 N256 N256 "\",\"e\":\"AQAB\"}", false },
	{ "a point off the curve", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X256 "\",\"y\":\"" X256 "\"}", false },
	{ "x short", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"" Y256 "\"}", false },
	{ "y absent", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X256 "\"}", false },
	{ "another curve", "{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"" X256 "\",\"y\":\"" Y256 "\"}", false },
	{ "no curve", "{\"kty\":\"EC\",\"x\":\"" X256 "\",\"y\":\"" Y256 "\"}", false },
	{ "a secret", "{\"kty\":\"oct\",\"k\":\"AAAA\"}", false },
	{ "Ed25519", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X256 "\"}", false },
	{ "kty in small letters", "{\"kty\":\"rsa\",\"n\":\"" N256 "\",\"e\":\"AQAB\"}", false },
	{ "nothing", "{}", false },
	{ "a number", "7", false },
	{ "null", "null", false },
	{ "a list", "[]", false },
};

Test(keyset, takes_keys_it_has_a_use_for)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buf text = { 0 };
		struct keyset set;
		const char *fault;

		buf_print(&text, "{\"keys\":[%s]}", rows[i].jwk);
		fault = keyset_read(&set, buf_as_str(&text));
		cr_expect(eq(int, fault == NULL, rows[i].taken), "%s: %s", rows[i].what, fault ? fault : "taken");
		cr_expect(eq(ulong, set.count, rows[i].taken ? 1 : 0), "%s", rows[i].what);
		keyset_finish(&set);
		buf_finish(&text);
	}
}

Test(keyset, passes_over_all_who_share_a_name)
{
	static const struct {
		const char *keys;
		size_t count;
	} sets[] = {
		{ RSA(",\"kid\":\"a\"") "," EC(",\"kid\":\"b\""), 2 },
		{ RSA(",\"kid\":\"a\"") "," EC(",\"kid\":\"a\""), 0 },
		{ RSA(",\"kid\":\"a\"") "," EC(",\"kid\":\"b\"") "," RSA(",\"kid\":\"a\"") "," EC(",\"kid\":\"a\""), 1 },
		{ RSA("") "," EC(""), 2 },
		{ RSA(",\"kid\":\"a\"") "," EC(",\"kid\":\"a\",\"use\":\"enc\""), 1 },
	};

	for (size_t i = 0; i < COUNT_OF(sets); i++) {
		struct buf text = { 0 };
		struct keyset set;

		buf_print(&text, "{\"keys\":[%s]}", sets[i].keys);
		cr_expect(eq(int, keyset_read(&set, buf_as_str(&text)) == NULL, sets[i].count > 0));
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
			          "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X256 "\",\"y\":\"" Y256 "\"", i);
		buf_text(&text, "]}");
		cr_expect(eq(int, keyset_read(&set, buf_as_str(&text)) == NULL, count == 64));
		cr_expect(eq(ulong, set.count, count == 64 ? 64 : 0));
		keyset_finish(&set);
		buf_finish(&text);
	}
}

Test(keyset, keeps_the_keys_that_stay_and_marks_those_that_go)
{
	struct keyset set = { 0 }, fresh;
	struct buf text = { 0 };
	struct key *stays, *goes;
	enum auth_verdict verdict;

	buf_text(&text, "{\"keys\":[" RSA(",\"kid\":\"a\"") "," EC(",\"kid\":\"b\"") "]}");
	cr_assert(keyset_read(&fresh, buf_as_str(&text)) == NULL);
	keyset_replace(&set, &fresh);
	stays = key_hold(keyset_find(&set, STR("a"), RS256, &verdict));
	goes = key_hold(keyset_find(&set, STR("b"), ES256, &verdict));

	buf_clear(&text);
	buf_text(&text, "{\"keys\":[" EC(",\"kid\":\"c\"") "," RSA(",\"kid\":\"a\"") "]}");
	cr_assert(keyset_read(&fresh, buf_as_str(&text)) == NULL);
	keyset_replace(&set, &fresh);
	cr_expect(keyset_find(&set, STR("a"), RS256, &verdict) == stays);
	cr_expect(not(stays->gone));
	cr_expect(goes->gone);
	cr_expect(keyset_find(&set, STR("b"), ES256, &verdict) == NULL);
	cr_expect(eq(int, verdict, AUTH_UNKNOWN_KEY));
	key_release(stays);
	key_release(goes);
	keyset_finish(&set);
	buf_finish(&text);
}
