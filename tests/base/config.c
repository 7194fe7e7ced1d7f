/* Settings come from the strongest who names them; all that is wrong is said at once. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "config.h"

enum kind { TEXT, SECRET, URL, LIST, CHOICE, NUMBER };

#define ROW_TEXT(least, most, ...)   NULL, least, most
#define ROW_SECRET(least, most, ...) NULL, least, most
#define ROW_URL(least, most, ...)    NULL, least, most
#define ROW_LIST(least, most, ...)   NULL, least, most
#define ROW_NUMBER(least, most, ...) NULL, least, most
#define ROW_CHOICE(choices, ...)     choices, 0, 0

/* The table itself, read once more. */
static const struct row {
	enum kind kind;
	const char *variable;
	size_t offset;
	const char *usual, *choices;
	long long least, most;
} rows[] = {
#define SETTING(kind, member, variable, usual, ...) \
	{ kind, variable, offsetof(struct config, member), usual, ROW_##kind(__VA_ARGS__) },
#include "table/settings.def"
#undef SETTING
};

static struct {
	char directory[32];
	struct config config;
	struct buf faults;
	struct arena arena;
} f;

static void set_up(void)
{
	clearenv();
	strcpy(f.directory, "/tmp/config-XXXXXX");
	cr_assert(mkdtemp(f.directory) != NULL && chdir(f.directory) == 0);
}

static void tear_down(void)
{
	char *command = xprint("rm -r %s", f.directory);

	cr_expect(chdir("/") == 0 && system(command) == 0);
	free(command);
	config_finish(&f.config);
	buf_finish(&f.faults);
	arena_finish(&f.arena);
}

TestSuite(config, .init = set_up, .fini = tear_down);

static bool read_with(const struct config_override *overrides, size_t count)
{
	config_finish(&f.config);
	buf_clear(&f.faults);
	return config_read(&f.config, overrides, count, &f.faults);
}

static bool read_config(void)
{
	return read_with(NULL, 0);
}

static const char *faults(void)
{
	return buf_cstr(&f.faults);
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	cr_assert(file != NULL);
	fputs(text, file);
	fclose(file);
}

/* The member as text; NULL when it is nothing. */
static const char *value_of(const struct row *row)
{
	const char *at = (const char *)&f.config + row->offset;

	if (row->kind == NUMBER)
		return arena_print(&f.arena, "%lld", *(const long long *)at);
	return *(const char *const *)at;
}

static bool value_is(const struct row *row, const char *text)
{
	const char *value = value_of(row);

	return value && text ? strcmp(value, text) == 0 : value == text;
}

static bool origin_is(const struct row *row, const char *origin)
{
	return strcmp(f.config.origins[row - rows], origin) == 0;
}

static const char *text_of_length(const char *begin, long long length)
{
	char *text = arena_alloc(&f.arena, (size_t)length + 1);

	memset(text, 'x', (size_t)length);
	memcpy(text, begin, strlen(begin) < (size_t)length ? strlen(begin) : (size_t)length);
	return text;
}

/* Something that the row takes, other than the usual; `n` tells two of them apart. */
static const char *some_value(const struct row *row, int n)
{
	struct str rest = str_of(row->choices), choice;

	switch (row->kind) {
	case NUMBER:
		return arena_print(&f.arena, "%lld", row->least + n);
	case CHOICE:
		for (int i = 0; i <= n; i++)
			str_cut(&rest, ' ', &choice);
		return arena_copy(&f.arena, choice);
	case URL:
		return arena_print(&f.arena, "https://host-%d.example.com", n);
	default:
		return arena_print(&f.arena, "a-value-long-enough-%d", n);
	}
}

Test(config, without_anything_is_the_usual)
{
	cr_assert(read_config(), "%s", faults());
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		cr_expect(value_is(&rows[i], rows[i].usual), "%s", rows[i].variable);
		cr_expect(origin_is(&rows[i], "usual"), "%s", rows[i].variable);
	}
}

