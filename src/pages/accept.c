/* accept.c: chooses between a page and JSON (RFC 9110, 12.5.1). */

#include "accept.h"

enum { NAMED = 1 }; /* a type that is named wins over an equal one that only a range covers */

/* A weight of 0 to 1 with at most three decimals, in thousandths; malformed ones count as 1. */
static int weight(struct str parameters)
{
	struct str parameter;
	int value = 0, unit = 1000;

	while (str_cut(&parameters, ';', &parameter)) {
		parameter = str_trim(parameter);
		if (!str_begins(parameter, "q=") && !str_begins(parameter, "Q="))
			continue;
		for (size_t i = 2; i < parameter.length && unit; i++) {
			if (parameter.at[i] == '.')
				continue;
			if (parameter.at[i] < '0' || parameter.at[i] > '9')
				return 1000;
			value += (parameter.at[i] - '0') * unit;
			unit /= 10;
		}
		return value < 1000 ? value : 1000;
	}
	return 1000;
}

/* The weight of a type: that of the most specific of the ranges, which are ordered so. */
static int weight_of(struct str accept, const char *const *ranges)
{
	struct str rest, entry, range;

	for (size_t i = 0; ranges[i]; i++) {
		for (rest = accept; str_cut(&rest, ',', &entry);) {
			str_cut(&entry, ';', &range);
			if (str_is_nocase(str_trim(range), ranges[i]))
				return weight(entry) * 2 + (i == 0 ? NAMED : 0);
		}
	}
	return 0;
}

bool accept_prefers_html(struct str accept)
{
	static const char *const html[] = { "text/html", "text/*", NULL };
	static const char *const json[] = { "application/json", "application/*", "*/*", NULL };

	return weight_of(accept, html) > NAMED && weight_of(accept, html) > weight_of(accept, json);
}
