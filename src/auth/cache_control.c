/* cache_control.c: how long a response may be cached, from its Cache-Control header.
 *
 * The part of RFC 9111 that a private cache needs: max-age, no-store and no-cache. Of
 * several directives the strictest counts; an invalid max-age counts as 0. */

#include "cache_control.h"
#include "str.h"

/* The maximum lifetime; avoids overflow. */
#define MAX_SECONDS (1LL << 31)

/* Takes a directive: up to the next comma outside quotes. */
static struct str cut_directive(struct str *rest)
{
	struct str directive = { rest->at, 0 };
	bool quoted = false;

	for (; directive.length < rest->length; directive.length++) {
		char c = rest->at[directive.length];

		if (c == '"')
			quoted = !quoted;
		else if (c == ',' && !quoted)
			break;
	}
	rest->at += directive.length;
	rest->length -= directive.length;
	if (rest->length) {
		rest->at++;
		rest->length--;
	}
	return str_trim(directive);
}

/* 0 if it is not a number. */
static long long read_seconds(struct str text)
{
	long long seconds = 0;

	text = str_trim(text);
	if (text.length >= 2 && text.at[0] == '"' && text.at[text.length - 1] == '"')
		text = (struct str){ text.at + 1, text.length - 2 };
	for (size_t i = 0; i < text.length; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return 0;
		seconds = seconds * 10 + (text.at[i] - '0');
		if (seconds > MAX_SECONDS)
			seconds = MAX_SECONDS;
	}
	return seconds;
}

long long cache_control_seconds(const char *cache_control, long long age)
{
	struct str rest = str_of(cache_control);
	long long shortest = CACHE_CONTROL_NONE;

	while (rest.length) {
		struct str value = cut_directive(&rest), name;
		long long seconds = CACHE_CONTROL_NONE;

		str_cut(&value, '=', &name);
		name = str_trim(name);
		if (str_is_nocase(name, "no-store") || str_is_nocase(name, "no-cache"))
			seconds = 0;
		else if (str_is_nocase(name, "max-age"))
			seconds = read_seconds(value);
		if (seconds != CACHE_CONTROL_NONE
		    && (shortest == CACHE_CONTROL_NONE || seconds < shortest))
			shortest = seconds;
	}
	if (shortest == CACHE_CONTROL_NONE)
		return CACHE_CONTROL_NONE;
	return age < shortest ? shortest - age : 0;
}
