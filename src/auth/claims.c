/* claims.c: reads and checks the claims of a token.
 *
 * Claims that are checked (iss, sub, exp, nbf, iat, aud) must have exactly the right type.
 * Claims that only describe the user (name, email, picture) are dropped if they are
 * invalid; they never cause a rejection. */

#include "claims.h"
#include "clock.h"

enum {
	MAX_ISSUER_BYTES = 1024,
	MAX_SUBJECT_BYTES = 255,
	MAX_EMAIL_BYTES = 320,
	MAX_NAME_CHARACTERS = 100,
	URL_MAX = 2048,
	MAX_AUDIENCES = 64,
};

/* The end of the year 9999; later times are rejected. */
#define MAX_TIME 253402300799LL

/* Control characters of ASCII and Latin-1 (U+0080 to U+009F). */
static bool has_controls(struct str text)
{
	for (size_t i = 0; i < text.length; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c < 0x20 || c == 0x7f)
			return true;
		if (c == 0xc2 && i + 1 < text.length && (unsigned char)text.at[i + 1] < 0xa0)
			return true;
	}
	return false;
}

/* A time claim is a whole number of seconds since 1970; absent is valid if `optional`. */
static bool is_valid_time(const struct json *object, const char *name, bool optional)
{
	const struct json *value = json_member(object, name);

	if (!value)
		return optional;
	return json_kind(value) == JSON_INTEGER && json_integer(value) >= 0
	       && json_integer(value) <= MAX_TIME;
}

static bool is_valid_audience(const struct json *audience)
{
	if (!audience || json_kind(audience) == JSON_STRING)
		return true;
	if (json_kind(audience) != JSON_ARRAY || json_count(audience) > MAX_AUDIENCES)
		return false;
	for (size_t i = 0; i < json_count(audience); i++)
		if (json_kind(json_at(audience, i)) != JSON_STRING)
			return false;
	return true;
}

bool claims_has_audience(const struct claims *claims, struct str audience)
{
	if (json_kind(claims->audience) == JSON_STRING)
		return str_equal(json_string(claims->audience), audience);
	for (size_t i = 0; i < json_count(claims->audience); i++)
		if (str_equal(json_string(json_at(claims->audience, i)), audience))
			return true;
	return false;
}

struct str claims_text(const struct claims *claims, const char *name)
{
	return json_member_string(claims->object, name);
}

/* ---- claims that describe the user ---- */

/* The first of two claims that is not blank; none if it has control characters. */
static struct str read_text(const struct json *object, const char *name, const char *alternative)
{
	struct str text = str_trim(json_member_string(object, name));

	if (str_is_blank(text))
		text = str_trim(json_member_string(object, alternative));
	return str_is_blank(text) || has_controls(text) ? (struct str){ 0 } : text;
}

static struct str read_name(const struct json *object, const char *name, const char *alternative)
{
	struct str text = read_text(object, name, alternative), rest = text;

	for (int i = 0; i < MAX_NAME_CHARACTERS && rest.length; i++) {
		size_t length = str_utf8(rest);

		rest.at += length;
		rest.length -= length;
	}
	text.length -= rest.length;
	return text;
}

static struct str read_email(const struct json *object)
{
	struct str text = read_text(object, "email", "email"), rest = text, name, domain;

	if (text.length > MAX_EMAIL_BYTES || memchr(text.at ? text.at : "", ' ', text.length)
	    || !str_cut(&rest, '@', &name) || name.length == 0)
		return (struct str){ 0 };
	domain = rest;
	if (domain.length == 0 || memchr(domain.at, '@', domain.length) || domain.at[0] == '.'
	    || domain.at[domain.length - 1] == '.')
		return (struct str){ 0 };
	return text;
}

static struct str read_picture(const struct json *object)
{
	struct str text = read_text(object, "picture", "image_url");

	if (text.length > URL_MAX || !str_begins_url(text) || memchr(text.at, ' ', text.length))
		return (struct str){ 0 };
	return text;
}

static bool is_true(const struct json *value)
{
	return (json_kind(value) == JSON_BOOLEAN && json_boolean(value))
	       || str_is(json_string(value), "true");
}

enum auth_result claims_read(struct claims *claims, const struct json *object)
{
	const struct json *firebase = json_member(object, "firebase");

	*claims = (struct claims){
		.issuer = json_member_string(object, "iss"),
		.subject = json_member_string(object, "sub"),
		.audience = json_member(object, "aud"),
		.expires = json_integer(json_member(object, "exp")),
		.object = object,
	};
	if (claims->issuer.length == 0 || claims->issuer.length > MAX_ISSUER_BYTES
	    || claims->subject.length == 0 || claims->subject.length > MAX_SUBJECT_BYTES
	    || has_controls(claims->subject))
		return AUTH_MALFORMED;
	if (!is_valid_time(object, "exp", false) || !is_valid_time(object, "nbf", true)
	    || !is_valid_time(object, "iat", true) || !is_valid_audience(claims->audience))
		return AUTH_MALFORMED;

	claims->email = read_email(object);
	claims->email_verified = claims->email.at && is_true(json_member(object, "email_verified"));
	claims->first_name = read_name(object, "given_name", "first_name");
	claims->last_name = read_name(object, "family_name", "last_name");
	claims->image_url = read_picture(object);
	claims->is_anonymous =
		str_is(json_member_string(firebase, "sign_in_provider"), "anonymous");
	return AUTH_OK;
}

bool claims_has_time(const struct claims *claims, const char *name)
{
	return is_valid_time(claims->object, name, false);
}

bool claims_time_reached(const struct claims *claims, const char *name, long long leeway_ms)
{
	return json_integer(json_member(claims->object, name)) * 1000
	       <= clock_wall_ms() + leeway_ms;
}

enum auth_result claims_check_time(const struct claims *claims, long long leeway_ms)
{
	static const char *const start_claims[] = { "nbf", "iat" };

	if (clock_wall_ms() >= claims->expires * 1000 + leeway_ms)
		return AUTH_EXPIRED;
	for (size_t i = 0; i < COUNT_OF(start_claims); i++)
		if (json_member(claims->object, start_claims[i])
		    && !claims_time_reached(claims, start_claims[i], leeway_ms))
			return AUTH_NOT_YET;
	return AUTH_OK;
}
