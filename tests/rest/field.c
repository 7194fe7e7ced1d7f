/* field.c: tests that an invalid value yields a code and a message, and a valid one neither. */

#include <criterion/criterion.h>

#include "datetime.h"
#include "field.h"

static const char *const colours[] = { "red", "green", NULL };

static const struct field title = { "title", FIELD_LINE, REQUIRED, 1, 5 };
static const struct field note = { "note", FIELD_TEXT, NULLABLE, 0, 10 };
static const struct field colour = { "colour", FIELD_CHOICE, .choices = colours };
static const struct field size = { "size", FIELD_INTEGER, 0, 1, 50 };
static const struct field lit = { "lit", FIELD_BOOLEAN };
static const struct field id = { "id", FIELD_UUID };
static const struct field at = { "at", FIELD_TIME };
static const struct field day = { "day", FIELD_DATE_OR_TIME };
static const struct field date = { "date", FIELD_DATE };
static const struct field time_of_day = { "time_of_day", FIELD_TIME_OF_DAY };
static const struct field page = { "page", FIELD_URL };
static const struct field mail = { "mail", FIELD_EMAIL };
static const struct field link = { "link", FIELD_LINK, NULLABLE, 1, 9 };
static const struct field kind = { "kind", FIELD_EVENT_TYPE, REQUIRED, 1, 20 };
static const struct field pages = { "pages", FIELD_URL, MULTIPLE, .max_items = 2 };

static const struct {
	const struct field *field;
	const char *value; /* as JSON */
	const char *code;  /* "" if valid */
} rows[] = {
	{ &title, "\"tour\"", "" },
	{ &title, "\"\"", "too_short" },
	{ &title, "\"   \"", "too_short" },
	{ &title, "\"\\u00a0\\u200b\"", "too_short" },
	{ &title, "\"patrol\"", "too_long" },
	{ &title, "\"\\u00e4\\u00f6\\u00fc\\u00df\\u20ac\"", "" }, /* characters, not bytes */
	{ &title, "\"a\\nb\"", "malformed" },
	{ &title, "7", "wrong_type" },
	{ &title, "null", "null" },
	{ &title, "[\"tour\"]", "wrong_type" },
	{ &note, "null", "" },
	{ &note, "\"\"", "" },
	{ &note, "\"a\\n\\tb\"", "" },
	{ &note, "\"a\\u0007b\"", "malformed" },
	{ &note, "\"a\\u007fb\"", "malformed" },
	{ &colour, "\"green\"", "" },
	{ &colour, "\"Green\"", "not_a_choice" },
	{ &colour, "\"blue\"", "not_a_choice" },
	{ &colour, "1", "wrong_type" },
	{ &size, "1", "" },
	{ &size, "50", "" },
	{ &size, "0", "out_of_range" },
	{ &size, "51", "out_of_range" },
	{ &size, "-9223372036854775808", "out_of_range" },
	{ &size, "1.5", "wrong_type" },
	{ &size, "\"1\"", "wrong_type" },
	{ &lit, "true", "" },
	{ &lit, "\"true\"", "wrong_type" },
	{ &lit, "1", "wrong_type" },
	{ &id, "\"01900000-0000-7000-8000-00000000000F\"", "" },
	{ &id, "\"01900000-0000-7000-8000-00000000000\"", "malformed" },
	{ &id, "\"01900000000070008000000000000001\"", "malformed" },
	{ &date, "\"2026-02-28\"", "" },
	{ &date, "\"2026-02-29\"", "malformed" },
	{ &date, "\"2026-02-28T00:00:00Z\"", "malformed" },
	{ &date, "\"2026-2-28\"", "malformed" },
	{ &date, "20260228", "wrong_type" },
	{ &time_of_day, "\"00:00\"", "" },
	{ &time_of_day, "\"23:59\"", "" },
	{ &time_of_day, "\"24:00\"", "malformed" },
	{ &time_of_day, "\"7:30\"", "malformed" },
	{ &time_of_day, "\"07:30:00\"", "malformed" },
	{ &time_of_day, "\"07:60\"", "malformed" },
	{ &at, "\"2026-11-21T05:47:00Z\"", "" },
	{ &at, "\"2026-11-21t05:47:00.123456789+05:30\"", "" },
	{ &at, "\"2026-11-21T05:47:00\"", "malformed" },
	{ &at, "\"2026-11-21 05:47:00Z\"", "malformed" },
	{ &at, "\"2026-02-29T05:47:00Z\"", "malformed" },
	{ &at, "\"2024-02-29T05:47:00Z\"", "" },
	{ &at, "\"2100-02-29T05:47:00Z\"", "malformed" },
	{ &at, "\"2026-11-21T24:00:00Z\"", "malformed" },
	{ &at, "\"2026-11-21T05:47:60Z\"", "malformed" },
	{ &at, "\"2016-12-31T23:59:60Z\"", "" }, /* a leap second */
	{ &at, "\"2016-12-31T23:59:60.5Z\"", "" },
	{ &at, "\"2017-01-01T05:29:60+05:30\"", "" },
	{ &at, "\"2016-12-31T18:59:60-05:00\"", "" },
	{ &at, "\"2016-12-31T23:59:60+01:00\"", "malformed" },
	{ &at, "\"2016-12-31T23:59:61Z\"", "malformed" },
	{ &at, "\"2026-11-21T05:47:00+1:00\"", "malformed" },
	{ &at, "\"2026-11-21T05:47:00+01:60\"", "malformed" },
	{ &at, "\"2026-11-21T05:47:00.Z\"", "malformed" },
	{ &at, "\"2026-11-21T05:47:00+16:00\"", "malformed" },
	{ &at, "\"2026-11-21T05:47:00Zx\"", "malformed" },
	{ &at, "\"2026-11-21\"", "malformed" },
	{ &at, "\"0000-01-01T00:00:00Z\"", "malformed" },
	{ &at, "\"infinity\"", "malformed" },
	{ &day, "\"2026-11-21\"", "" },
	{ &day, "\"2026-11-21T05:47:00Z\"", "" },
	{ &day, "\"2026-11-31\"", "malformed" },
	{ &day, "\"yesterday\"", "malformed" },
	{ &page, "\"https://a.example/b?c\"", "" },
	{ &page, "\"javascript:alert(1)\"", "malformed" },
	{ &page, "\"https://a.example/b c\"", "malformed" },
	{ &page, "\"https://\"", "malformed" },
	{ &page, "\"https://user:pw@a.example/b\"", "malformed" },
	{ &page, "\"https://a.example/@b\"", "" },
	{ &page, "\"https://a.example\\\\@b.example/\"", "malformed" },
	{ &link, "\"https://user:pw@a.example/b\"", "malformed" },
	{ &page, "\"http://a\"", "" },
	{ &link, "\"/logs/7\"", "" },
	{ &link, "\"/\"", "" },
	{ &link, "\"http://a \"", "" },
	{ &link, "\"//a.example\"", "malformed" },
	{ &link, "\"/\\\\a.example\"", "malformed" },
	{ &link, "\"logs\"", "malformed" },
	{ &link, "\"/a\\nb\"", "malformed" },
	{ &link, "\"/logs/7890\"", "too_long" },
	{ &kind, "\"drill_2.begins\"", "" },
	{ &kind, "\"Drill\"", "malformed" },
	{ &kind, "\"\"", "too_short" },
	{ &mail, "\"rosa@marina.example\"", "" },
	{ &mail, "\"rosa@marina\"", "malformed" },
	{ &mail, "\"rosa@a@b.example\"", "malformed" },
	{ &mail, "\"@marina.example\"", "malformed" },
	{ &pages, "[]", "" },
	{ &pages, "[\"https://a.example/1\",\"https://a.example/2\"]", "" },
	{ &pages, "[\"https://a.example/1\",\"https://a.example/2\",\"https://a.example/3\"]",
	  "too_long" },
	{ &pages, "\"https://a.example/1\"", "wrong_type" },
};

