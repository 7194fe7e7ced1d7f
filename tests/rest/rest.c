/* rest.c: tests that errors in the tables are found at startup, and that all are reported. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rest.h"
#include "resources.h"

static struct buf errors;

static const struct field flags[] = { { "hard", FIELD_BOOLEAN }, { 0 } };

static bool check_tables(const struct operation *operation)
{
	const struct operation operations[] = { *operation, { 0 } };
	const struct resource things = { .path = "/things",
		                         .name = "Things",
		                         .operations = operations };
	const struct resource *const all[] = { &things, NULL };

	buf_clear(&errors);
	return !rest_check_tables(all, &errors);
}

Test(rest, tables_with_errors_are_rejected)
{
	static const struct {
		struct operation operation;
		const char *error;
	} rows[] = {
		{ { GET, "/{id}", ROLE_UNSET, SQL_LOGS_READ, "get_thing", .summary = "One" },
		  "has no role" },
		{ { GET, "/{id}", GUARD, SQL_LOGS_READ, NULL, .summary = "One" },
		  "has no name or no summary" },
		{ { GET, "/{id}", GUARD, SQL_LOGS_READ, "get_thing" },
		  "has no name or no summary" },
		{ { GET, "", GUARD, SQL_LOGS_READ, "get_thing", .summary = "One" },
		  "get_thing: unknown parameter :id in statement logs_read." },
		{ { GET, "/{log_id}", GUARD, SQL_LOGS_READ, "get_thing", .summary = "One" },
		  "get_thing: unknown parameter :id in statement logs_read." },
		{ { POST, "", GUARD, SQL_LOGS_CREATE, "create_thing", .summary = "One",
		    .rules = API_KEY_ALLOWED },
		  "create_thing: a write with API_KEY_ALLOWED must not read :caller_id" },
		{ { POST, "", GUARD, SQL_LOGS_CREATE, "create_thing", .summary = "One",
		    .second_token = "token" },
		  "create_thing: .second_token requires :second_token_issuer and :second_token_subject, and vice versa." },
		{ { POST, "", GUARD, SQL_AUTH_PROMOTE, "create_thing", .summary = "One" },
		  "create_thing: .second_token requires :second_token_issuer and :second_token_subject, and vice versa." },
		{ { POST, "", GUARD, SQL_AUTH_PROMOTE, "create_thing", .summary = "One",
		    .second_token = "token" },
		  "create_thing: .second_token names token, which is not a field of its body." },
		{ { DELETE, "/{id}", GUARD, SQL_LOGS_ARCHIVE, "remove_thing", .summary = "Away",
		    .alt_when = "hard", .alt_sql = SQL_LOGS_DELETE },
		  "remove_thing: .alt_when names hard, which is not a query parameter." },
		{ { DELETE, "/{id}", GUARD, SQL_LOGS_ARCHIVE, "remove_thing", .summary = "Away",
		    .query = flags, .alt_when = "hard", .alt_value = "yes",
		    .alt_sql = SQL_LOGS_DELETE },
		  "remove_thing: .alt_value must be one of the choices of .alt_when." },
		{ { GET, "/{id}", GUARD, SQL_LOGS_READ, "get_thing", .summary = "One",
		    .removed_in = V2, .deprecated_at = 1, .sunset_at = 2 },
		  "get_thing: .removed_in needs .deprecated_at, .sunset_at and .successor." },
		{ { GET, "/{id}", GUARD, SQL_LOGS_READ, "get_thing", .summary = "One",
		    .added_in = V2, .removed_in = V2, .deprecated_at = 1, .sunset_at = 2,
		    .successor = "/things" },
		  "get_thing: .removed_in must be after .added_in." },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		cr_assert(check_tables(&rows[i].operation), "row %zu must be rejected", i);
		cr_expect(strstr(buf_cstr(&errors), rows[i].error) != NULL, "row %zu: %s", i,
		          buf_cstr(&errors));
	}
	buf_finish(&errors);
}

Test(rest, all_errors_are_reported_together)
{
	static const struct operation bad = {
		GET, "", ROLE_UNSET, SQL_LOGS_READ, "get_thing", .alt_when = "hard",
	};

	cr_assert(check_tables(&bad));
	for (const char *const *part =
	             (const char *[]){ "has no role", "no summary", "unknown parameter :id",
	                               ".alt_role", NULL };
	     *part; part++)
		cr_expect(strstr(buf_cstr(&errors), *part) != NULL, "%s must be in: %s", *part,
		          buf_cstr(&errors));
	buf_finish(&errors);
}

Test(rest, the_tables_of_this_program_are_valid)
{
	cr_expect(rest_check_tables(resources, &errors), "%s", buf_cstr(&errors));
}
