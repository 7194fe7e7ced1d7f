/* Which preferences are read from a Prefer header. */

#include <criterion/criterion.h>

#include "call.h"
#include "prefer.h"

static const struct field fields[] = { { "name", FIELD_LINE }, { 0 } };
static const struct shape thing = { "Thing", fields };

static const struct operation list = { GET, .response = LIST_OF(thing), .rules = COUNTED };
static const struct operation read = { GET, .response = &thing };
static const struct operation create = { POST, .response = &thing };
static const struct operation update = { PATCH, .response = &thing };
static const struct operation archive = { DELETE };
static const struct operation create_secret = { POST, .response = &thing,
	                                        .rules = SECRET_RESPONSE };
static const struct operation find = { POST, .response = LIST_OF(thing), .rules = COUNTED };

static const struct {
	const struct operation *operation;
	const char *header;
	bool counted, minimal;
} cases[] = {
	{ &list, NULL, false, false },
	{ &list, "", false, false },
	{ &list, "count=exact", true, false },
	{ &list, "Count=Exact", true, false },
	{ &list, "count=\"exact\"", true, false },
	{ &list, "count = exact", true, false },
	{ &list, "return=minimal, count=exact", true, false },
	{ &list, "count=planned", false, false },
	{ &list, "recount=exact", false, false },
	{ &read, "count=exact", false, false },
	{ &create, "return=minimal", false, true },
	{ &create, "RETURN=\"minimal\"", false, true },
	{ &create, "return=representation", false, false },
	{ &create, "return", false, false },
	{ &create, "return=\"\"", false, false },
	{ &create, "return=minimal; a=b; c", false, true },
	{ &create, "respond-async, wait=10, return=minimal", false, true },
	{ &create, ",, return=minimal ,", false, true },
	{ &update, "return=minimal", false, true },
	{ &find, "count=exact, return=minimal", true, true },
	/* The first preference of each name counts. */
	{ &create, "return=representation, return=minimal", false, false },
	{ &create, "return=minimal, return=representation", false, true },
	{ &list, "count=planned, count=exact", false, false },
	/* Commas and semicolons in quotes do not separate. */
	{ &create, "x=\"a, return=minimal\"", false, false },
	{ &create, "x=\"a; b\", return=minimal", false, true },
	{ &create, "x=\"a\\\", return=minimal\"", false, false },
	{ &create, "x; y=\"a, b\", return=minimal", false, true },
	{ &create, "x=\"open, return=minimal", false, false },
	/* Not honoured: nothing would remain, or a secret would be lost. */
	{ &read, "return=minimal", false, false },
	{ &archive, "return=minimal", false, false },
	{ &create_secret, "return=minimal", false, false },
};

Test(prefer, is_read)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct endpoint endpoint = { .operation = cases[i].operation };
		struct request request = { .method = cases[i].operation->method };
		struct call call = { .request = &request, .endpoint = &endpoint };

		request.headers[HEADER_PREFER] = str_of(cases[i].header);
		prefer_read(&call);
		cr_expect_eq(call.counted, cases[i].counted, "%s", cases[i].header);
		cr_expect_eq(call.minimal, cases[i].minimal, "%s", cases[i].header);
	}
}
