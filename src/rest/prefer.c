/* prefer.c: reads the Prefer header (RFC 7240).
 *
 * A preference is a name with an optional value and parameters: `return=minimal; x="a, b"`. If a
 * name is repeated, the first one counts. Preferences that are unknown, malformed or not honoured
 * by the operation are ignored. So are parameters. */

#include "call.h"
#include "prefer.h"

/* Cuts the text at the first separator outside of a quoted string. */
static struct str cut_unquoted(struct str *rest, char separator)
{
	struct str part = *rest;
	bool quoted = false;
	size_t i = 0;

	for (; i < rest->length && (quoted || rest->at[i] != separator); i++) {
		if (rest->at[i] == '"')
			quoted = !quoted;
		else if (quoted && rest->at[i] == '\\' && i + 1 < rest->length)
			i++;
	}
	part.length = i;
	if (i < rest->length)
		i++;
	*rest = (struct str){ rest->at + i, rest->length - i };
	return part;
}

static struct str unquoted(struct str value)
{
	if (value.length >= 2 && value.at[0] == '"' && value.at[value.length - 1] == '"')
		return (struct str){ value.at + 1, value.length - 2 };
	return value;
}

void prefer_read(struct call *call)
{
	const struct operation *operation = call->endpoint->operation;
	struct str rest = call->request->headers[HEADER_PREFER];
	bool has_count = false, has_return = false;

	while (rest.length) {
		struct str preference = cut_unquoted(&rest, ','), value, name;

		value = cut_unquoted(&preference, ';');
		name = str_trim(cut_unquoted(&value, '='));
		value = unquoted(str_trim(value));
		if (str_is_nocase(name, "count") && !has_count) {
			has_count = true;
			call->counted = operation->rules & COUNTED && str_is_nocase(value, "exact");
		} else if (str_is_nocase(name, "return") && !has_return) {
			has_return = true;
			call->minimal =
				operation_has_minimal(operation) && str_is_nocase(value, "minimal");
		}
	}
}
