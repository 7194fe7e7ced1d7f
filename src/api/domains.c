/* domains.c: selects the resources that this process serves, by the setting DOMAINS. */

#include <stdlib.h>

#include "call.h"
#include "config.h"

bool domains_has(const struct config *config, enum domain domain)
{
	struct str rest = str_of(config->domains), name;

	if (!config->domains)
		return true;
	while (str_cut(&rest, ',', &name)) {
		if (domain_find(str_trim(name)) == domain)
			return true;
	}
	return false;
}

void domains_fit(const struct config *config, struct buf *faults)
{
	struct str rest = str_of(config->domains), name;

	while (str_cut(&rest, ',', &name)) {
		if (domain_find(str_trim(name)) != DOMAINS)
			continue;
		buf_print(faults, "DOMAINS: unknown domain \"%.*s\"; choose from",
		          STR_ARGS(str_trim(name)));
		for (int i = 0; i < DOMAINS; i++)
			buf_print(faults, "%s %s", i ? "," : "", domain_name((enum domain)i));
		buf_text(faults, ".\n");
	}
}

const struct resource **domains_choose(const struct config *config, const struct resource *const *resources)
{
	const struct resource **chosen;
	size_t count = 0;

	while (resources[count])
		count++;
	chosen = xcalloc(count + 1, sizeof(*chosen));
	count = 0;
	for (; *resources; resources++) {
		if (domains_has(config, (*resources)->domain))
			chosen[count++] = *resources;
	}
	return chosen;
}
