/* domains.c: selects the resources that this process serves (setting DOMAINS). */

#include <stdlib.h>

#include "arena.h"
#include "config.h"
#include "schema.h"

bool domain_is_enabled(const struct config *config, enum domain domain)
{
	struct str rest = str_of(config->domains), name;

	if (!config->domains)
		return true;
	while (str_cut(&rest, ',', &name)) {
		if (domain_from_name(str_trim(name)) == domain)
			return true;
	}
	return false;
}

bool domains_check_config(const struct config *config, struct buf *errors)
{
	struct str rest = str_of(config->domains), name;
	size_t before = errors->length;

	while (str_cut(&rest, ',', &name)) {
		if (domain_from_name(str_trim(name)) != DOMAINS)
			continue;
		buf_print(errors, "DOMAINS: unknown domain \"%.*s\"; choose from",
		          STR_ARGS(str_trim(name)));
		for (int i = 0; i < DOMAINS; i++)
			buf_print(errors, "%s %s", i ? "," : "", domain_name((enum domain)i));
		buf_text(errors, ".\n");
	}
	return errors->length == before;
}

const struct resource **domains_select(const struct config *config,
                                       const struct resource *const *resources)
{
	const struct resource **selected;
	size_t count = 0;

	while (resources[count])
		count++;
	selected = xcalloc(count + 1, sizeof(*selected));
	count = 0;
	for (; *resources; resources++) {
		if (domain_is_enabled(config, (*resources)->domain))
			selected[count++] = *resources;
	}
	return selected;
}