Test(field, rejects_invalid_values_only)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *error;
		struct json *value = json_parse(str_of(rows[i].value), &error, NULL);
		struct field_error field_error;

		cr_assert(value != NULL, "%s: %s", rows[i].value, error);
		field_error = field_check(rows[i].field, value);
		cr_expect_str_eq(field_error.code ? field_error.code : "", rows[i].code,
		                 "%s given %s", rows[i].field->name, rows[i].value);
		cr_expect((field_error.code == NULL) == (*field_error.detail == 0),
		          "%s given %s must have both code and detail, or neither",
		          rows[i].field->name, rows[i].value);
		json_free(value);
	}
}

Test(field, checks_path_and_query_parameters_alike)
{
	static const struct {
		const struct field *field;
		const char *text, *code;
	} texts[] = {
		{ &size, "7", "" },
		{ &size, "07", "" },
		{ &size, "7x", "wrong_type" },
		{ &size, "", "wrong_type" },
		{ &size, "99", "out_of_range" },
		{ &lit, "true", "" },
		{ &lit, "True", "wrong_type" },
		{ &colour, "red", "" },
		{ &colour, "", "not_a_choice" },
		{ &id, "x", "malformed" },
		{ &day, "2026-11-21", "" },
		{ &title, "tours!", "too_long" },
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct field_error field_error =
			field_check_text(texts[i].field, str_of(texts[i].text));

		cr_expect_str_eq(field_error.code ? field_error.code : "", texts[i].code,
		                 "%s given %s", texts[i].field->name, texts[i].text);
	}
}
