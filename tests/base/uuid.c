/* Generated UUIDs are UUIDv7 and strictly increasing, whatever the clock does. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "clock.h"
#include "uuid.h"

static long long ms_of(const char *uuid)
{
	char digits[13];

	memcpy(digits, uuid, 8);
	memcpy(digits + 8, uuid + 9, 4);
	digits[12] = '\0';
	return strtoll(digits, NULL, 16);
}

/* A million UUIDs, with a new loop turn every thousand. */
Test(uuid, increases_strictly)
{
	char last[UUID_SIZE] = "", uuid[UUID_SIZE];

	for (int i = 0; i < 1000000; i++) {
		uuid_make(uuid);
		if (strcmp(last, uuid) >= 0)
			cr_fatal("%s comes after %s, number %d", uuid, last, i);
		memcpy(last, uuid, UUID_SIZE);
		if (i % 1000 == 0)
			clock_end_turn();
	}
}

Test(uuid, has_version_7_and_the_rfc_variant)
{
	for (int i = 0; i < 10000; i++) {
		char uuid[UUID_SIZE];

		uuid_make(uuid);
		cr_assert(eq(sz, strlen(uuid), UUID_SIZE - 1));
		cr_assert(uuid_is_valid(str_of(uuid)), "%s", uuid);
		cr_assert(uuid[14] == '7', "%s", uuid);
		cr_assert(strchr("89ab", uuid[19]) != NULL, "%s", uuid);
		cr_assert(strspn(uuid, "0123456789abcdef-") == UUID_SIZE - 1, "%s", uuid);
	}
}

Test(uuid, contains_its_creation_time)
{
	char uuid[UUID_SIZE];

	clock_set(0, 0x0190a1b2c3d4);
	uuid_make(uuid);
	cr_expect(eq(llong, ms_of(uuid), 0x0190a1b2c3d4));
}

Test(uuid, increases_when_the_clock_is_set_back)
{
	char last[UUID_SIZE] = "", uuid[UUID_SIZE];
	static const long long times[] = { 2000000000000, 1999999999999, 1000, 2000000000000,
		                           2000000000001 };

	for (size_t i = 0; i < COUNT_OF(times); i++) {
		clock_set(0, times[i]);
		for (int n = 0; n < 1000; n++) {
			uuid_make(uuid);
			if (strcmp(last, uuid) >= 0)
				cr_fatal("%s comes after %s at %lld", uuid, last, times[i]);
			memcpy(last, uuid, UUID_SIZE);
		}
	}
	cr_expect(eq(llong, ms_of(uuid), 2000000000001),
	          "must follow the clock once it is ahead again");
}

Test(uuid, has_a_random_tail)
{
	char one[UUID_SIZE], other[UUID_SIZE];

	clock_set(0, 1700000000000);
	uuid_make(one);
	for (int i = 0; i < 1000; i++) {
		uuid_make(other);
		cr_expect(strcmp(one + 24, other + 24) != 0, "%s and %s", one, other);
		memcpy(one, other, UUID_SIZE);
	}
}

Test(uuid, is_recognized_by_its_format)
{
	static const struct {
		const char *text;
		bool valid;
	} rows[] = {
		{ "01900000-0000-7000-8000-000000000000", true },
		{ "00000000-0000-0000-0000-000000000000", true },
		{ "ffffffff-ffff-ffff-ffff-ffffffffffff", true },
		{ "FFFFFFFF-aaaa-BBBB-cccc-DDDDDDDDDDDD", true },
		{ "", false },
		{ "0190000000007000800000000000000000000", false },
		{ "019000000000700080000000000000000000", false },
		{ "01900000-0000-7000-8000-00000000000", false },
		{ "01900000-0000-7000-8000-0000000000000", false },
		{ "01900000-0000-7000-80000-00000000000", false },
		{ "01900000_0000-7000-8000-000000000000", false },
		{ "0190000g-0000-7000-8000-000000000000", false },
		{ "{1900000-0000-7000-8000-00000000000}", false },
		{ " 1900000-0000-7000-8000-000000000000", false },
		{ "01900000-0000-7000-8000-00000000000-", false },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		cr_expect(eq(int, uuid_is_valid(str_of(rows[i].text)), rows[i].valid), "\"%s\"",
		          rows[i].text);
	cr_expect_not(uuid_is_valid((struct str){ "01900000-0000-7000-8000-00000000000\0", 36 }));
	cr_expect_not(uuid_is_valid((struct str){ 0 }));
}
