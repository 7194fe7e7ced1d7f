/* accept.c: reads the weights of Accept and Accept-Encoding (RFC 9110, 12.4.2), and how far Accept
 * accepts a media type. */

#include <strings.h>

#include "accept.h"
#include "http.h"

int accept_read_weight(struct str text)
{
	int weight, unit = MAX_WEIGHT / 10;

	if (text.length < 1 || text.length > 5 || (text.at[0] != '0' && text.at[0] != '1'))
		return -1;
	if (text.length > 1 && text.at[1] != '.')
		return -1;
	weight = (text.at[0] - '0') * MAX_WEIGHT;
	for (size_t i = 2; i < text.length; i++, unit /= 10) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return -1;
		weight += (text.at[i] - '0') * unit;
	}
	return weight <= MAX_WEIGHT ? weight : -1;
}

/* A media range can have other parameters before its weight. A malformed weight counts as 1. */
static int weight_of(struct str parameters)
{
	struct str parameter, name;

	while (str_cut(&parameters, ';', &parameter)) {
		if (str_cut(&parameter, '=', &name) && str_is_nocase(str_trim(name), "q")) {
			int weight = accept_read_weight(str_trim(parameter));

			return weight < 0 ? MAX_WEIGHT : weight;
		}
	}
	return MAX_WEIGHT;
}

static enum media_range match(struct str range, const char *type)
{
	size_t main_type = strcspn(type, "/") + 1; /* "application/" */

	if (str_is(range, "*/*"))
		return RANGE_ANY;
	if (str_is_nocase(range, type))
		return RANGE_EXACT;
	if (range.length == main_type + 1 && range.at[main_type] == '*'
	    && strncasecmp(range.at, type, main_type) == 0)
		return RANGE_SUBTYPES;
	return RANGE_NONE;
}

struct acceptance accept_media_type(struct str accept, const char *type)
{
	struct acceptance best = { 0 };
	struct str entry, range;

	while (str_cut(&accept, ',', &entry)) {
		enum media_range matched;

		str_cut(&entry, ';', &range);
		matched = match(str_trim(range), type);
		if (matched > best.range)
			best = (struct acceptance){ matched, weight_of(entry) };
	}
	return best;
}
