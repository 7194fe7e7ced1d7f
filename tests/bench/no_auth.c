/* unguarded.c: the program, but for the guard: each operation is for everybody.
 *
 * What a token costs is what this one does not do: `./dev bench` reads the same log
 * from both. It is built for that alone, and installed nowhere. */

#include "command.h"
#include "resources.h"

enum { MOST = 32 };

extern const struct resource logs;

static struct operation unguarded[MOST + 1];
static struct resource open_logs;

/* In the place of the list that src/resources/ makes. */
const struct resource *const resources[] = { &open_logs, NULL };

static __attribute__((constructor)) void open_all(void)
{
	open_logs = logs;
	open_logs.operations = unguarded;
	for (int i = 0; i < MOST && logs.operations[i].method; i++) {
		unguarded[i] = logs.operations[i];
		unguarded[i].role = PUBLIC;
	}
}

int main(void)
{
	return command_serve(&(struct args){ .program = "unguarded" });
}
