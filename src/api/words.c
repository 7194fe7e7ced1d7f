/* words.c: the names of roles and domains. */

#include "schema.h"

static const char *const roles[ROLES] = {
	[PUBLIC] = "PUBLIC",         [VISITOR] = "VISITOR", [GUARD] = "GUARD",
	[SUPERVISOR] = "SUPERVISOR", [ADMIN] = "ADMIN",     [SUPER_ADMIN] = "SUPER_ADMIN",
};

static const char *const domains[DOMAINS] = {
	[PEOPLE] = "people", [PLACES] = "places", [DUTY] = "duty",   [LOGBOOK] = "logbook",
	[ROUNDS] = "rounds", [TALK] = "talk",     [NOTES] = "notes", [LIVE] = "live",
};

const char *role_name(enum role role)
{
	return roles[role];
}

enum role role_find(struct str name)
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