Test(config, each_setting_is_taken_from_the_environment_and_stronger_from_the_command_line)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct config_override override = { rows[i].variable, some_value(&rows[i], 1), "--it" };

		setenv(rows[i].variable, some_value(&rows[i], 0), 1);
		cr_expect(read_config(), "%s: %s", rows[i].variable, faults());
		cr_expect(value_is(&rows[i], some_value(&rows[i], 0)), "%s", rows[i].variable);
		cr_expect(origin_is(&rows[i], "environment"), "%s", rows[i].variable);

		cr_expect(read_with(&override, 1), "%s: %s", rows[i].variable, faults());
		cr_expect(value_is(&rows[i], override.value), "%s", rows[i].variable);
		cr_expect(origin_is(&rows[i], "--it"), "%s", rows[i].variable);
		unsetenv(rows[i].variable);
	}
}

Test(config, the_last_of_two_overrides_is_the_strongest)
{
	static const struct config_override twice[] = { { "PORT", "1", "a" }, { "PORT", "2", "b" } };

	cr_assert(read_with(twice, 2), "%s", faults());
	cr_expect(eq(llong, f.config.port, 2));
}

Test(config, an_empty_variable_is_none)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		setenv(rows[i].variable, "", 1);
	cr_assert(read_config(), "%s", faults());
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		cr_expect(value_is(&rows[i], rows[i].usual), "%s", rows[i].variable);
}

Test(config, a_number_has_its_range)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *row = &rows[i];
		const struct {
			long long number;
			bool well;
		} tries[] = {
			{ row->least, true },
			{ row->most, true },
			{ row->least - 1, false },
			{ row->most + 1, false },
		};
		static const char *const no_numbers[] = { "x", "1x", "1.5", "+1", " 1", "0x10", "1e3",
			                                  "99999999999999999999" };

		if (row->kind != NUMBER)
			continue;
		for (size_t n = 0; n < COUNT_OF(tries); n++) {
			setenv(row->variable, arena_print(&f.arena, "%lld", tries[n].number), 1);
			cr_expect(eq(int, read_config(), tries[n].well), "%s=%lld: %s", row->variable,
			          tries[n].number, faults());
			cr_expect(tries[n].well || strstr(faults(), row->variable), "%s", faults());
		}
		for (size_t n = 0; n < COUNT_OF(no_numbers); n++) {
			setenv(row->variable, no_numbers[n], 1);
			cr_expect_not(read_config(), "%s=%s", row->variable, no_numbers[n]);
			cr_expect(strstr(faults(), "must be a whole number") != NULL, "%s", faults());
		}
		unsetenv(row->variable);
	}
}

Test(config, a_text_has_its_length)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *row = &rows[i];
		const char *begin = row->kind == URL ? "https://" : "";

		if (row->kind == NUMBER || row->kind == CHOICE)
			continue;
		setenv(row->variable, text_of_length(begin, row->most), 1);
		cr_expect(read_config(), "%s: %s", row->variable, faults());
		setenv(row->variable, text_of_length(begin, row->most + 1), 1);
		cr_expect_not(read_config(), "%s takes one more", row->variable);
		cr_expect(strstr(faults(), "characters") != NULL, "%s", faults());
		if (row->least > 1) {
			setenv(row->variable, text_of_length(begin, row->least), 1);
			cr_expect(read_config(), "%s: %s", row->variable, faults());
			setenv(row->variable, text_of_length(begin, row->least - 1), 1);
			cr_expect_not(read_config(), "%s takes one less", row->variable);
		}
		unsetenv(row->variable);
	}
}

Test(config, a_choice_is_one_of_the_given)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str rest = str_of(rows[i].choices), choice;
		static const char *const others[] = { "other", " ", "DEBUG INFO", "Production", "production " };

		if (rows[i].kind != CHOICE)
			continue;
		while (str_cut(&rest, ' ', &choice)) {
			setenv(rows[i].variable, arena_copy(&f.arena, choice), 1);
			cr_expect(read_config(), "%s=%.*s: %s", rows[i].variable, STR_ARGS(choice), faults());
		}
		for (size_t n = 0; n < COUNT_OF(others); n++) {
			setenv(rows[i].variable, others[n], 1);
			cr_expect_not(read_config(), "%s=%s", rows[i].variable, others[n]);
			cr_expect(strstr(faults(), "must be one of") != NULL, "%s", faults());
		}
		unsetenv(rows[i].variable);
	}
}

Test(config, a_url_says_how)
{
	static const struct {
		const char *url;
		bool well;
	} tries[] = {
		{ "https://id.example.com", true },    { "http://127.0.0.1:8080/dev", true },
		{ "id.example.com", false },	       { "ftp://id.example.com", false },
		{ "HTTPS://id.example.com", false },   { "https:/id.example.com", false },
	};

	for (size_t i = 0; i < COUNT_OF(tries); i++) {
		setenv("OIDC_ISSUER", tries[i].url, 1);
		cr_expect(eq(int, read_config(), tries[i].well), "%s: %s", tries[i].url, faults());
	}
}

