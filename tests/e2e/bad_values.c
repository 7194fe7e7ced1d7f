/* bad_values.c: values that are invalid for a field, by its type and just beyond its limits. */

#include "bad_values.h"

struct list {
	struct bad_value *out;
	size_t count;
};

static void add_entry(struct list *list, const char *value, const char *code, const char *entry)
{
	cr_assert(list->count < MAX_BAD_VALUES);
	list->out[list->count++] = (struct bad_value){ str_of(value), code, entry };
}

static void add(struct list *list, const char *value, const char *code)
{
	add_entry(list, value, code, "");
}

static void add_all(struct list *list, const char *const *values, const char *code)
{
	for (; *values; values++)
		add(list, *values, code);
}

const char *repeat(long count, const char *text)
{
	struct buf all = { 0 };
	const char *copy;

	while (count--)
		buf_text(&all, text);
	copy = e2e_format("%s", buf_cstr(&all));
	buf_finish(&all);
	return copy;
}

/* ---- Text, in bodies and in queries ---- */

/* Characters that JSON must escape are added as escapes if `in_json`. */
static void add_lengths(struct list *list, const struct field *field, bool in_json)
{
	cr_expect(field->max > 0, "%s has no maximum length: set it in its table", field->name);
	if (field->min > 0) {
		add(list, "", "too_short");
		add(list, "   ", "too_short");
	}
	if (field->min > 1)
		add(list, repeat(field->min - 1, "x"), "too_short");
	add(list, repeat(field->max + 1, "x"), "too_long");
	if (in_json
	    || field->max < 1000) /* a longer query exceeds the limit of the request target */
		add(list, repeat(field->max + 1, "ø"), "too_long");
	add(list, in_json ? "a\\u0007b" : "a\007b", "malformed");
	add(list, "a\177b", "malformed");
	if (field->type == FIELD_LINE)
		add(list, in_json ? "a\\nb" : "a\nb", "malformed");
}

/* clang-format off */
static const char *const bad_ids[] = {
	"", "x", "01900000-0000-7000-8000-00000000000g", "{01900000-0000-7000-8000-000000000001}",
	"urn:uuid:01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-0000000000011",
	"01900000000070008000000000000001", " 01900000-0000-7000-8000-000000000001", NULL,
};
static const char *const bad_emails[] = {
	"", "x", "@", "a@b", "a b@c.example", "a@b@c.example", NULL,
};
static const char *const bad_urls[] = {
	"", "x", "javascript:alert(1)", "ftp://a.example/1", "https://a b.example/", NULL,
};
static const char *const bad_links[] = {
	"", "x", "javascript:alert(1)", "ftp://a.example/1", "https://", "//a.example", "/\\\\a.example",
	NULL,
};
static const char *const bad_event_types[] = { "Drill", "drill begins", "drill-begins", "ä", NULL };
static const char *const bad_times[] = {
	"", "now", "infinity", "-infinity", "epoch", "today", "2026-02-30T00:00:00Z",
	"2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:60Z",
	"2026-01-01 00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00+24:00",
	"10000-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "20260101T000000Z", NULL,
};
static const char *const bad_dates[] = {
	"", "today", "infinity", "2026-02-30", "2026-1-1", "2026-13-01", "20260101", "10000-01-01",
	NULL,
};
static const char *const bad_times_of_day[] = {
	"", "now", "allballs", "24:00", "7:30", "07:60", "0730", "07:30:00", NULL,
};
/* clang-format on */

