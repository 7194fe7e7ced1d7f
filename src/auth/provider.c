/* provider.c: helpers shared by several token providers. */

#include "provider.h"

bool is_made_of(const char *text, const char *letters)
{
	return text[strspn(text, letters)] == '\0';
}

void names_read(struct names *names, const char *setting, const char *text, struct buf *faults)
{
	struct str rest = str_of(text), name;

	while (str_cut(&rest, ',', &name)) {
		name = str_trim(name);
		if (name.length == 0 || names->count == NAMES_MOST) {
			buf_print(
				faults,
				"%s must contain 1 to %d names, separated by commas, none of them empty.\n",
				setting, NAMES_MOST);
			return;
		}
		names->at[names->count++] = name;
	}
}

bool names_hold(const struct names *names, struct str name)
{
	for (size_t i = 0; i < names->count; i++)
		if (str_equal(name, names->at[i]))
			return true;
	return false;
}

void refuse_alone(const char *setting, const char *value, const char *needs, struct buf *faults)
{
	if (value)
		buf_print(faults, "%s has no effect without %s.\n", setting, needs);
}

bool names_audience(const struct issuer *issuer, const struct claims *claims)
{
	for (size_t i = 0; i < issuer->audiences.count; i++)
		if (claims_name_audience(claims, issuer->audiences.at[i]))
			return true;
	return issuer->audiences.count == 0;
}
