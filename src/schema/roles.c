/* roles.c: the names of roles, domains and scopes. */

#include "schema.h"

static const char *const roles[ROLES] = {
	[PUBLIC] = "PUBLIC",         [VISITOR] = "VISITOR", [GUARD] = "GUARD",
	[SUPERVISOR] = "SUPERVISOR", [ADMIN] = "ADMIN",     [SUPER_ADMIN] = "SUPER_ADMIN",
};

static const char *const domains[DOMAINS] = {
#define DOMAIN(name, text, ...) [name] = text,
#include "table/domains.def"
#undef DOMAIN
};

const char *const scope_names[2 * DOMAINS + 1] = {
#define DOMAIN(name, text, ...) text ":read", text ":write",
#include "table/domains.def"
#undef DOMAIN
};

const char *role_name(enum role role)
{
	return roles[role];
}

enum role role_from_name(struct str name)
{
	for (int i = PUBLIC; i < ROLES; i++) {
		if (str_is(name, roles[i]))
			return (enum role)i;
	}
	return ROLE_UNSET;
}

const char *domain_name(enum domain domain)
{
	return domains[domain];
}

enum domain domain_from_name(struct str name)
{
	enum domain domain = 0;

	while (domain < DOMAINS && !str_is(name, domains[domain]))
		domain++;
	return domain;
}

int scope_of(enum domain domain, enum method method)
{
	return 2 * (int)domain + (method != GET);
}
