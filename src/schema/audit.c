/* audit.c: the kinds of objects that the trail records, and how long it keeps their values (setting
 * AUDIT_RETENTION). */

#include <stdio.h>

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

enum { MAX_DAYS = 36500 };

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
	struct str days, kind;
	long long number = 0;

	if (!str_cut(rest, ',', part))
		return false;
	*part = str_trim(*part);
	days = *part;
	str_cut(&days, '=', &kind);
	retention->kind = kind_from_name(kind);
	retention->valid =
		retention->kind && str_number(days, &number) && number >= 1 && number <= MAX_DAYS;
	snprintf(retention->days, sizeof(retention->days), "%lld", retention->valid ? number : 0);
	return true;
}

bool audit_check_config(const struct config *config, struct buf *errors)
{
	struct str rest = str_of(config->audit_retention), part;
	struct audit_retention retention;
	size_t before = errors->length;

	while (audit_retention_next(&rest, &retention, &part)) {
		if (!retention.valid)
			buf_print(errors,
			          "AUDIT_RETENTION: \"%.*s\" is not KIND=DAYS, such as "
			          "visitor=365: a kind of the trail, and 1 to %d days.\n",
			          STR_ARGS(part), MAX_DAYS);
	}
	return errors->length == before;
}