Test(config, every_fault_is_named)
{
	struct str rest, line;
	int lines = 0;

	setenv("PORT", "http", 1);
	setenv("DB_LINE", "0", 1);
	setenv("LOG_LEVEL", "LOUD", 1);
	setenv("OIDC_ISSUER", "id.example.com", 1);
	setenv("METRICS_TOKEN", "short", 1);
	cr_assert_not(read_config());
	for (rest = buf_as_str(&f.faults); str_cut(&rest, '\n', &line); lines++)
		cr_expect(line.length > 20 && line.at[line.length - 1] == '.', "%.*s", STR_ARGS(line));
	cr_expect(eq(int, lines, 5), "%s", faults());
	cr_expect(strstr(faults(), "short") == NULL, "a secret is not repeated");
	for (const char *const *name = (const char *[]){ "PORT must", "DB_LINE must", "LOG_LEVEL must",
	                                                 "OIDC_ISSUER must", "METRICS_TOKEN must", NULL };
	     *name; name++)
		cr_expect(strstr(faults(), *name) != NULL, "%s in: %s", *name, faults());
}

Test(config, a_secret_can_stand_in_a_file)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *row = &rows[i];
		char *variable = arena_print(&f.arena, "%s_FILE", row->variable);
		char *path = arena_print(&f.arena, "%s/secret", f.directory);
		bool secret = row->kind == SECRET;

		write_file(path, arena_print(&f.arena, "%s\r\n\n", some_value(row, 0)));
		setenv(variable, path, 1);
		cr_expect(read_config(), "%s: %s", variable, faults());
		cr_expect(value_is(row, secret ? some_value(row, 0) : row->usual), "%s", variable);
		cr_expect(origin_is(row, secret ? "file" : "usual"), "%s", variable);
		if (secret) {
			setenv(row->variable, some_value(row, 1), 1);
			cr_expect(read_config() && value_is(row, some_value(row, 1)), "%s is stronger",
			          row->variable);
			unsetenv(row->variable);
			setenv(variable, "/nowhere/at/all", 1);
			cr_expect_not(read_config(), "%s", variable);
			cr_expect(strstr(faults(), "cannot be read from /nowhere/at/all: No such file") != NULL,
			          "%s", faults());
		}
		unsetenv(variable);
	}
}

Test(config, the_file_of_the_environment_is_weaker_than_the_environment)
{
	for (size_t i = 1; i < COUNT_OF(rows); i++) {
		const struct row *row = &rows[i];

		setenv("ENVIRONMENT", i % 2 ? "development" : "staging", 1);
		write_file(i % 2 ? ".env.development" : ".env.staging",
		           arena_print(&f.arena, "%s=%s\n", row->variable, some_value(row, 0)));
		cr_expect(read_config(), "%s: %s", row->variable, faults());
		cr_expect(value_is(row, some_value(row, 0)), "%s", row->variable);
		cr_expect(origin_is(row, ".env file"), "%s", row->variable);
		setenv(row->variable, some_value(row, 1), 1);
		cr_expect(read_config(), "%s: %s", row->variable, faults());
		cr_expect(value_is(row, some_value(row, 1)), "%s", row->variable);
		unsetenv(row->variable);
	}
}

