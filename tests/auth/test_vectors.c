/* Test vectors of the RFCs: keys, thumbprints and signatures made by other implementations. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "key.h"

#define RFC7520_N                                                                                                  \
	"n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKr" \
	"Kb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5l" \
	"FHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__" \
	"kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw"
#define RFC7638_N                                                                                                  \
	"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiF" \
	"V4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9" \
	"c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1" \
	"jF44-csFCur-kEgU8awapJzKnqDKgw"

/* Made with openssl: a key of the maximum length. */
#define LONG_N                                                                                                      \
	"twL6haiFZs7NbhQCxemheYgALmdWzHnn8ACbvzIdvD5lskA779Fqfqb3Co2JIqexiRKmpD4_WhoNaXZOgp9gkSlMA9gZHQe1do1if0h1s" \
	"Ae5DLEV_XtzYy1ZbMZGqyIlkeo-IXdSAzUd2EcbW6T_UvHiswjRjSpPx-"                                                 \
	"73twuMJN4j8HmKvsTbxePwsZKGiv9Q79X1SNofv5sU3FgWT2DCS1FiXqYAVDynMR7i019DI-"                                  \
	"18pyRyXivlBEOw38K4a647FmhjiybSdxQAmxQ4Tnw3HzZ4GkyUVMHfyPdpD7uwxCtNdqlhbwz0-rlXHRWYbf4vsZCOJ-Qv7tbnOLs9ALO" \
	"3-"                                                                                                        \
	"ySg5opGn6bD431biFiJGLWBmYEauNtdZ1jIxCTVRZIhvAXU8jHuLwfHKa_09m897xFpdoD082PI7GsnAKjnSmUWCQY3dUfnR6Ce5wlpY_" \
	"M8xwY4BYkYEuNwnXmkaTq8uXnD83Ok9Rkc0NEWreeQ9P-Z1U15lIPri-dWynm0b6D1fB3pFazT87IrSdtbyfYq0rkDGeMB8AekPgtQCvt" \
	"svGTRbfbSzAP2VvRZAG4baqjvUDE1JazCn6ZPSTg_WEfeZYdf_ZW3hRc-aUDpEnplnOEPR4HImtCuy-"                           \
	"2CAGtWe28sWEJGbJmnuDtfNExt_w1l_eHETpiB1Su0PdXR5HgRfMsljjwkbMxthE-"                                         \
	"1nZAyCl5dRY9q8iH_Aj2a0jCYwtBsJqVp3RR3fzmX1BpKDfpUDCiKT-SeCNW-"                                             \
	"OF0-OLC2rVo_pFjWWbbuxVLRSFGvVcR5eB1vTDwF8aERFb-gtK4-19VSlbSFlW3oFjwihdgZdxSjElRi16tBqDZKErBca-tePdb6BwjmY" \
	"h__qYyFBEVnp7trRoBh5-CpTwQVX67da4myteo5zcT1nTJhq96meEQtClQYkFLrgpb1fUtWUqcyCp8Qefdb5-"                     \
	"0QVKW7VUyjBUJTx19Bv2AS4Isas0PfMjict7i3m2BsoBt_RfzL2L-zWEf6sdJcC84XYvnKt-K6DBtO8WdsfhIiTOE1OilfQFfnu3-"     \
	"AAJV2M7zO7PqAyGjVVtSMB9gJy10PZxNU6NHK-RdlE3zHRHgG13bBcBmBWc2u-"                                            \
	"sARe6J1o9l1Ob9DLLCx5Uw8qwECMN5aV4RKp_eorwgAdibx4IGgKpvMZFg4Qgvwp3ARxhgyAqVYiv5MW8Vmg3QQKv-u3t8NJ-"         \
	"U2ABxzJWVCE7YiL_Af-hhFj3IxJsrVRdbzbZvUK_tLPtvuONGrkX0Bb9cNVULZhUyiliFiQLqbHYjO5bTjwQPYlZQ7GV000TR14bZe3ZW" \
	"e73baHSxBts-2mqUkyCqCMqjW9nU4tE7ABrkl8JbDePlQEmNOiNOSrw"