static void add_texts(struct list *list, const struct field *field, bool in_json)
{
	switch (field->type) {
	case FIELD_TEXT:
	case FIELD_LINE:
		add_lengths(list, field, in_json);
		break;
	case FIELD_EMAIL:
		add_all(list, bad_emails, "malformed");
		add(list, e2e_format("%s@b.example", repeat(320, "x")), "too_long");
		break;
	case FIELD_LINK:
		add_all(list, bad_links, "malformed");
		add(list, e2e_format("/%s", repeat(field->max, "x")), "too_long");
		break;
	case FIELD_EVENT_TYPE:
		add_all(list, bad_event_types, "malformed");
		add(list, "", "too_short");
		add(list, repeat(field->max + 1, "x"), "too_long");
		break;
	case FIELD_URL:
		add_all(list, bad_urls, "malformed");
		add(list, e2e_format("https://a.example/%s", repeat(2048, "x")), "too_long");
		break;
	case FIELD_UUID:
		add_all(list, bad_ids, "malformed");
		break;
	case FIELD_TIME:
		add(list, "2026-01-01", "malformed");
		add_all(list, bad_times, "malformed");
		break;
	case FIELD_DATE_OR_TIME:
		add_all(list, bad_times, "malformed");
		add_all(list, bad_dates, "malformed");
		break;
	case FIELD_DATE:
		add(list, "2026-01-01T00:00:00Z", "malformed");
		add_all(list, bad_dates, "malformed");
		break;
	case FIELD_TIME_OF_DAY:
		add_all(list, bad_times_of_day, "malformed");
		break;
	case FIELD_CHOICE:
		add(list, "NO SUCH", "not_a_choice");
		add(list, e2e_format("%s ", field->choices[0]), "not_a_choice");
		add(list, e2e_format("%sx", field->choices[0]), "not_a_choice");
		break;
	default:
		break;
	}
}

static const char *valid_text(const struct field *field)
{
	switch (field->type) {
	case FIELD_EMAIL:
		return "ada@berg.example";
	case FIELD_URL:
	case FIELD_LINK:
		return "https://a.example/1";
	case FIELD_UUID:
		return "01900000-0000-7000-8000-0000000000ff"; /* no resource has this ID */
	case FIELD_TIME:
		return "2026-01-01T00:00:00Z";
	case FIELD_DATE_OR_TIME:
	case FIELD_DATE:
		return "2026-01-01";
	case FIELD_TIME_OF_DAY:
		return "07:30";
	case FIELD_CHOICE:
		return field->choices[0];
	default:
		return repeat(field->min > 1 ? field->min : 1, "x");
	}
}

/* ---- Bodies ---- */

static void add_wrong_types(struct list *list, const struct field *field)
{
	static const char *const containers[] = { "[]", "{}", "['x']", NULL };
	static const char *const not_strings[] = { "true", "7", "1.5", NULL };
	static const char *const not_integers[] = { "true", "'7'", "''", "1.5", "7e0", NULL };
	static const char *const not_booleans[] = { "'true'", "''", "0", "1", NULL };

	add_all(list, containers, "wrong_type");
	if (field->type == FIELD_INTEGER)
		add_all(list, not_integers, "wrong_type");
	else if (field->type == FIELD_BOOLEAN)
		add_all(list, not_booleans, "wrong_type");
	else
		add_all(list, not_strings, "wrong_type");
}

static void add_scalars(struct list *list, const struct field *field)
{
	struct bad_value values[MAX_BAD_VALUES];
	struct list texts = { values, 0 };

	add_wrong_types(list, field);
	add_texts(&texts, field, true);
	for (size_t i = 0; i < texts.count; i++)
		add(list, e2e_format("'%s'", values[i].value.at), values[i].code);
	if (field->type == FIELD_INTEGER) {
		add(list, e2e_format("%ld", field->min - 1), "out_of_range");
		add(list, e2e_format("%ld", field->max + 1), "out_of_range");
		add(list, "99999999999999999", "out_of_range");
		add(list, "-99999999999999999", "out_of_range");
	}
}

/* Malformed JSON, and JSON that the server rejects: NUL, invalid UTF-8, numbers out of range. */
static void add_malformed(struct list *list)
{
	/* clang-format off */
	static const struct str malformed[] = {
		STR("'a\\u0000b'"), STR("'a\0b'"), STR("'\xff'"), STR("'\xc0\xaf'"),
		STR("'\xed\xa0\x80'"), STR("'\\ud800'"), STR("'a\nb'"), STR("1e999"), STR("-1e999"),
		STR("99999999999999999999"), STR("NaN"), STR("Infinity"), STR("01"), STR("+1"),
		STR("'"), STR(""), STR("undefined"),
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT_OF(malformed); i++)
		list->out[list->count++] = (struct bad_value){ malformed[i], "BAD_JSON", "" };
}

