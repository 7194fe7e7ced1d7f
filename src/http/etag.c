/* etag.c: computes and compares entity tags. */

#include <stdio.h>

#include "etag.h"
#include "http.h"

void etag_of(struct str content, char etag[ETAG_SIZE])
{
	snprintf(etag, ETAG_SIZE, "\"%016llx\"", (unsigned long long)str_hash(content, 0));
}

static struct str without_weak(struct str tag)
{
	return str_begins(tag, "W/") ? (struct str){ tag.at + 2, tag.length - 2 } : tag;
}

bool etag_matches(struct str list, const char *tag)
{
	struct str ours = without_weak(str_of(tag)), each;

	if (str_is(str_trim(list), "*"))
		return true;
	while (str_cut(&list, ',', &each)) {
		if (str_equal(without_weak(str_trim(each)), ours))
			return true;
	}
	return false;
}

const char *etag_encoded(struct arena *arena, const char *tag, enum encoding encoding)
{
	const char *name = encoding_name(encoding);

	if (!tag || !name)
		return tag;
	return arena_print(arena, "%.*s-%s\"", (int)strlen(tag) - 1, tag, name);
}
