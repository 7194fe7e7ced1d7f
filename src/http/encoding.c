/* encoding.c: chooses a content coding from Accept-Encoding.
 *
 * A coding that is not listed has the weight of `*`, or is not accepted. Identity is accepted
 * unless it is refused, but a coding that the client lists is preferred to identity if identity is
 * not listed. A malformed entry is ignored. */

#include "accept.h"
#include "encoding.h"

enum { UNLISTED = -1 };

static const struct {
	const char *name, *alias;
} names[ENCODINGS] = {
	[ENCODING_IDENTITY] = { "identity", NULL },
	[ENCODING_GZIP] = { "gzip", "x-gzip" },
	[ENCODING_BROTLI] = { "br", NULL },
};

const char *encoding_name(enum encoding encoding)
{
	return encoding == ENCODING_IDENTITY ? NULL : names[encoding].name;
}

/* Reads "gzip;q=0.5". Returns its weight; -1 if it is malformed. */
static int read_entry(struct str entry, struct str *name)
{
	struct str parameter, weight = entry;

	if (!str_cut(&weight, ';', name))
		return -1;
	*name = str_trim(*name);
	weight = str_trim(weight);
	if (!weight.length)
		return MAX_WEIGHT;
	if (!str_cut(&weight, '=', &parameter) || !str_is_nocase(parameter, "q"))
		return -1;
	return accept_read_weight(weight);
}

static bool is_named(enum encoding encoding, struct str name)
{
	return str_is_nocase(name, names[encoding].name)
	       || (names[encoding].alias && str_is_nocase(name, names[encoding].alias));
}

static void add_weight(int weights[ENCODINGS], int *others, struct str name, int weight)
{
	if (str_is(name, "*") && weight > *others)
		*others = weight;
	for (enum encoding i = 0; i < ENCODINGS; i++) {
		if (is_named(i, name) && weight > weights[i])
			weights[i] = weight;
	}
}

enum encoding encoding_choose(struct str accept_encoding, unsigned available)
{
	int weights[ENCODINGS] = { UNLISTED, UNLISTED, UNLISTED }, others = UNLISTED;
	enum encoding best = ENCODING_IDENTITY;
	struct str entry, name;

	if (!accept_encoding.length)
		return ENCODING_IDENTITY;
	while (str_cut(&accept_encoding, ',', &entry)) {
		int weight = read_entry(entry, &name);

		if (weight >= 0)
			add_weight(weights, &others, name, weight);
	}
	for (enum encoding i = 0; i < ENCODINGS; i++) {
		if (weights[i] == UNLISTED)
			weights[i] = others;
		if (i != ENCODING_IDENTITY && available & 1U << i && weights[i] > 0
		    && weights[i] >= weights[best])
			best = i;
	}
	return best;
}
