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
	const char *default_value;
	const char *choices; /* of a CHOICE, separated by spaces */
	long long min, max;
};

#define ROW_TEXT(min, max, description)   NULL, min, max
#define ROW_SECRET(min, max, description) NULL, min, max
#define ROW_LIST(min, max, description)   NULL, min, max
#define ROW_NUMBER(min, max, description) NULL, min, max
#define ROW_CHOICE(choices, description)  choices

static const struct setting settings[] = {
#define SETTING(kind, member, variable, default_value, ...)                                        \
	{ kind, variable, offsetof(struct config, member), default_value, ROW_##kind(__VA_ARGS__) },
#include "table/settings.def"
#undef SETTING
};

_Static_assert(COUNT_OF(settings) <= COUNT_OF(((struct config *)0)->origins),
               "more settings than origins");

static const char **text_member(struct config *config, const struct setting *setting)
{
	return (const char **)((char *)config + setting->offset);
}

static void add_error(struct buf *errors, const struct setting *setting, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void add_error(struct buf *errors, const struct setting *setting, const char *format, ...)
{
	va_list args;

	buf_print(errors, "%s ", setting->variable);
	va_start(args, format);
	buf_vprint(errors, format, args);
	va_end(args);
	buf_char(errors, '\n');
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

static void set_number(struct config *config, const struct setting *setting, const char *value,
                       struct buf *errors)
{
	long long *number = (long long *)((char *)config + setting->offset);

	if (!str_number(str_of(value), number))
		add_error(errors, setting, "must be a whole number, not \"%s\".", value);
	else if (*number < setting->min || *number > setting->max)
		add_error(errors, setting, "must be between %lld and %lld, not %lld.", setting->min,
		          setting->max, *number);
}

static void set_text(struct config *config, const struct setting *setting, const char *value,
                     struct buf *errors)
{
	long long length = (long long)strlen(value);

	*text_member(config, setting) = xstrdup(value);
	if (setting->kind == CHOICE) {
		if (!is_choice(setting->choices, value))
			add_error(errors, setting, "must be one of %s, not \"%s\".",
			          setting->choices, value);
		return;
	}
	if (length < setting->min || length > setting->max)
		add_error(errors, setting, "must have %lld to %lld characters, not %lld.",
		          setting->min, setting->max, length);
}

/* The contents of a small file without trailing newlines; NULL and errno on failure. */
static char *read_file(const char *path)
{
	enum { FILE_MAX = 64 * 1024 };
	FILE *file = fopen(path, "re");
	char *text;
	size_t length;

	if (!file)
		return NULL;
	text = xmalloc(FILE_MAX + 1);
	length = fread(text, 1, FILE_MAX, file);
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
static const char *find(const struct setting *setting, const struct source *source,
                        const char **origin, char **owned, struct buf *errors)
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
				add_error(errors, setting, "cannot be read from %s: %s.", path,
				          strerror(errno));
			return *owned;
		}
	}
	if (source->file_text
	    && find_in_file(str_of(source->file_text), setting->variable, &in_file)
	    && in_file.length) {
		*origin = source->file_name;
		*owned = xprint("%.*s", STR_ARGS(in_file));
		return *owned;
	}
	*origin = "default";
	return setting->default_value;
}

/* True if one letter differs, is missing or is extra, or two adjacent letters are swapped. */
static bool is_misspelling(struct str a, struct str b)
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
enum { NAME_MIN = 6 };

static void check_misspellings(struct buf *errors)
{
	for (char **entry = environ; entry && *entry; entry++) { /* NULL after clearenv() */
		struct str rest = str_of(*entry), name;
		const char *similar = NULL;

		if (!str_cut(&rest, '=', &name) || name.length < NAME_MIN)
			continue;
		for (size_t i = 0; i < COUNT_OF(settings); i++) {
			if (str_is(name, settings[i].variable)) {
				similar = NULL;
				break;
			}
			if (is_misspelling(name, str_of(settings[i].variable)))
				similar = settings[i].variable;
		}
		if (similar)
			buf_print(errors, "%.*s is not a setting; did you mean %s?\n",
			          STR_ARGS(name), similar);
	}
}

bool config_read(struct config *config, const struct config_override *overrides, size_t count,
                 struct buf *errors)
{
	struct source source = { overrides, count };
	size_t before = errors->length;

	*config = (struct config){ 0 };
	for (size_t i = 0; i < COUNT_OF(settings); i++) {
		const struct setting *setting = &settings[i];
		char *owned;
		const char *value = find(setting, &source, &config->origins[i], &owned, errors);

		if (config->origins[i] == source.file_name && source.file_name)
			config->origins[i] = ".env file";
		if (value && setting->kind == NUMBER)
			set_number(config, setting, value, errors);
		else if (value)
			set_text(config, setting, value, errors);
		free(owned);
		/* The first row, ENVIRONMENT, selects the file for the others. */
		if (i == 0 && config->environment
		    && strcmp(config->environment, "production") != 0) {
			source.file_name = xprint(".env.%s", config->environment);
			source.file_text = read_file(source.file_name);
		}
	}
	check_misspellings(errors);
	free(source.file_name);
	free(source.file_text);
	return errors->length == before;
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
static void check_timezone(const char *zone, struct buf *errors)
{
	static const char tables[] = "/usr/share/zoneinfo";
	char *path = xprint("%s/%s", tables, zone);
	struct stat st;

	if (stat(tables, &st) == 0 && (stat(path, &st) < 0 || !S_ISREG(st.st_mode)))
		buf_print(errors,
		          "TIMEZONE must be a time zone such as Europe/Zurich, not \"%s\".\n",
		          zone);
	free(path);
}

bool config_check_serve(const struct config *config, struct buf *errors)
{
	size_t before = errors->length;

	if (!config->database_url && !config->data)
		buf_text(
			errors,
			"DATABASE_URL must be set (or DATA, or --data DIR, for a private PostgreSQL).\n");
	if (config->database_url && !str_begins(str_of(config->database_url), "postgresql://")
	    && !str_begins(str_of(config->database_url), "postgres://"))
		buf_text(errors, "DATABASE_URL must begin with postgresql://.\n");
	if (config->timezone)
		check_timezone(config->timezone, errors);
	return errors->length == before;
}

bool config_check_header_value(const char *variable, const char *value, struct buf *errors)
{
	for (const char *at = value ? value : ""; *at; at++) {
		if (*at > ' ' && *at < 0x7f)
			continue;
		buf_print(errors, "%s must contain only visible ASCII characters and no spaces.\n",
		          variable);
		return false;
	}
	return true;
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
