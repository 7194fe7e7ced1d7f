/* Time is constant within a turn; both date formats are correct. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <unistd.h>

#include "clock.h"

Test(clock, is_constant_within_a_turn)
{
	long long us = clock_us(), wall = clock_wall_ms();

	usleep(3000);
	cr_expect(eq(llong, clock_us(), us));
	cr_expect(eq(llong, clock_ms(), us / 1000));
	cr_expect(eq(llong, clock_wall_ms(), wall));
	cr_expect(clock_exact_us() >= us + 3000);
	clock_end_turn();
	cr_expect(clock_us() >= us + 3000);
	cr_expect(clock_wall_ms() >= wall + 2);
}

Test(clock, can_be_set_by_tests)
{
	clock_set(5000, 1700000000123);
	cr_expect(eq(llong, clock_us(), 5000));
	cr_expect(eq(llong, clock_ms(), 5));
	cr_expect(eq(llong, clock_exact_us(), 5000));
	cr_expect(eq(llong, clock_wall_ms(), 1700000000123));
	clock_end_turn();
	cr_expect(eq(llong, clock_us(), 5000));
}

Test(clock, formats_rfc_3339_timestamps)
{
	static const struct {
		long long wall_ms;
		const char *stamp;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 1, "1970-01-01T00:00:00.001Z" },
		{ 999, "1970-01-01T00:00:00.999Z" },
		{ 1000, "1970-01-01T00:00:01.000Z" },
		{ 951782400010, "2000-02-29T00:00:00.010Z" },
		{ 1795240020123, "2026-11-21T05:47:00.123Z" },
		{ 1795240020999, "2026-11-21T05:47:00.999Z" },
		{ 0, "1970-01-01T00:00:00.000Z" }, /* going back, too */
		{ 253402300799999, "9999-12-31T23:59:59.999Z" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char stamp[CLOCK_STAMP_SIZE + 1];

		memset(stamp, '#', sizeof(stamp));
		clock_stamp(stamp, rows[i].wall_ms);
		cr_expect_str_eq(stamp, rows[i].stamp);
		cr_expect(stamp[CLOCK_STAMP_SIZE] == '#',
		          "must not write past CLOCK_STAMP_SIZE bytes");
	}
}

Test(clock, formats_http_dates)
{
	clock_set(0, 784111777000);
	cr_expect_str_eq(clock_http_date(), "Sun, 06 Nov 1994 08:49:37 GMT");
	clock_set(0, 784111777999);
	cr_expect_str_eq(clock_http_date(), "Sun, 06 Nov 1994 08:49:37 GMT");
	clock_set(0, 784111778000);
	cr_expect_str_eq(clock_http_date(), "Sun, 06 Nov 1994 08:49:38 GMT");
	clock_set(0, 1795240020000);
	cr_expect_str_eq(clock_http_date(), "Sat, 21 Nov 2026 05:47:00 GMT");
}
