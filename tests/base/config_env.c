/* .env files, misspelt variables, and the checks before serving. */

#include <stdio.h>

#include "config_fixture.h"

static bool read_config(void)
{
	config_finish(&f.config);
	buf_clear(&f.errors);
	return config_read(&f.config, NULL, 0, &f.errors);
}

static const char *errors(void)
{
	return buf_cstr(&f.errors);
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	cr_assert(file != NULL);
	fputs(text, file);
	fclose(file);
}

Test(config, no_env_file_is_read_in_production)
{
	static const char *const names[] = { ".env", ".env.production", ".env.development",
		                             ".env.staging" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		write_file(names[i], "PORT=1\n");
	cr_expect(read_config() && f.config.port == 8080, "must read no file by default");
	setenv("ENVIRONMENT", "production", 1);
	cr_expect(read_config() && f.config.port == 8080, "must read no file in production");
	setenv("ENVIRONMENT", "development", 1);
	cr_expect(read_config() && f.config.port == 1, "must read the file in development");
}

Test(config, env_files_are_parsed_leniently)
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
	           "DB_QUEUE=\n"
	           "a line without an equals sign\n"
	           "DATABASE_URL=postgresql://u:p=w@h/d");
	cr_assert(read_config(), "%s", errors());
	cr_expect_str_eq(f.config.host, "127.0.0.1");
	cr_expect(eq(llong, f.config.port, 2), "the last line must win");
	cr_expect_str_eq(f.config.timezone, "Europe/Zurich");
	cr_expect_str_eq(f.config.clerk_domain, "clerk.example.com");
	cr_expect_str_eq(f.config.cors_origin, "https://a.example.com,https://b.example.com?a=b");
	cr_expect(f.config.clerk_audience == NULL, "an empty value must count as not set");
	cr_expect(eq(llong, f.config.db_queue, 1024));
	cr_expect_str_eq(f.config.database_url, "postgresql://u:p=w@h/d");
}

Test(config, misspelt_variables_are_reported)
{
	static const struct {
		const char *name, *suggestion; /* NULL: not similar enough */
	} cases[] = {
		{ "DATABASE_ULR", "DATABASE_URL" },
		{ "DATABASEURL", "DATABASE_URL" },
		{ "DATABASE_URLS", "DATABASE_URL" },
		{ "DATABASE-URL", "DATABASE_URL" },
		{ "ADTABASE_URL", "DATABASE_URL" },
		{ "XDATABASE_URL", "DATABASE_URL" },
		{ "LOGLEVEL", "LOG_LEVEL" },
		{ "ENVIROMENT", "ENVIRONMENT" },
		{ "CORS_ORIGINS", "CORS_ORIGIN" },
		{ "OIDC_ISSUER", "OIDC_ISSUERS" },
		{ "TIME_ZONE", "TIMEZONE" },
		{ "CLERK_DOMAIN_FILE", NULL },
		{ "DATABASE_READ_URL", NULL },
		{ "HOSTS", NULL },
		{ "POST", NULL },
		{ "PATH", NULL },
		{ "LOGNAME", NULL },
		{ "database_url", NULL },
		{ "BASE_DATA", NULL },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *hint =
			arena_print(&f.arena, "%s is not a setting; did you mean %s?\n",
		                    cases[i].name, cases[i].suggestion ? cases[i].suggestion : "");

		setenv(cases[i].name, "https://x", 1);
		cr_expect(eq(int, read_config(), cases[i].suggestion == NULL), "%s: %s",
		          cases[i].name, errors());
		if (cases[i].suggestion)
			cr_expect_str_eq(errors(), hint);
		unsetenv(cases[i].name);
	}
}

Test(config, development_is_detected)
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

static const char *const base_settings[] = { "DATABASE_URL=postgresql:///x" };

Test(config, serving_requires_valid_settings)
{
	static const struct {
		const char *settings[3]; /* in addition to, or instead of, those above */
		const char *error;       /* NULL: none */
	} cases[] = {
		{ { NULL }, NULL },
		{ { "DATABASE_URL=" }, "DATABASE_URL must be set" },
		{ { "DATABASE_URL=", "DATA=/var/lib/x" }, NULL },
		{ { "DATABASE_URL=mysql://x" }, "DATABASE_URL must begin with postgresql://" },
		{ { "TIMEZONE=Europe/Zurich" }, NULL },
		{ { "TIMEZONE=Europe/Atlantis" }, "TIMEZONE must be a time zone" },
		{ { "TIMEZONE=Europe" }, "TIMEZONE must be a time zone" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		clearenv();
		for (size_t n = 0; n < COUNT_OF(base_settings); n++)
			putenv((char *)(uintptr_t)base_settings[n]);
		for (size_t n = 0; n < 3 && cases[i].settings[n]; n++)
			putenv((char *)(uintptr_t)cases[i].settings[n]);
		cr_assert(read_config(), "row %zu: %s", i, errors());
		cr_expect(eq(int, config_check_serve(&f.config, &f.errors), cases[i].error == NULL),
		          "row %zu: %s", i, errors());
		cr_expect(cases[i].error == NULL || strstr(errors(), cases[i].error), "row %zu: %s",
		          i, errors());
	}
}
