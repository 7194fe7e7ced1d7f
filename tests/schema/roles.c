/* roles.c: tests that roles are in ascending order, and that each role and domain has a name. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "schema.h"

Test(roles, are_in_ascending_order)
{
	cr_expect(VISITOR < GUARD && GUARD < SUPERVISOR && SUPERVISOR < ADMIN
	          && ADMIN < SUPER_ADMIN);
}

Test(roles, are_found_by_name)
{
	for (int i = PUBLIC; i < ROLES; i++)
		cr_expect(eq(int, role_from_name(str_of(role_name((enum role)i))), i));
	cr_expect(role_from_name(STR("supervisor")) == ROLE_UNSET);
	cr_expect(role_from_name(STR("")) == ROLE_UNSET);
}

Test(domains, are_found_by_name)
{
	for (int i = 0; i < DOMAINS; i++)
		cr_expect(eq(int, domain_from_name(str_of(domain_name((enum domain)i))), i));
	cr_expect(domain_from_name(STR("no such domain")) == DOMAINS);
}
