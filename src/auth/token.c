/* token.c: parses a token: three base64url parts, of which two are JSON objects.
 *
 * Parsing is strict: any tolerance would allow a second spelling of the same token, or let
 * two parsers see different tokens. */

#include "token.h"

/* Header parameters that would supply a key or its URL in the token itself, or require an
 * extension that is not supported. */
static const char *const forbidden[] = { "crit", "b64", "jku", "jwk", "x5u", "x5c", "zip", "enc" };

static const char *const types[] = { "JWT", "at+jwt", "application/at+jwt" };

/* Decodes a part and parses it as a JSON object. */
static struct json *read_object(struct str part)
{
	unsigned char bytes[MAX_TOKEN_BYTES * 3 / 4];
	long length = base64url_decode(part, bytes, sizeof(bytes));
	struct json *value;

	if (length <= 0)
		return NULL;
	value = json_parse((struct str){ (const char *)bytes, (size_t)length }, NULL, NULL);
	if (value && json_kind(value) != JSON_OBJECT) {
		json_free(value);
		return NULL;
	}
	return value;
}

static bool is_accepted_type(const struct json *header)
{
	const struct json *type = json_member(header, "typ");

	if (!type)
		return true;
	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (str_is_nocase(json_string(type), types[i]))
			return true;
	return false;
}

static enum auth_result read_header(struct token *token)
{
	const struct json *alg = json_member(token->header, "alg"),
			  *kid = json_member(token->header, "kid");

	for (size_t i = 0; i < COUNT_OF(forbidden); i++)
		if (json_member(token->header, forbidden[i]))
			return AUTH_MALFORMED;
	if (json_kind(alg) != JSON_STRING || !is_accepted_type(token->header))
		return AUTH_MALFORMED;
	if (kid) {
		token->kid = json_string(kid);
		if (token->kid.length == 0 || token->kid.length > MAX_KID_BYTES)
			return AUTH_MALFORMED;
	}
	token->algorithm = algorithm_of(json_string(alg));
	return token->algorithm == ALGORITHM_NONE ? AUTH_ALGORITHM : AUTH_OK;
}

enum auth_result token_read(struct token *token, struct str text)
{
	struct str rest = text, header, claims;
	enum auth_result result;
	long length;

	token->kid = (struct str){ 0 };
	token->header = NULL;
	token->claims = NULL;
	if (text.length > MAX_TOKEN_BYTES || !str_cut(&rest, '.', &header)
	    || !str_cut(&rest, '.', &claims))
		return AUTH_MALFORMED;
	token->signed_part = (struct str){ text.at, header.length + 1 + claims.length };

	token->header = read_object(header);
	if (!token->header)
		return AUTH_MALFORMED;
	result = read_header(token);
	if (result != AUTH_OK)
		return result;

	token->claims = read_object(claims);
	length = base64url_decode(rest, token->signature_bytes, sizeof(token->signature_bytes));
	if (!token->claims || length <= 0)
		return AUTH_MALFORMED;
	token->signature = (struct str){ (const char *)token->signature_bytes, (size_t)length };
	return AUTH_OK;
}

void token_finish(struct token *token)
{
	json_free(token->header);
	json_free(token->claims);
}
