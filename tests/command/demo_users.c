/* demo_users.c: checks that demo_users.def lists the users of the demo data. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "statement.h"
#include "str.h"

static const struct {
	const char *role, *first_name, *last_name, *email;
} people[] = {
#define PERSON(role, ...) { #role, __VA_ARGS__ },
#include "demo_users.def"
#undef PERSON
};

static const char *people_sql(void)
{
	for (const struct sql_file *file = sql_demo; file->name; file++) {
		if (strcmp(file->name, "users") == 0)
			return file->text;
	}
	return "";
}

Test(people, are_those_of_the_demo_data)
{
	struct str rest = str_of(people_sql()), line;
	size_t rows = 0;

	for (size_t i = 0; i < COUNT_OF(people); i++) {
		struct buf row = { 0 };

		buf_print(&row, "'%s', '%s', '%s', '%s')", people[i].role, people[i].first_name,
		          people[i].last_name, people[i].email);
		cr_expect(strstr(people_sql(), buf_cstr(&row)) != NULL,
		          "sql/demo/0001_people.sql has no row %s", buf_cstr(&row));
		buf_finish(&row);
	}
	while (str_cut(&rest, '\n', &line))
		rows += memmem(line.at, line.length, "@marina.example'", 16) != NULL;
	cr_expect(eq(sz, rows, COUNT_OF(people)));
}

Test(people, are_one_super_admin_three_admins_four_supervisors_and_fourteen_guards)
{
	static const struct {
		const char *role;
		int count;
	} wanted[] = { { "SUPER_ADMIN", 1 }, { "ADMIN", 3 }, { "SUPERVISOR", 4 }, { "GUARD", 14 } };

	for (size_t i = 0; i < COUNT_OF(wanted); i++) {
		int count = 0;

		for (size_t j = 0; j < COUNT_OF(people); j++)
			count += strcmp(people[j].role, wanted[i].role) == 0;
		cr_expect(eq(int, count, wanted[i].count), "%s", wanted[i].role);
	}
}
