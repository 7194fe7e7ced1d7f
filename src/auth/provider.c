/* provider.c: helpers shared by several token providers. */

#include "provider.h"

bool consists_of(const char *text, const char *accepted)
{
	return text[strspn(text, accepted)] == '\0';
}

void name_list_parse(struct name_list *names, const char *setting, const char *text,
                     struct buf *errors)
{
	struct str rest = str_of(text), name;

	while (str_cut(&rest, ',', &name)) {
		name = str_trim(name);
		if (name.length == 0 || names->count == MAX_NAMES) {
			buf_print(
				errors,
				"%s must contain 1 to %d names, separated by commas, none of them empty.\n",
				setting, MAX_NAMES);
			return;
		}
		names->at[names->count++] = name;
	}
}

bool name_list_contains(const struct name_list *names, struct str name)
{
	for (size_t i = 0; i < names->count; i++)
		if (str_equal(name, names->at[i]))
			return true;
	return false;
}

void reject_unused_setting(const char *setting, const char *value, const char *required,
                           struct buf *errors)
{
	if (value)
		buf_print(errors, "%s has no effect without %s.\n", setting, required);
}

bool audience_allowed(const struct issuer *issuer, const struct claims *claims)
{
	for (size_t i = 0; i < issuer->audiences.count; i++)
		if (claims_has_audience(claims, issuer->audiences.at[i]))
			return true;
	return issuer->audiences.count == 0;
}
