/* no_auth.c: the server with every operation of logs open to everybody.
 *
 * `./dev bench` reads the same log from this and from the real server; the difference is the cost
 * of authorization. It is built only for that, and never installed. */

#include "command.h"
#include "resources.h"

enum { MAX_OPERATIONS = 32 };

extern const struct resource logs;

static struct operation open_operations[MAX_OPERATIONS + 1];
static struct resource open_logs;

/* Replaces the list that the build generates from src/resources/. */
const struct resource *const resources[] = { &open_logs, NULL };

static __attribute__((constructor)) void open_operations_to_all(void)
{
	open_logs = logs;
	open_logs.operations = open_operations;
	for (int i = 0; i < MAX_OPERATIONS && logs.operations[i].method; i++) {
		open_operations[i] = logs.operations[i];
		open_operations[i].role = PUBLIC;
	}
}

int main(void)
{
	return command_serve(&(struct args){ .program = "no_auth" });
}