Test(config, no_file_is_read_in_production)
{
	static const char *const names[] = { ".env", ".env.production", ".env.development", ".env.staging" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		write_file(names[i], "PORT=1\n");
	cr_expect(read_config() && f.config.port == 8080, "by default");
	setenv("ENVIRONMENT", "production", 1);
	cr_expect(read_config() && f.config.port == 8080, "when it is said");
	setenv("ENVIRONMENT", "development", 1);
	cr_expect(read_config() && f.config.port == 1, "but in development");
}

Test(config, the_file_is_read_as_people_write_it)
{
	setenv("ENVIRONMENT", "development", 1);
	write_file(".env.development",
	           "# a comment\n"
	           "\n"
	           "   HOST = 127.0.0.1  \r\n"
	           "PORT=1\n"
	           "PORT=2\n"
	           "#PORT=3\n"
	           "TIMEZONE=\"Europe/Zurich\"\n"
	           "CLERK_DOMAIN='clerk.example.com'\n"
	           "CORS_ORIGIN=\"https://a.example.com,https://b.example.com?a=b\"\n"
	           "OIDC_AUDIENCE=\n"
	           "DB_LINE=\n"
	           "a line without a sign\n"
	           "DATABASE_URL=postgresql://u:p=w@h/d");
	cr_assert(read_config(), "%s", faults());
	cr_expect_str_eq(f.config.host, "127.0.0.1");
	cr_expect(eq(llong, f.config.port, 2), "the last one counts");
	cr_expect_str_eq(f.config.timezone, "Europe/Zurich");
	cr_expect_str_eq(f.config.clerk_domain, "clerk.example.com");
	cr_expect_str_eq(f.config.cors_origin, "https://a.example.com,https://b.example.com?a=b");
	cr_expect(f.config.oidc_audience == NULL, "empty is none, here as well");
	cr_expect(eq(llong, f.config.db_line, 1024));
	cr_expect_str_eq(f.config.database_url, "postgresql://u:p=w@h/d");
}

Test(config, a_mistyped_name_is_noticed)
{
	static const struct {
		const char *name, *meant; /* NULL: it may be anybody's */
	} tries[] = {
		{ "DATABASE_ULR", "DATABASE_URL" },   { "DATABASEURL", "DATABASE_URL" },
		{ "DATABASE_URLS", "DATABASE_URL" },  { "DATABASE-URL", "DATABASE_URL" },
		{ "ADTABASE_URL", "DATABASE_URL" },   { "XDATABASE_URL", "DATABASE_URL" },
		{ "LOGLEVEL", "LOG_LEVEL" },	      { "ENVIROMENT", "ENVIRONMENT" },
		{ "CORS_ORIGINS", "CORS_ORIGIN" },    { "OIDC_ISUSER", "OIDC_ISSUER" },
		{ "TIME_ZONE", "TIMEZONE" },	      { "CLERK_DOMAIN_FILE", NULL },
		{ "DATABASE_READ_URL", NULL },	      { "HOSTS", NULL },
		{ "POST", NULL },		      { "PATH", NULL },
		{ "LOGNAME", NULL },		      { "database_url", NULL },
		{ "BASE_DATA", NULL },
	};

	for (size_t i = 0; i < COUNT_OF(tries); i++) {
		char *hint = arena_print(&f.arena, "%s is not a setting; %s is.\n", tries[i].name,
		                         tries[i].meant ? tries[i].meant : "");

		setenv(tries[i].name, "https://x", 1);
		cr_expect(eq(int, read_config(), tries[i].meant == NULL), "%s: %s", tries[i].name, faults());
		if (tries[i].meant)
			cr_expect_str_eq(faults(), hint);
		unsetenv(tries[i].name);
	}
}

/* The settings of the table must not hint at each other, nor at their files. */
Test(config, no_setting_resembles_another)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		setenv(rows[i].variable, some_value(&rows[i], 0), 1);
	cr_expect(read_config(), "%s", faults());
}

Test(config, is_printed_with_its_origins_and_without_its_secrets)
{
	struct buf out = { 0 };

	setenv("DATABASE_URL", "postgresql://me:hunter2hunter2@db/b", 1);
	setenv("METRICS_TOKEN", "hunter3hunter3hunter3", 1);
	setenv("HOST", "127.0.0.1", 1);
	cr_assert(read_config(), "%s", faults());
	config_print(&f.config, &out);
	cr_expect(strstr(buf_cstr(&out), "hunter") == NULL, "%s", buf_cstr(&out));
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		cr_expect(strstr(buf_cstr(&out), rows[i].variable) != NULL, "%s is missing", rows[i].variable);
	for (const char *line = buf_cstr(&out); (line = strstr(line, "HOST")); line++) {
		cr_expect(strstr(line, "127.0.0.1") && strstr(line, "environment"));
		break;
	}
	buf_finish(&out);
}

Test(config, knows_whether_it_is_development)
{
	cr_assert(read_config());
	cr_expect_not(config_is_development(&f.config));
	setenv("ENVIRONMENT", "staging", 1);
	cr_assert(read_config());
	cr_expect_not(config_is_development(&f.config));
	setenv("ENVIRONMENT", "development", 1);
	cr_assert(read_config());
	cr_expect(config_is_development(&f.config));
}

