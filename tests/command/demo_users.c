/* demo_users.c: tests that demo_users.def lists the users of the demo data. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "statement.h"
#include "str.h"

static const struct {
	const char *role, *first_name, *last_name, *email;
} demo_users[] = {
#define DEMO_USER(role, ...) { #role, __VA_ARGS__ },
#include "demo_users.def"
#undef DEMO_USER
};

static const char *demo_users_sql(void)
{
	for (const struct sql_file *file = sql_demo; file->name; file++) {
		if (strcmp(file->name, "users") == 0)
			return file->text;
	}
	return "";
}

Test(demo_users, match_the_demo_data)
{
	struct str rest = str_of(demo_users_sql()), line;
	size_t rows = 0;

	for (size_t i = 0; i < COUNT_OF(demo_users); i++) {
		struct buf row = { 0 };

		buf_print(&row, "'%s', '%s', '%s', '%s')", demo_users[i].role,
		          demo_users[i].first_name, demo_users[i].last_name, demo_users[i].email);
		cr_expect(strstr(demo_users_sql(), buf_cstr(&row)) != NULL,
		          "sql/demo/users.sql has no row %s", buf_cstr(&row));
		buf_finish(&row);
	}
	while (str_cut(&rest, '\n', &line))
		rows += memmem(line.at, line.length, "@marina.example'", 16) != NULL;
	cr_expect(eq(sz, rows, COUNT_OF(demo_users)));
}

Test(demo_users, have_the_expected_roles)
{
	static const struct {
		const char *role;
		int count;
	} expected[] = { { "SUPER_ADMIN", 1 },
		         { "ADMIN", 3 },
		         { "SUPERVISOR", 4 },
		         { "GUARD", 15 },
		         { "VISITOR", 1 } };

	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		int count = 0;

		for (size_t j = 0; j < COUNT_OF(demo_users); j++)
			count += strcmp(demo_users[j].role, expected[i].role) == 0;
		cr_expect(eq(int, count, expected[i].count), "%s", expected[i].role);
	}
}