#define LONG_SIGNATURE                                                                                              \
	"nyXsrewoPrfREJy4hGw50QodGJ5IY3YHB6XyCTptuGU80TRAmwnp5e0DS2zl3tOSbfxCfigbxWckWpbKkUSiNrM3rDMqDfMek-"        \
	"xg3Q-Nw0_O5MXNL2Qg6Rlry4paQvW-yYZjyJ44KqCj6Y9tt7oysBAydtMc3_HZEgrWu_87per4NbwpYdON4Z5bfYea7Iuf45HcibVVO51" \
	"tLtgXY6EIlzmajnqL4CqYHc7JADvyJsyTND48zGlqGB8vYOVueoqoLuo7Jlt32ctZJ_5pCpqcLYIEIdTnJNlqwSZRHwMzR7nfl_1StLQK" \
	"-VKrt-3PtRsspvQgvDNf3nebQQ3OOLbL2o0xNyxc_uduSVYVJt9Lf6FphNxCdtX3IHMA_t8O38_Dj5HkFs-ALzFhIoZXOqWwadz5LtLbt" \
	"xyDhQaWxrXwLSeLNR6-"                                                                                       \
	"3__lxQAyZ573VU8IN09nIZ4XuVU5ST3LIonC2_KhgKAjlBteviMPwMctaKt7DRtV00u0h6D4xj8MKL2MAPOw7vX5KUGHiF9CX1HaOLWlU" \
	"nnxnQHusnSbrLjDrPSDxdn9acd9_7PjRfCWojb8y88vhgA2cGcs3jlbo5w905C5WYeH9ssspq51-"                              \
	"QibhQbBsHR0s1isNJve7ut8WXTjhTeml4jx4A985h49UIF7ciAlI1WIkcAZD9aPG4NMl440HIppOJYEwvfKWvDwVtFspW3OmTAczNTdRl" \
	"G-"                                                                                                        \
	"g1or3Z6E18dLG2nkstm_wLmM5pVlF1lH66OxQlO3JP0ZcyO0TMtdkjfLrztOYuEVARNq6nFmGVJTkR7sjJnM5XNBQiegk1kkDZYKqr7Ob" \
	"h3JW8ENDfFn_vd8FQjeXaxXewOGebLARwn33Wwa9attIxuPyQn0NC8m1u2tn_qoS7tuPDgGN4caxPaA6eXEd4Tk4pR302YfjDLI3un4go" \
	"7BukHdE92g9yOIxWl1SyUWHyCFdVrdyeyfTZTwkjOzXYYAoulCQoNDvUgKcEhrHUoENmCeijt199_NOXKsp7mDfaeM12l-"            \
	"RLJwP9Oq1F_QnoM2dVQATUHYG3Wk5IUVkZT6GE-spjqhFlZD0m3hxJ0cDLTaTSo8IFlUPTPpDQujwz9qiTFaRp_onqv2TKx0N76ijn7GB" \
	"fXsTwuWHo5rrbeNVp_2B_qmfND53h9Q20Ak1GvdkFCGSgUpA43Xg_FcVkL6AQ9gaPi3lkmw9dMqNuetrnVlhfxKiIt3RBCUlLdXB6EhLq" \
	"MLwis7a4_iwWwkf5ZKxYCsnY1qSi9mj5HJCVZgpMGONMBgkTdT2HLPgsa4jKFST2-2aZVYNXglG14yf4zPO5UWYC-"                 \
	"_sefoEwcmtXGqrrdRDHKMmt5ZNW3IJASP_sigJNQpsg"

