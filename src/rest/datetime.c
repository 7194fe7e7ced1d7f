/* datetime.c: validates dates and times as in RFC 3339. Accepts nothing that PostgreSQL would reject
 * or interpret differently. */

#include "datetime.h"

/* Reads exactly `count` digits. Returns the number, or -1. */
static int digits(struct str *text, size_t count)
{
	int number = 0;

	if (text->length < count)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (text->at[i] < '0' || text->at[i] > '9')
			return -1;
		number = number * 10 + (text->at[i] - '0');
	}
	text->at += count;
	text->length -= count;
	return number;
}

static bool skip_char(struct str *text, char expected)
{
	if (text->length == 0 || text->at[0] != expected)
		return false;
	text->at++;
	text->length--;
	return true;
}

static bool read_date(struct str *text)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year = digits(text, 4), month, day, length;

	/* Offset and rounding must not leave the years of RFC 3339, 0001 to 9999. */
	if (year < 2 || year > 9998 || !skip_char(text, '-') || (month = digits(text, 2)) < 1
	    || month > 12 || !skip_char(text, '-') || (day = digits(text, 2)) < 1)
		return false;
	length = lengths[month - 1];
	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		length = 29;
	return day <= length;
}

/* 07:30 */
static bool read_time_of_day(struct str *text, int *minute_of_day)
{
	int hour = digits(text, 2), minute;

	if (hour < 0 || hour > 23 || !skip_char(text, ':') || (minute = digits(text, 2)) < 0
	    || minute > 59)
		return false;
	*minute_of_day = hour * 60 + minute;
	return true;
}

/* Z or +05:30, in minutes. PostgreSQL accepts offsets below 16 hours. */
static bool read_offset(struct str *text, int *offset)
{
	int hour, minute, sign = 1;

	*offset = 0;
	if (skip_char(text, 'Z') || skip_char(text, 'z'))
		return true;
	if (skip_char(text, '-'))
		sign = -1;
	else if (!skip_char(text, '+'))
		return false;
	hour = digits(text, 2);
	if (hour < 0 || hour > 15 || !skip_char(text, ':') || (minute = digits(text, 2)) < 0
	    || minute > 59)
		return false;
	*offset = sign * (hour * 60 + minute);
	return true;
}

/* 07:30:00.000Z, up to the end of the text */
static bool read_time(struct str *text)
{
	enum { DAY = 24 * 60 };
	int minute_of_day, second, offset;

	if (!read_time_of_day(text, &minute_of_day) || !skip_char(text, ':')
	    || (second = digits(text, 2)) < 0 || second > 60)
		return false;
	if (skip_char(text, '.')) {
		int fraction = 0;

		while (fraction <= 9 && digits(text, 1) >= 0)
			fraction++;
		if (fraction < 1 || fraction > 9)
			return false;
	}
	if (!read_offset(text, &offset) || text->length)
		return false;
	/* A leap second can only be the last second of a day in UTC. */
	return second < 60 || (minute_of_day - offset + 2 * DAY) % DAY == DAY - 1;
}

bool datetime_is_valid(enum field_type type, struct str text)
{
	int minute_of_day;

	if (type == FIELD_TIME_OF_DAY)
		return read_time_of_day(&text, &minute_of_day) && text.length == 0;
	if (!read_date(&text))
		return false;
	if (type == FIELD_DATE || (type == FIELD_DATE_OR_TIME && text.length == 0))
		return text.length == 0;
	return (skip_char(&text, 'T') || skip_char(&text, 't')) && read_time(&text);
}