static void add_lists(struct list *list, const struct field *field)
{
	static const char *const not_lists[] = { "'x'", "''", "7", "true", "{}", NULL };
	struct field each = *field;
	struct bad_value items[MAX_BAD_VALUES];
	struct list inner = { items, 0 };

	each.rules = 0;
	add_all(list, not_lists, "wrong_type");
	cr_expect(field->max_items > 0, "%s has no max_items: set it in its table", field->name);
	add(list,
	    e2e_format("[%s%s]", repeat(field->max_items, e2e_format("%s,", valid_value(&each))),
	               valid_value(&each)),
	    "too_long");
	if (field->rules & REQUIRED)
		add(list, "[]", "too_short");
	if (field->type == FIELD_SHAPE)
		return;
	add_entry(list, "[null]", "null", "/0");
	add_scalars(&inner, &each);
	for (size_t i = 0; i < inner.count; i++)
		add_entry(list, e2e_format("[%s]", items[i].value.at), items[i].code, "/0");
	if (field->rules & UNIQUE_ITEMS)
		add_entry(list, e2e_format("[%s,%s]", valid_value(&each), valid_value(&each)),
		          "duplicate", "/1");
}

size_t bad_values(const struct field *field, struct bad_value out[MAX_BAD_VALUES])
{
	static const char *const not_objects[] = { "'x'", "7", "true", "[]", NULL };
	struct list list = { out, 0 };

	if (!(field->rules & NULLABLE))
		add(&list, "null", "null");
	add_malformed(&list);
	if (field->rules & MULTIPLE)
		add_lists(&list, field);
	else if (field->type == FIELD_SHAPE || field->type == FIELD_OBJECT)
		add_all(&list, not_objects, "wrong_type");
	else
		add_scalars(&list, field);
	return list.count;
}

const char *valid_object(const struct shape *shape, enum field_rule required)
{
	const char *members = "";

	for (const struct field *field = shape->fields; field->name; field++) {
		if (field->rules & required)
			members = e2e_format("%s%s'%s':%s", members, *members ? "," : "",
			                     field->name, valid_value(field));
	}
	return e2e_format("{%s}", members);
}

const char *valid_value(const struct field *field)
{
	struct field each = *field;

	if (field->rules & MULTIPLE) {
		each.rules &= ~(unsigned)MULTIPLE;
		return e2e_format("[%s]", valid_value(&each));
	}
	if (field->type == FIELD_SHAPE)
		return valid_object(field->shape, REQUIRED);
	if (field->type == FIELD_OBJECT)
		return "{}";
	if (field->type == FIELD_INTEGER)
		return e2e_format("%ld", field->min);
	if (field->type == FIELD_BOOLEAN)
		return "true";
	return e2e_format("'%s'", valid_text(field));
}

/* ---- Queries ---- */

size_t bad_parameters(const struct field *field, struct bad_value out[MAX_BAD_VALUES])
{
	static const char *const not_integers[] = { "",    "x",    "1.5",
		                                    "1e3", "0x10", "99999999999999999999",
		                                    NULL };
	static const char *const not_booleans[] = { "", "x", "yes", "TRUE", "1", NULL };
	struct list list = { out, 0 };

	if (field->type == FIELD_INTEGER) {
		add_all(&list, not_integers, "wrong_type");
		add(&list, e2e_format("%ld", field->min - 1), "out_of_range");
		add(&list, e2e_format("%ld", field->max + 1), "out_of_range");
	} else if (field->type == FIELD_BOOLEAN) {
		add_all(&list, not_booleans, "wrong_type");
	} else {
		add_texts(&list, field, false);
	}
	if (field->rules & MULTIPLE)
		add(&list, e2e_format("%s,", valid_parameter(field)), "malformed");
	return list.count;
}

const char *valid_parameter(const struct field *field)
{
	if (field->type == FIELD_INTEGER)
		return e2e_format("%ld", field->min);
	return field->type == FIELD_BOOLEAN ? "true" : valid_text(field);
}
