/* audit.c: the kinds of objects that the trail records, and how long it keeps their values (setting
 * AUDIT_RETENTION). */

#include <stdio.h>
#include <stdlib.h>

#include "config.h"
#include "schema.h"

const char *const audit_kinds[] = {
#define AUDIT_KIND(name, ...) #name,
#include "table/audit_kinds.def"
#undef AUDIT_KIND
	NULL,
};

const char *const audit_actions[] = {
	"CREATED", "UPDATED", "DELETED", "ERASED", "RECORDED", "PRUNED", NULL,
};

static const char *kind_from_name(struct str name)
{
	for (const char *const *kind = audit_kinds; *kind; kind++) {
		if (str_is_nocase(name, *kind))
			return *kind;
	}
	return NULL;
}

bool audit_retention_next(struct str *rest, struct audit_retention *retention, struct str *part)
{
	enum { MAX_DAYS = 36500 };
	struct str days, kind;
	char *end = NULL;

	if (!str_cut(rest, ',', part))
		return false;
	*part = str_trim(*part);
	days = *part;
	str_cut(&days, '=', &kind);
	retention->kind = kind_from_name(kind);
	snprintf(retention->days, sizeof(retention->days), "%.*s", STR_ARGS(days));
	retention->valid = retention->kind && days.length && days.length < sizeof(retention->days)
	                   && strtol(retention->days, &end, 10) >= 1 && !*end
	                   && strtol(retention->days, NULL, 10) <= MAX_DAYS;
	return true;
}

bool audit_check_config(const struct config *config, struct buf *errors)
{
	struct str rest = str_of(config->audit_retention), part;
	struct audit_retention retention;
	size_t before = errors->length;

	while (audit_retention_next(&rest, &retention, &part)) {
		if (!retention.valid)
			buf_print(
				errors,
				"AUDIT_RETENTION: \"%.*s\" is not KIND=DAYS, such as visitor=365.\n",
				STR_ARGS(part));
	}
	return errors->length == before;
}
