/* config.c: reads and validates the settings of settings.def.
 *
 * A value comes from the first of these that has it: the command line, the
 * environment, the file named by X_FILE (for a secret X), `.env.<ENVIRONMENT>`
 * (development and staging only), the default in the table. All errors are reported;
 * an environment variable that looks like a misspelt setting is one of them. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "arena.h"
#include "config.h"

extern char **environ;

enum kind { TEXT, SECRET, LIST, CHOICE, NUMBER };

/* A row has either choices or a range; ROW_<kind>() picks them from its last arguments. */
struct setting {
	enum kind kind;
	const char *variable;
	size_t offset;
	const char *usual;
	const char *choices; /* of a CHOICE, separated by spaces */
	long long least, most;
};

#define ROW_TEXT(least, most, says)   NULL, least, most
#define ROW_SECRET(least, most, says) NULL, least, most
#define ROW_LIST(least, most, says)   NULL, least, most
#define ROW_NUMBER(least, most, says) NULL, least, most
#define ROW_CHOICE(choices, says)     choices

static const struct setting settings[] = {
#define SETTING(kind, member, variable, usual, ...) \
	{ kind, variable, offsetof(struct config, member), usual, ROW_##kind(__VA_ARGS__) },
#include "table/settings.def"
#undef SETTING
};

_Static_assert(COUNT_OF(settings) <= COUNT_OF(((struct config *)0)->origins), "more settings than origins");

static const char **text_member(struct config *config, const struct setting *setting)
{
	return (const char **)((char *)config + setting->offset);
}

static void complain(struct buf *faults, const struct setting *setting, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void complain(struct buf *faults, const struct setting *setting, const char *format, ...)
{
	va_list args;

	buf_print(faults, "%s ", setting->variable);
	va_start(args, format);
	buf_vprint(faults, format, args);
	va_end(args);
	buf_char(faults, '\n');
}

static bool is_choice(const char *choices, const char *value)
{
	struct str rest = str_of(choices), choice;

	while (str_cut(&rest, ' ', &choice)) {
		if (str_is(choice, value))
			return true;
	}
	return false;
}

static void take_number(struct config *config, const struct setting *setting, const char *value,
                        struct buf *faults)
{
	long long *number = (long long *)((char *)config + setting->offset);

	if (!str_number(str_of(value), number))
		complain(faults, setting, "must be a whole number, not \"%s\".", value);
	else if (*number < setting->least || *number > setting->most)
		complain(faults, setting, "must be between %lld and %lld, not %lld.",
		         setting->least, setting->most, *number);
}

static void take_text(struct config *config, const struct setting *setting, const char *value,
                      struct buf *faults)
{
	long long length = (long long)strlen(value);

	*text_member(config, setting) = xstrdup(value);
	if (setting->kind == CHOICE) {
		if (!is_choice(setting->choices, value))
			complain(faults, setting, "must be one of %s, not \"%s\".",
			         setting->choices, value);
		return;
	}
	if (length < setting->least || length > setting->most)
		complain(faults, setting, "must have %lld to %lld characters, not %lld.",
		         setting->least, setting->most, length);
}

/* The contents of a small file without trailing newlines; NULL and errno on failure. */
static char *read_file(const char *path)
{
	enum { MOST = 64 * 1024 };
	FILE *file = fopen(path, "re");
	char *text;
	size_t length;

	if (!file)
		return NULL;
	text = xmalloc(MOST + 1);
	length = fread(text, 1, MOST, file);
	fclose(file);
	while (length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
		length--;
	text[length] = '\0';
	return text;
}

/* Parses NAME=value lines; # begins a comment, enclosing "…" and '…' are removed. The last
 * line for a name wins. *value points into `text`. */
static bool find_in_file(struct str text, const char *variable, struct str *value)
{
	struct str line, name;
	bool found = false;

	while (str_cut(&text, '\n', &line)) {
		line = str_trim(line);
		if (line.length && line.at[line.length - 1] == '\r')
			line.length--;
		if (line.length == 0 || line.at[0] == '#' || !str_cut(&line, '=', &name)
		    || !str_is(str_trim(name), variable))
			continue;
		*value = str_trim(line);
		if (value->length >= 2 && (value->at[0] == '"' || value->at[0] == '\'')
		    && value->at[value->length - 1] == value->at[0])
			*value = (struct str){ value->at + 1, value->length - 2 };
		found = true;
	}
	return found;
}

struct source {
	const struct config_override *overrides;
	size_t count;
	char *file_name; /* .env.development; NULL in production */
	char *file_text; /* NULL: no such file */
};

/* Finds the value with the highest precedence; the caller frees *owned. */
static const char *find(const struct setting *setting, const struct source *source, const char **origin,
                        char **owned, struct buf *faults)
{
	const char *value;
	struct str in_file;

	*owned = NULL;
	for (size_t i = source->count; i-- > 0;) {
		if (strcmp(source->overrides[i].variable, setting->variable) == 0) {
			*origin = source->overrides[i].origin;
			return source->overrides[i].value;
		}
	}
	value = getenv(setting->variable);
	if (value && *value) {
		*origin = "environment";
		return value;
	}
	if (setting->kind == SECRET) {
		char *name = xprint("%s_FILE", setting->variable);
		const char *path = getenv(name);

		free(name);
		if (path && *path) {
			*origin = "file";
			*owned = read_file(path);
			if (!*owned)
				complain(faults, setting, "cannot be read from %s: %s.", path, strerror(errno));
			return *owned;
		}
	}
	if (source->file_text && find_in_file(str_of(source->file_text), setting->variable, &in_file)
	    && in_file.length) {
		*origin = source->file_name;
		*owned = xprint("%.*s", STR_ARGS(in_file));
		return *owned;
	}
	*origin = "default";
	return setting->usual;
}

/* True if one letter differs, is missing or is extra, or two adjacent letters are swapped. */
static bool is_mistyped(struct str a, struct str b)
{
	while (a.length && b.length && a.at[0] == b.at[0]) {
		a = (struct str){ a.at + 1, a.length - 1 };
		b = (struct str){ b.at + 1, b.length - 1 };
	}
	while (a.length && b.length && a.at[a.length - 1] == b.at[b.length - 1]) {
		a.length--;
		b.length--;
	}
	if (a.length == 2 && b.length == 2)
		return a.at[0] == b.at[1] && a.at[1] == b.at[0];
	return a.length <= 1 && b.length <= 1 && a.length + b.length > 0;
}

/* Shorter names are too similar to variables of other programs. */
enum { NAME_LEAST = 6 };

static void complain_of_resemblance(struct buf *faults)
{
	for (char **entry = environ; entry && *entry; entry++) { /* NULL after clearenv() */
		struct str rest = str_of(*entry), name;
		const char *near = NULL;

		if (!str_cut(&rest, '=', &name) || name.length < NAME_LEAST)
			continue;
		for (size_t i = 0; i < COUNT_OF(settings); i++) {
			if (str_is(name, settings[i].variable)) {
				near = NULL;
				break;
			}
			if (is_mistyped(name, str_of(settings[i].variable)))
				near = settings[i].variable;
		}
		if (near)
			buf_print(faults, "%.*s is not a setting; did you mean %s?\n",
			          STR_ARGS(name), near);
	}
}

bool config_read(struct config *config, const struct config_override *overrides, size_t count,
                 struct buf *faults)
{
	struct source source = { overrides, count };
	size_t before = faults->length;

	*config = (struct config){ 0 };
	for (size_t i = 0; i < COUNT_OF(settings); i++) {
		const struct setting *setting = &settings[i];
		char *owned;
		const char *value = find(setting, &source, &config->origins[i], &owned, faults);

		if (config->origins[i] == source.file_name && source.file_name)
			config->origins[i] = ".env file";
		if (value && setting->kind == NUMBER)
			take_number(config, setting, value, faults);
		else if (value)
			take_text(config, setting, value, faults);
		free(owned);
		/* The first row, ENVIRONMENT, selects the file for the others. */
		if (i == 0 && config->environment && strcmp(config->environment, "production") != 0) {
			source.file_name = xprint(".env.%s", config->environment);
			source.file_text = read_file(source.file_name);
		}
	}
	complain_of_resemblance(faults);
	free(source.file_name);
	free(source.file_text);
	return faults->length == before;
}

void config_finish(struct config *config)
{
	for (size_t i = 0; i < COUNT_OF(settings); i++) {
		if (settings[i].kind != NUMBER)
			free((char *)(uintptr_t)*text_member(config, &settings[i]));
	}
	*config = (struct config){ 0 };
}

bool config_is_development(const struct config *config)
{
	return strcmp(config->environment, "development") == 0;
}

/* PostgreSQL would reject an unknown time zone only when a filter first uses it. If this
 * machine has the zone database, an unknown name is reported at startup. */
static void check_timezone(const char *zone, struct buf *faults)
{
	static const char tables[] = "/usr/share/zoneinfo";
	char *path = xprint("%s/%s", tables, zone);
	struct stat st;

	if (stat(tables, &st) == 0 && (stat(path, &st) < 0 || !S_ISREG(st.st_mode)))
		buf_print(faults,
		          "TIMEZONE must be a time zone such as Europe/Zurich, not \"%s\".\n",
		          zone);
	free(path);
}

bool config_fit_to_serve(const struct config *config, struct buf *faults)
{
	size_t before = faults->length;

	if (!config->database_url && !config->data)
		buf_text(faults, "DATABASE_URL must be set (or DATA, or --data DIR, for a private PostgreSQL).\n");
	if (config->database_url && !str_begins(str_of(config->database_url), "postgresql://")
	    && !str_begins(str_of(config->database_url), "postgres://"))
		buf_text(faults, "DATABASE_URL must begin with postgresql://.\n");
	if (config->timezone)
		check_timezone(config->timezone, faults);
	return faults->length == before;
}

void config_print(const struct config *config, struct buf *out)
{
	for (size_t i = 0; i < COUNT_OF(settings); i++) {
		const struct setting *setting = &settings[i];
		const char *at = (const char *)config + setting->offset;
		struct buf value = { 0 };

		if (setting->kind == NUMBER)
			buf_number(&value, *(const long long *)at);
		else if (!*(const char *const *)at)
			buf_text(&value, "(not set)");
		else if (setting->kind == SECRET)
			buf_text(&value, "********");
		else
			buf_text(&value, *(const char *const *)at);
		buf_print(out, "%-24s %-32s %s\n", setting->variable, buf_cstr(&value),
		          config->origins[i] ? config->origins[i] : "");
		buf_finish(&value);
	}
}
