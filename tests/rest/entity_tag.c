/* entity_tag.c: tests that the response to a change has the entity tag of GET, even if it has
 * transient members. */

#include <criterion/criterion.h>

#include "call.h"
#include "entity_tag.h"

static const struct field fields[] = { { "id", FIELD_UUID }, { "name", FIELD_LINE }, { 0 } };
static const struct field more[] = { { "parts", FIELD_JSON },
	                             { "warnings", FIELD_LINE, TRANSIENT },
	                             { "key", FIELD_LINE, TRANSIENT },
	                             { 0 } };
static const struct shape thing = { "Thing", fields }, changed = { "Changed", fields, more };

static const struct operation read = { GET, .response = &thing };
static const struct operation create = { POST, .response = &changed };
static const struct operation archive = { DELETE };

static struct request request;

static const char *tag(const struct operation *operation, const char *revision, const char *body)
{
	const struct endpoint endpoint = { .operation = operation };
	struct call call = { .request = &request, .endpoint = &endpoint };

	return entity_tag(&call, str_of(revision), str_of(body)) ?: "none";
}

static void free_tags(void)
{
	arena_finish(&request.arena);
}

TestSuite(entity_tag, .fini = free_tags);

static const struct {
	const char *body, *of_get;
} cases[] = {
	{ "{\"id\":1,\"warnings\":[]}", "{\"id\":1}" },
	{ "{\"id\":1,\"warnings\": [{\"a\":\"]\"}], \"key\": \"x\"}", "{\"id\":1}" },
	{ "{\"id\":1,\"key\" : null}", "{\"id\":1}" },
	{ "{\"id\":1, \"warnings\":[]}", "{\"id\":1}" },
	{ "{\"id\":1,\"parts\":[{\"a\":1,\"key\":2}],\"warnings\":[]}",
	  "{\"id\":1,\"parts\":[{\"a\":1,\"key\":2}]}" },
	{ "{\"id\":1,\"parts\":\"\\\",\\\"key\\\":\",\"key\":3}",
	  "{\"id\":1,\"parts\":\"\\\",\\\"key\\\":\"}" },
	/* Without such a member, the whole body counts. */
	{ "{\"id\":1}", "{\"id\":1}" },
	{ "{\"id\":\"key\",\"name\":\"warnings\"}", "{\"id\":\"key\",\"name\":\"warnings\"}" },
	{ "{\"id\":1,\"parts\":[\"key\",\"warnings\"]}",
	  "{\"id\":1,\"parts\":[\"key\",\"warnings\"]}" },
	{ "{}", "{}" },
};

Test(entity_tag, is_that_of_get)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		cr_expect_str_eq(tag(&create, "7", cases[i].body), tag(&read, "7", cases[i].of_get),
		                 "%s", cases[i].body);
}

Test(entity_tag, has_the_revision_and_a_hash)
{
	cr_expect(strncmp(tag(&read, "7", "{}"), "\"7.", 3) == 0);
	cr_expect_str_neq(tag(&read, "7", "{}"), tag(&read, "8", "{}"));
	cr_expect_str_neq(tag(&read, "7", "{}"), tag(&read, "7", "{\"id\":1}"));
	cr_expect(strncmp(tag(&read, NULL, "[]"), "W/\"", 3) == 0);
}

Test(entity_tag, needs_a_revision_after_a_change)
{
	cr_expect_str_eq(tag(&create, NULL, "{\"created\":1}"), "none");
	cr_expect(strncmp(tag(&archive, "7", "{}"), "\"7.", 3) == 0);
}
