/* scalars.c: schemas that many string fields share.
 *
 * The patterns correspond to the checks in rest/field.c: values that match are accepted. */

#include <stdio.h>

#include "channels.h"
#include "scalars.h"
#include "writer.h"

/* Parts of patterns: a character of a line or a text, a visible character (a subset of those that
 * str_is_blank() does not count as blank), and a date in the years 0002 to 9998. */
#define LINE "[^\\u0000-\\u001F\\u007F]"
#define TEXT "[^\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F]"
#define VISIBLE                                                                                    \
	"[^\\s\\u0000-\\u001F\\u007F-\\u009F\\u00AD\\u034F\\u061C\\u115F\\u1160\\u17B4-\\u180F"    \
	"\\u2000-\\u206F\\u2800\\u3164\\uD800-\\uDFFF\\uFE00-\\uFE0F\\uFFA0\\uFFF0-\\uFFFF]"
#define DATE "(?!000[01]|9999)\\d{4}-\\d\\d-\\d\\d"
#define TIME DATE "[Tt]\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?([Zz]|[+-](0\\d|1[0-5]):[0-5]\\d)"

#define UUID "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
#define KEY  "[!#-\\[\\]-~]{1,255}"

/* The names of all channels: "^(note:UUID|duty|…)$". */
static const char *channel_pattern(void)
{
	static char pattern[1024];
	size_t length = 0;

	for (size_t i = 0; i < CHANNELS; i++) {
		const char *row = channel_rows[i].pattern;

		length += (size_t)snprintf(pattern + length, sizeof(pattern) - length, "%s%.*s%s",
		                           i ? "|" : "^(", (int)strcspn(row, "{"), row,
		                           strchr(row, '{') ? UUID : "");
	}
	snprintf(pattern + length, sizeof(pattern) - length, ")$");
	return pattern;
}

const char *scalar_pattern(enum field_type type)
{
	switch (type) {
	case FIELD_TEXT:
		return "^" TEXT "*$";
	case FIELD_LINE:
		return "^" LINE "*$";
	case FIELD_EMAIL:
		return "^[^@ \\u0000-\\u001F\\u007F]+@[^@ .\\u0000-\\u001F\\u007F]"
		       "[^@ \\u0000-\\u001F\\u007F]*\\.[^@ .\\u0000-\\u001F\\u007F]+$";
	case FIELD_URL:
		return "^https?://[^/?#@\\\\ \\u0000-\\u001F\\u007F]+"
		       "([/?#][^ \\u0000-\\u001F\\u007F]*)?$";
	case FIELD_LINK:
		return "^(https?://[^/?#@\\\\\\u0000-\\u001F\\u007F]+([/?#]" LINE
		       "*)?|/([^/\\\\\\u0000-\\u001F\\u007F]" LINE "*)?)$";
	case FIELD_EVENT_TYPE:
		return "^[a-z0-9_.]+$";
	case FIELD_CHANNEL:
		return channel_pattern();
	case FIELD_KEY:
		return "^(" KEY "|\"" KEY "\")$";
	case FIELD_TIME:
		return "^" TIME "$";
	case FIELD_DATE:
		return "^" DATE "$";
	case FIELD_TIME_OF_DAY:
		return "^([01][0-9]|2[0-3]):[0-5][0-9]$";
	default:
		return NULL;
	}
}

const char *scalar_name(const struct field *field, enum use use)
{
	bool nullable = field->rules & NULLABLE, is_input = use == IN_REQUEST;

	if (use == IN_EVENT)
		return NULL;
	switch (field->type) {
	case FIELD_UUID:
		return nullable ? NULL : "Id";
	case FIELD_TIME:
		return nullable || is_input ? NULL : "Time";
	case FIELD_DATE_OR_TIME:
		return "DateOrTime";
	case FIELD_TEXT:
		return is_input && field->min > 0 ? "Text" : NULL;
	case FIELD_LINE:
		return is_input && field->min > 0 ? "Line" : NULL;
	default:
		return NULL;
	}
}

static bool is_referred_to(const struct buf *out, const char *name)
{
	char text[64];
	int length = snprintf(text, sizeof(text), "\"#/components/schemas/%s\"", name);

	return memmem(out->at, out->length, text, (size_t)length);
}

static void date_or_time(struct buf *out)
{
	writer_open(out, "anyOf", '[');
	writer_open(out, NULL, '{');
	writer_text(out, "type", "string");
	writer_text(out, "format", "date");
	writer_text(out, "pattern", scalar_pattern(FIELD_DATE));
	writer_close(out, '}');
	writer_open(out, NULL, '{');
	writer_text(out, "type", "string");
	writer_text(out, "format", "date-time");
	writer_text(out, "pattern", scalar_pattern(FIELD_TIME));
	writer_close(out, '}');
	writer_close(out, ']');
}

void scalars_write(struct buf *out)
{
	static const struct {
		const char *name, *description, *format, *pattern, *example;
	} scalars[] = {
		{ "Id", "A UUID.", "uuid", .example = "019aa5b7-2c40-7d31-8f5e-6a1b0c9d4e72" },
		{ "Time", "A time with an offset.", "date-time",
		  .example = "2026-11-21T05:47:00+00:00" },
		{ "Line", "A line of text that is not blank.",
		  .pattern = "^" LINE "*" VISIBLE LINE "*$" },
		{ "Text", "A text that is not blank.", .pattern = "^" TEXT "*" VISIBLE TEXT "*$" },
		{ "DateOrTime", "A date, or a time with an offset." },
	};

	for (size_t i = 0; i < COUNT_OF(scalars); i++) {
		if (!is_referred_to(out, scalars[i].name))
			continue;
		writer_open(out, scalars[i].name, '{');
		if (strcmp(scalars[i].name, "DateOrTime") == 0)
			date_or_time(out);
		else
			writer_text(out, "type", "string");
		if (scalars[i].format)
			writer_text(out, "format", scalars[i].format);
		if (scalars[i].pattern)
			writer_text(out, "pattern", scalars[i].pattern);
		writer_text(out, "description", scalars[i].description);
		if (scalars[i].example)
			buf_print(out, "\"examples\":[\"%s\"],", scalars[i].example);
		writer_close(out, '}');
	}
}
