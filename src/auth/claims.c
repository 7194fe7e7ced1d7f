/* claims.c: reads and checks the claims of a token.
 *
 * Claims that decide (iss, sub, exp, nbf, iat, aud) must have exactly the right type.
 * Claims that only describe the user (name, email, picture) are dropped if they are
 * invalid; they never cause a rejection. */

#include "claims.h"
#include "clock.h"

enum {
	ISSUER_MOST = 1024,
	SUBJECT_MOST = 255,
	EMAIL_MOST = 320,
	NAME_MOST = 100, /* characters */
	URL_MAX = 2048,
	AUDIENCES_MOST = 64,
};

/* The end of the year 9999; later times are rejected. */
#define TIME_MOST 253402300799LL

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

/* A time claim is a whole number of seconds since 1970; absent is valid if `may_lack`. */
static bool time_fits(const struct json *object, const char *name, bool may_lack)
{
	const struct json *value = json_member(object, name);

	if (!value)
		return may_lack;
	return json_kind(value) == JSON_INTEGER && json_integer(value) >= 0
	       && json_integer(value) <= TIME_MOST;
}

static bool audience_fits(const struct json *audience)
{
	if (!audience || json_kind(audience) == JSON_STRING)
		return true;
	if (json_kind(audience) != JSON_ARRAY || json_count(audience) > AUDIENCES_MOST)
		return false;
	for (size_t i = 0; i < json_count(audience); i++)
		if (json_kind(json_at(audience, i)) != JSON_STRING)
			return false;
	return true;
}

bool claims_name_audience(const struct claims *claims, struct str audience)
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
static struct str text_of(const struct json *object, const char *name, const char *or_name)
{
	struct str text = str_trim(json_member_string(object, name));

	if (str_is_blank(text))
		text = str_trim(json_member_string(object, or_name));
	return str_is_blank(text) || has_controls(text) ? (struct str){ 0 } : text;
}

static struct str name_of(const struct json *object, const char *name, const char *or_name)
{
	struct str text = text_of(object, name, or_name), rest = text;

	for (int i = 0; i < NAME_MOST && rest.length; i++) {
		size_t length = str_utf8(rest);

		rest.at += length;
		rest.length -= length;
	}
	text.length -= rest.length;
	return text;
}

static struct str email_of(const struct json *object)
{
	struct str text = text_of(object, "email", "email"), rest = text, name, domain;

	if (text.length > EMAIL_MOST || memchr(text.at ? text.at : "", ' ', text.length)
	    || !str_cut(&rest, '@', &name) || name.length == 0)
		return (struct str){ 0 };
	domain = rest;
	if (domain.length == 0 || memchr(domain.at, '@', domain.length) || domain.at[0] == '.'
	    || domain.at[domain.length - 1] == '.')
		return (struct str){ 0 };
	return text;
}

static struct str picture_of(const struct json *object)
{
	struct str text = text_of(object, "picture", "image_url");

	if (text.length > URL_MAX || !(str_begins(text, "https://") || str_begins(text, "http://"))
	    || memchr(text.at, ' ', text.length))
		return (struct str){ 0 };
	return text;
}

static bool is_true(const struct json *value)
{
	return (json_kind(value) == JSON_BOOLEAN && json_boolean(value)) || str_is(json_string(value), "true");
}

enum auth_verdict claims_read(struct claims *claims, const struct json *object)
{
	const struct json *firebase = json_member(object, "firebase");

	*claims = (struct claims){
		.issuer = json_member_string(object, "iss"),
		.subject = json_member_string(object, "sub"),
		.audience = json_member(object, "aud"),
		.expires = json_integer(json_member(object, "exp")),
		.object = object,
	};
	if (claims->issuer.length == 0 || claims->issuer.length > ISSUER_MOST || claims->subject.length == 0
	    || claims->subject.length > SUBJECT_MOST || has_controls(claims->subject))
		return AUTH_MALFORMED;
	if (!time_fits(object, "exp", false) || !time_fits(object, "nbf", true)
	    || !time_fits(object, "iat", true) || !audience_fits(claims->audience))
		return AUTH_MALFORMED;

	claims->email = email_of(object);
	claims->email_verified = claims->email.at && is_true(json_member(object, "email_verified"));
	claims->first_name = name_of(object, "given_name", "first_name");
	claims->last_name = name_of(object, "family_name", "last_name");
	claims->image_url = picture_of(object);
	claims->is_anonymous = str_is(json_member_string(firebase, "sign_in_provider"), "anonymous");
	return AUTH_TRUE;
}

bool claims_say_time(const struct claims *claims, const char *name)
{
	return time_fits(claims->object, name, false);
}

bool claims_have_begun(const struct claims *claims, const char *name, long long leeway_ms)
{
	return json_integer(json_member(claims->object, name)) * 1000 <= clock_wall_ms() + leeway_ms;
}

enum auth_verdict claims_time(const struct claims *claims, long long leeway_ms)
{
	static const char *const beginnings[] = { "nbf", "iat" };

	if (clock_wall_ms() >= claims->expires * 1000 + leeway_ms)
		return AUTH_EXPIRED;
	for (size_t i = 0; i < COUNT_OF(beginnings); i++)
		if (json_member(claims->object, beginnings[i])
		    && !claims_have_begun(claims, beginnings[i], leeway_ms))
			return AUTH_NOT_YET;
	return AUTH_TRUE;
}
