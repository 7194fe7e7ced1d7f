/* uuid.c: generates UUIDv7, strictly increasing within this process.
 *
 * The 12 bits after the milliseconds and the next 14 bits form a counter. It starts at a
 * random value in the lower half of its range in each new millisecond and counts up
 * within it. While the clock does not advance, the last millisecond stays in use; when
 * the counter overflows, the millisecond advances ahead of the clock. */

#include <stdlib.h>
#include <sys/random.h>

#include "clock.h"
#include "uuid.h"

static uint64_t random_word(void)
{
	/* One getrandom() call for many words; up to 256 bytes, a signal never interrupts it. */
	static uint64_t pool[32];
	static size_t left;

	if (left == 0) {
		if (getrandom(pool, sizeof(pool), 0) != sizeof(pool))
			abort();
		left = COUNT_OF(pool);
	}
	return pool[--left];
}

static char *hex(char *out, uint64_t value, int count)
{
	static const char table[] = "0123456789abcdef";

	while (count--)
		*out++ = table[value >> (count * 4) & 15];
	return out;
}

void uuid_make(char out[UUID_SIZE])
{
	enum { COUNTER = 26 };
	static uint64_t last_ms, counter;
	uint64_t now = (uint64_t)clock_wall_ms();

	if (now > last_ms) {
		last_ms = now;
		counter = random_word() & ((1ull << (COUNTER - 1)) - 1);
	} else if (++counter >> COUNTER) {
		last_ms++;
		counter = 0;
	}
	out = hex(out, last_ms >> 16, 8);
	*out++ = '-';
	out = hex(out, last_ms & 0xffff, 4);
	*out++ = '-';
	out = hex(out, 0x7000 | counter >> 14, 4);
	*out++ = '-';
	out = hex(out, 0x8000 | (counter & 0x3fff), 4);
	*out++ = '-';
	out = hex(out, random_word(), 12);
	*out = '\0';
}

const char *uuid_process(void)
{
	static char id[UUID_SIZE];

	if (!id[0])
		uuid_make(id);
	return id;
}

bool uuid_is_valid(struct str text)
{
	if (text.length != UUID_SIZE - 1)
		return false;
	for (size_t i = 0; i < text.length; i++) {
		char c = text.at[i];
		bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
		bool digit =
			(c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');

		if (hyphen ? c != '-' : !digit)
			return false;
	}
	return true;
}
