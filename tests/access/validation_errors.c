/* validation_errors.c: tests that errors are collected as JSON, up to a limit. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "json.h"
#include "validation_errors.h"

Test(validation_errors, are_collected_as_json_up_to_a_limit)
{
	struct validation_errors errors = { 0 };
	const char *error;
	struct json *all;

	for (int i = 0; i < 80; i++)
		validation_errors_add(&errors, "pointer", STR("/a\"b\xff"), "unknown",
		                      "is \"odd\"");
	buf_char(&errors.json, ']');
	all = json_parse(buf_as_str(&errors.json), &error, NULL);
	cr_assert(all != NULL, "%s", error);
	cr_expect_eq(json_count(all), 50);
	cr_expect(str_is(json_member_string(json_at(all, 0), "pointer"), "/a\"b\xef\xbf\xbd"));
	json_free(all);
	buf_finish(&errors.json);
}