static const char *const fit[] = { "DATABASE_URL=postgresql:///x", "OIDC_ISSUER=https://id.example.com" };

Test(config, is_fit_to_serve_or_says_why_not)
{
	static const struct {
		const char *settings[3]; /* beside or instead of those above */
		const char *fault;	 /* NULL: it is fit */
	} tries[] = {
		{ { NULL }, NULL },
		{ { "DATABASE_URL=" }, "DATABASE_URL must be set" },
		{ { "DATABASE_URL=", "DATA=/var/lib/x" }, NULL },
		{ { "DATABASE_URL=mysql://x" }, "DATABASE_URL must begin with postgresql://" },
		{ { "CLERK_DOMAIN=x y" }, "CLERK_DOMAIN must be a name" },
		{ { "CLERK_DOMAIN=https://clerk.example.com" }, "CLERK_DOMAIN must be a name" },
		{ { "OIDC_ISSUER=" }, "OIDC_ISSUER or CLERK_DOMAIN must be set" },
		{ { "OIDC_ISSUER=", "CLERK_DOMAIN=clerk.example.com" }, NULL },
		{ { "OIDC_ISSUER=", "OIDC_JWKS_URL=https://x.example.com" }, "OIDC_JWKS_URL needs OIDC_ISSUER" },
		{ { "OIDC_ISSUER=http://id.example.com" }, "OIDC_ISSUER must begin with https" },
		{ { "OIDC_ISSUER=http://127.0.0.1" }, NULL },
		{ { "OIDC_ISSUER=http://127.0.0.1:8080/dev" }, NULL },
		{ { "OIDC_ISSUER=http://localhost" }, NULL },
		{ { "OIDC_ISSUER=http://localhost/x@y" }, NULL },
		{ { "OIDC_ISSUER=http://[::1]:80" }, NULL },
		{ { "OIDC_ISSUER=http://localhost.example.com" }, "OIDC_ISSUER must begin with https" },
		{ { "OIDC_ISSUER=http://127.0.0.1.example.com/" }, "OIDC_ISSUER must begin with https" },
		{ { "OIDC_ISSUER=http://127.0.0.11/" }, "OIDC_ISSUER must begin with https" },
		{ { "OIDC_ISSUER=http://localhost:80@example.com" }, "OIDC_ISSUER must begin with https" },
		{ { "OIDC_JWKS_URL=http://id.example.com/keys" }, "OIDC_JWKS_URL must begin with https" },
		{ { "OIDC_JWKS_URL=https://id.example.com/keys" }, NULL },
		{ { "CORS_ORIGIN=*" }, "CORS_ORIGIN must not be *" },
		{ { "CORS_ORIGIN=https://a.example.com, *" }, "CORS_ORIGIN must not be *" },
		{ { "CORS_ORIGIN=https://a.example.com, http://localhost:3000" }, NULL },
		{ { "CORS_ORIGIN=a.example.com" }, "CORS_ORIGIN must hold origins like" },
		{ { "CORS_ORIGIN=https://" }, "CORS_ORIGIN must hold origins like" },
		{ { "CORS_ORIGIN=https://a.example.com,,https://b.example.com" }, "but holds \"\"" },
		{ { "CORS_ORIGIN=https://a.example.com/" }, "without a path" },
		{ { "CORS_ORIGIN=https://a.example.com/app" }, "without a path" },
		{ { "TIMEZONE=Europe/Zurich" }, NULL },
		{ { "TIMEZONE=Europe/Atlantis" }, "TIMEZONE must name a zone" },
		{ { "TIMEZONE=Europe" }, "TIMEZONE must name a zone" },
	};

	for (size_t i = 0; i < COUNT_OF(tries); i++) {
		clearenv();
		for (size_t n = 0; n < COUNT_OF(fit); n++)
			putenv((char *)(uintptr_t)fit[n]);
		for (size_t n = 0; n < 3 && tries[i].settings[n]; n++)
			putenv((char *)(uintptr_t)tries[i].settings[n]);
		cr_assert(read_config(), "row %zu: %s", i, faults());
		cr_expect(eq(int, config_fit_to_serve(&f.config, &f.faults), tries[i].fault == NULL),
		          "row %zu: %s", i, faults());
		cr_expect(tries[i].fault == NULL || strstr(faults(), tries[i].fault), "row %zu: %s", i, faults());
	}
}