static const struct {
	const char *source, *jwk, *signed_part, *signature;
} rows[] = {
	{ "RFC 7515 A.3, ES256",
	  "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	  "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
	  "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb2"
	  "90Ijp0cnVlfQ",
	  "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q" },
	{ "RFC 7515 A.4, ES512",
	  "{\"kty\":\"EC\",\"crv\":\"P-521\","
	  "\"x\":\"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk\","
	  "\"y\":\"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2\"}",
	  "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA",
	  "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgo"
	  "XD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn" },
	{ "RFC 7520 4.2, PS384",
	  "{\"kty\":\"RSA\",\"alg\":\"PS384\",\"n\":\"" RFC7520_N "\",\"e\":\"AQAB\"}",
	  "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2lu"
	  "ZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwI"
	  "HlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4",
	  "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_"
	  "1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3l"
	  "m8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GY"
	  "mJUAfmWjwZ6oD4ifKo8DYM-X72Eaw" },
	{ "8192 bits, RS512",
	  "{\"kty\":\"RSA\",\"alg\":\"RS512\",\"n\":\"" LONG_N "\",\"e\":\"AQAB\"}",
	  "eyJhbGciOiJSUzUxMiJ9.eyJpc3MiOiJqb2UifQ", LONG_SIGNATURE },
	{ "RFC 8037 A.4, EdDSA",
	  "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
	  "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
	  "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg" },
};

static struct key *key_of(const char *jwk)
{
	const char *error, *skipped = NULL;
	size_t source;
	struct json *json = json_parse(str_of(jwk), &error, &source);
	struct key *key = key_from_jwk(json, &skipped);

	json_free(json);
	cr_assert(key != NULL, "%s: %s", jwk, skipped);
	return key;
}

Test(test_vectors, verify_signatures_until_a_bit_changes)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct key *key = key_of(rows[i].jwk);
		unsigned char bytes[MAX_SIGNATURE_BYTES];
		long length = base64url_decode(str_of(rows[i].signature), bytes, sizeof(bytes));
		struct str signature = { (const char *)bytes, (size_t)length };

		cr_assert(length > 0, "%s", rows[i].source);
		cr_expect(key_verify(key, str_of(rows[i].signed_part), signature), "%s",
		          rows[i].source);
		for (long at = 0; at < length; at += 7) {
			bytes[at] ^= 0x10;
			cr_expect(not(key_verify(key, str_of(rows[i].signed_part), signature)),
			          "%s: byte %ld", rows[i].source, at);
			bytes[at] ^= 0x10;
		}
		cr_expect(not(key_verify(key, str_of(rows[i].signed_part + 1), signature)), "%s",
		          rows[i].source);
		cr_expect(key_verify(key, str_of(rows[i].signed_part), signature), "%s, again",
		          rows[i].source);
		key_release(key);
	}
}

static const struct {
	const char *source, *jwk, *thumbprint;
} thumbprints[] = {
	{ "RFC 7638 3.1",
	  "{\"kty\":\"RSA\",\"n\":\"" RFC7638_N
	  "\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}",
	  "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" },
	{ "RFC 8037 A.3",
	  "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
	  "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" },
	/* Computed with sha256sum. */
	{ "the key of RFC 7515 A.3",
	  "{\"kty\":\"EC\",\"crv\":\"P-256\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\","
	  "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"}",
	  "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U" },
	{ "the key of RFC 7515 A.4",
	  "{\"kty\":\"EC\",\"crv\":\"P-521\","
	  "\"x\":\"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk\","
	  "\"y\":\"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2\"}",
	  "u5YUSjQ2-2chBi51NSk3t3g7IM4o2KYcnPqPtCNGd3U" },
};

Test(test_vectors, match_our_thumbprints)
{
	for (size_t i = 0; i < COUNT_OF(thumbprints); i++) {
		struct key *key = key_of(thumbprints[i].jwk);
		struct buf thumbprint = { 0 };

		base64url_encode(&thumbprint, key->thumbprint, THUMBPRINT_BYTES);
		cr_expect(eq(str, (char *)(uintptr_t)buf_cstr(&thumbprint),
		             (char *)(uintptr_t)thumbprints[i].thumbprint),
		          "%s", thumbprints[i].source);
		buf_finish(&thumbprint);
		key_release(key);
	}
}
