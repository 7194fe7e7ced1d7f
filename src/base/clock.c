/* clock.c: the current time, read once per loop turn; replaceable in tests. */

#include <stdio.h>
#include <time.h>

#include "clock.h"

static long long turn_us, turn_wall_ms;
static bool cached, frozen;

static long long read_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Both clocks are read on first use in a turn, that is, after the loop has woken up. */
static void read_clocks(void)
{
	if (cached)
		return;
	turn_us = read_us(CLOCK_MONOTONIC);
	turn_wall_ms = read_us(CLOCK_REALTIME) / 1000;
	cached = true;
}

void clock_end_turn(void)
{
	cached = frozen;
}

void clock_set(long long us, long long wall_ms)
{
	frozen = cached = true;
	turn_us = us;
	turn_wall_ms = wall_ms;
}

long long clock_us(void)
{
	read_clocks();
	return turn_us;
}

long long clock_ms(void)
{
	return clock_us() / 1000;
}

long long clock_wall_ms(void)
{
	read_clocks();
	return turn_wall_ms;
}

long long clock_exact_us(void)
{
	return frozen ? turn_us : read_us(CLOCK_MONOTONIC);
}

static void digits(char *out, int width, int number)
{
	while (width--) {
		out[width] = (char)('0' + number % 10);
		number /= 10;
	}
}

void clock_stamp(char *out, long long wall_ms)
{
	/* Formatting is cached per second, since every log line has a timestamp. */
	static long long cached_second = -1;
	static char text[20];
	long long second = wall_ms / 1000;

	if (second != cached_second) {
		time_t t = (time_t)second;
		struct tm tm;

		gmtime_r(&t, &tm);
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
		cached_second = second;
	}
	memcpy(out, text, 19);
	out[19] = '.';
	digits(out + 20, 3, (int)(wall_ms % 1000));
	out[23] = 'Z';
	out[24] = '\0';
}

void clock_format_http_date(long long seconds, char out[HTTP_DATE_SIZE])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, HTTP_DATE_SIZE, "%a, %d %b %Y %H:%M:%S GMT", &tm);
}

const char *clock_http_date(void)
{
	static long long cached_second = -1;
	static char text[HTTP_DATE_SIZE];
	long long second = clock_wall_ms() / 1000;

	if (second != cached_second) {
		clock_format_http_date(second, text);
		cached_second = second;
	}
	return text;
}
