/* config_fixture.h: runs each test of the settings in an empty directory with an empty
 * environment. */

#ifndef CONFIG_FIXTURE_H
#define CONFIG_FIXTURE_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "arena.h"
#include "config.h"

static struct {
	char directory[32];
	struct config config;
	struct buf errors;
	struct arena arena;
} f;

static void set_up(void)
{
	clearenv();
	strcpy(f.directory, "/tmp/config-XXXXXX");
	cr_assert(mkdtemp(f.directory) != NULL && chdir(f.directory) == 0);
}

static void tear_down(void)
{
	char *command = xprint("rm -r %s", f.directory);

	cr_expect(chdir("/") == 0 && system(command) == 0);
	free(command);
	config_finish(&f.config);
	buf_finish(&f.errors);
	arena_finish(&f.arena);
}

TestSuite(config, .init = set_up, .fini = tear_down);

#endif
