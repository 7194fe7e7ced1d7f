/* .env files, misspelt variables, and the checks before serving. */

#include <stdio.h>

#include "config_place.h"

static bool read_config(void)
{
	config_finish(&f.config);
	buf_clear(&f.faults);
	return config_read(&f.config, NULL, 0, &f.faults);
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

Test(config, no_file_is_read_in_production)
{
	static const char *const names[] = { ".env", ".env.production", ".env.development", ".env.staging" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		write_file(names[i], "PORT=1\n");
	cr_expect(read_config() && f.config.port == 8080, "must read no file by default");
	setenv("ENVIRONMENT", "production", 1);
	cr_expect(read_config() && f.config.port == 8080, "must read no file in production");
	setenv("ENVIRONMENT", "development", 1);
	cr_expect(read_config() && f.config.port == 1, "must read the file in development");
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
	           "CLERK_AUDIENCE=\n"
	           "DB_LINE=\n"
	           "a line without an equals sign\n"
	           "DATABASE_URL=postgresql://u:p=w@h/d");
	cr_assert(read_config(), "%s", faults());
	cr_expect_str_eq(f.config.host, "127.0.0.1");
	cr_expect(eq(llong, f.config.port, 2), "the last line must win");
	cr_expect_str_eq(f.config.timezone, "Europe/Zurich");
	cr_expect_str_eq(f.config.clerk_domain, "clerk.example.com");
	cr_expect_str_eq(f.config.cors_origin, "https://a.example.com,https://b.example.com?a=b");
	cr_expect(f.config.clerk_audience == NULL, "an empty value must count as not set");
	cr_expect(eq(llong, f.config.db_line, 1024));
	cr_expect_str_eq(f.config.database_url, "postgresql://u:p=w@h/d");
}

Test(config, a_mistyped_name_is_noticed)
{
	static const struct {
		const char *name, *meant; /* NULL: not similar enough */
	} tries[] = {
		{ "DATABASE_ULR", "DATABASE_URL" },   { "DATABASEURL", "DATABASE_URL" },
		{ "DATABASE_URLS", "DATABASE_URL" },  { "DATABASE-URL", "DATABASE_URL" },
		{ "ADTABASE_URL", "DATABASE_URL" },   { "XDATABASE_URL", "DATABASE_URL" },
		{ "LOGLEVEL", "LOG_LEVEL" },	      { "ENVIROMENT", "ENVIRONMENT" },
		{ "CORS_ORIGINS", "CORS_ORIGIN" },    { "OIDC_ISSUER", "OIDC_ISSUERS" },
		{ "TIME_ZONE", "TIMEZONE" },	      { "CLERK_DOMAIN_FILE", NULL },
		{ "DATABASE_READ_URL", NULL },	      { "HOSTS", NULL },
		{ "POST", NULL },		      { "PATH", NULL },
		{ "LOGNAME", NULL },		      { "database_url", NULL },
		{ "BASE_DATA", NULL },
	};

	for (size_t i = 0; i < COUNT_OF(tries); i++) {
		char *hint = arena_print(&f.arena, "%s is not a setting; did you mean %s?\n",
		                         tries[i].name, tries[i].meant ? tries[i].meant : "");

		setenv(tries[i].name, "https://x", 1);
		cr_expect(eq(int, read_config(), tries[i].meant == NULL), "%s: %s", tries[i].name, faults());
		if (tries[i].meant)
			cr_expect_str_eq(faults(), hint);
		unsetenv(tries[i].name);
	}
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

static const char *const fit[] = { "DATABASE_URL=postgresql:///x" };

Test(config, is_fit_to_serve_or_says_why_not)
{
	static const struct {
		const char *settings[3]; /* in addition to, or instead of, those above */
		const char *fault;       /* NULL: none */
	} tries[] = {
		{ { NULL }, NULL },
		{ { "DATABASE_URL=" }, "DATABASE_URL must be set" },
		{ { "DATABASE_URL=", "DATA=/var/lib/x" }, NULL },
		{ { "DATABASE_URL=mysql://x" }, "DATABASE_URL must begin with postgresql://" },
		{ { "TIMEZONE=Europe/Zurich" }, NULL },
		{ { "TIMEZONE=Europe/Atlantis" }, "TIMEZONE must be a time zone" },
		{ { "TIMEZONE=Europe" }, "TIMEZONE must be a time zone" },
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
