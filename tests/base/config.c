/* Each source of settings has its precedence; all errors are reported at once. */

#include <stdio.h>

#include "config_fixture.h"

enum kind { TEXT, SECRET, LIST, CHOICE, NUMBER };

#define ROW_TEXT(min, max, ...)   NULL, min, max
#define ROW_SECRET(min, max, ...) NULL, min, max
#define ROW_LIST(min, max, ...)   NULL, min, max
#define ROW_NUMBER(min, max, ...) NULL, min, max
#define ROW_CHOICE(choices, ...)  choices, 0, 0

/* The table, read a second time. */
static const struct row {
	enum kind kind;
	const char *variable;
	size_t offset;
	const char *default_value, *choices;
	long long min, max;
} rows[] = {
#define SETTING(kind, member, variable, default_value, ...)                                        \
	{ kind, variable, offsetof(struct config, member), default_value, ROW_##kind(__VA_ARGS__) },
#include "table/settings.def"
#undef SETTING
};

static bool read_with(const struct config_override *overrides, size_t count)
{
	config_finish(&f.config);
	buf_clear(&f.errors);
	return config_read(&f.config, overrides, count, &f.errors);
}

static bool read_config(void)
{
	return read_with(NULL, 0);
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

/* The member as text; NULL if not set. */
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

static const char *text_of_length(long long length)
{
	char *text = arena_alloc(&f.arena, (size_t)length + 1);

	memset(text, 'x', (size_t)length);
	return text;
}

/* A valid value other than the default; a different one for each `n`. */
static const char *some_value(const struct row *row, int n)
{
	struct str rest = str_of(row->choices), choice;

	switch (row->kind) {
	case NUMBER:
		return arena_print(&f.arena, "%lld", row->min + n);
	case CHOICE:
		for (int i = 0; i <= n; i++)
			str_cut(&rest, ' ', &choice);
		return arena_copy(&f.arena, choice);
	default:
		return arena_print(&f.arena, "a-value-long-enough-%d", n);
	}
}

Test(config, defaults_apply_in_an_empty_environment)
{
	cr_assert(read_config(), "%s", errors());
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		cr_expect(value_is(&rows[i], rows[i].default_value), "%s", rows[i].variable);
		cr_expect(origin_is(&rows[i], "default"), "%s", rows[i].variable);
	}
}

Test(config, overrides_take_precedence_over_the_environment)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct config_override override = { rows[i].variable, some_value(&rows[i], 1),
			                            "--it" };

		setenv(rows[i].variable, some_value(&rows[i], 0), 1);
		cr_expect(read_config(), "%s: %s", rows[i].variable, errors());
		cr_expect(value_is(&rows[i], some_value(&rows[i], 0)), "%s", rows[i].variable);
		cr_expect(origin_is(&rows[i], "environment"), "%s", rows[i].variable);

		cr_expect(read_with(&override, 1), "%s: %s", rows[i].variable, errors());
		cr_expect(value_is(&rows[i], override.value), "%s", rows[i].variable);
		cr_expect(origin_is(&rows[i], "--it"), "%s", rows[i].variable);
		unsetenv(rows[i].variable);
	}
}

Test(config, the_last_override_wins)
{
	static const struct config_override twice[] = { { "PORT", "1", "a" },
		                                        { "PORT", "2", "b" } };

	cr_assert(read_with(twice, 2), "%s", errors());
	cr_expect(eq(llong, f.config.port, 2));
}

Test(config, an_empty_variable_counts_as_not_set)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		setenv(rows[i].variable, "", 1);
	cr_assert(read_config(), "%s", errors());
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		cr_expect(value_is(&rows[i], rows[i].default_value), "%s", rows[i].variable);
}

Test(config, numbers_must_be_within_range)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *row = &rows[i];
		const struct {
			long long number;
			bool valid;
		} cases[] = {
			{ row->min, true },
			{ row->max, true },
			{ row->min - 1, false },
			{ row->max + 1, false },
		};
		static const char *const no_numbers[] = {
			"x", "1x", "1.5", "+1", " 1", "0x10", "1e3", "99999999999999999999"
		};

		if (row->kind != NUMBER)
			continue;
		for (size_t n = 0; n < COUNT_OF(cases); n++) {
			setenv(row->variable, arena_print(&f.arena, "%lld", cases[n].number), 1);
			cr_expect(eq(int, read_config(), cases[n].valid), "%s=%lld: %s",
			          row->variable, cases[n].number, errors());
			cr_expect(cases[n].valid || strstr(errors(), row->variable), "%s",
			          errors());
		}
		for (size_t n = 0; n < COUNT_OF(no_numbers); n++) {
			setenv(row->variable, no_numbers[n], 1);
			cr_expect_not(read_config(), "%s=%s", row->variable, no_numbers[n]);
			cr_expect(strstr(errors(), "must be a whole number") != NULL, "%s",
			          errors());
		}
		unsetenv(row->variable);
	}
}

Test(config, texts_must_have_a_valid_length)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *row = &rows[i];

		if (row->kind == NUMBER || row->kind == CHOICE)
			continue;
		setenv(row->variable, text_of_length(row->max), 1);
		cr_expect(read_config(), "%s: %s", row->variable, errors());
		setenv(row->variable, text_of_length(row->max + 1), 1);
		cr_expect_not(read_config(), "%s must reject one character more", row->variable);
		cr_expect(strstr(errors(), "characters") != NULL, "%s", errors());
		if (row->min > 1) {
			setenv(row->variable, text_of_length(row->min), 1);
			cr_expect(read_config(), "%s: %s", row->variable, errors());
			setenv(row->variable, text_of_length(row->min - 1), 1);
			cr_expect_not(read_config(), "%s must reject one character less",
			              row->variable);
		}
		unsetenv(row->variable);
	}
}

Test(config, choices_must_be_listed)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str rest = str_of(rows[i].choices), choice;
		static const char *const others[] = { "other", " ", "DEBUG INFO", "Production",
			                              "production " };

		if (rows[i].kind != CHOICE)
			continue;
		while (str_cut(&rest, ' ', &choice)) {
			setenv(rows[i].variable, arena_copy(&f.arena, choice), 1);
			cr_expect(read_config(), "%s=%.*s: %s", rows[i].variable, STR_ARGS(choice),
			          errors());
		}
		for (size_t n = 0; n < COUNT_OF(others); n++) {
			setenv(rows[i].variable, others[n], 1);
			cr_expect_not(read_config(), "%s=%s", rows[i].variable, others[n]);
			cr_expect(strstr(errors(), "must be one of") != NULL, "%s", errors());
		}
		unsetenv(rows[i].variable);
	}
}

Test(config, all_errors_are_reported)
{
	struct str rest, line;
	int lines = 0;

	setenv("PORT", "http", 1);
	setenv("DB_QUEUE", "0", 1);
	setenv("LOG_LEVEL", "LOUD", 1);
	setenv("COGNITO_TOKEN_USE", "any", 1);
	setenv("METRICS_TOKEN", "short", 1);
	cr_assert_not(read_config());
	for (rest = buf_as_str(&f.errors); str_cut(&rest, '\n', &line); lines++)
		cr_expect(line.length > 20 && line.at[line.length - 1] == '.', "%.*s",
		          STR_ARGS(line));
	cr_expect(eq(int, lines, 5), "%s", errors());
	cr_expect(strstr(errors(), "short") == NULL, "a secret must not be printed");
	for (const char *const *name =
	             (const char *[]){ "PORT must", "DB_QUEUE must", "LOG_LEVEL must",
	                               "COGNITO_TOKEN_USE must", "METRICS_TOKEN must", NULL };
	     *name; name++)
		cr_expect(strstr(errors(), *name) != NULL, "%s in: %s", *name, errors());
}

Test(config, secrets_can_be_read_from_files)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *row = &rows[i];
		char *variable = arena_print(&f.arena, "%s_FILE", row->variable);
		char *path = arena_print(&f.arena, "%s/secret", f.directory);
		bool secret = row->kind == SECRET;

		write_file(path, arena_print(&f.arena, "%s\r\n\n", some_value(row, 0)));
		setenv(variable, path, 1);
		cr_expect(read_config(), "%s: %s", variable, errors());
		cr_expect(value_is(row, secret ? some_value(row, 0) : row->default_value), "%s",
		          variable);
		cr_expect(origin_is(row, secret ? "file" : "default"), "%s", variable);
		if (secret) {
			setenv(row->variable, some_value(row, 1), 1);
			cr_expect(read_config() && value_is(row, some_value(row, 1)),
			          "%s must take precedence", row->variable);
			unsetenv(row->variable);
			setenv(variable, "/nowhere/at/all", 1);
			cr_expect_not(read_config(), "%s", variable);
			cr_expect(strstr(errors(),
			                 "cannot be read from /nowhere/at/all: No such file")
			                  != NULL,
			          "%s", errors());
		}
		unsetenv(variable);
	}
}

Test(config, the_environment_takes_precedence_over_env_files)
{
	for (size_t i = 1; i < COUNT_OF(rows); i++) {
		const struct row *row = &rows[i];

		setenv("ENVIRONMENT", i % 2 ? "development" : "staging", 1);
		write_file(i % 2 ? ".env.development" : ".env.staging",
		           arena_print(&f.arena, "%s=%s\n", row->variable, some_value(row, 0)));
		cr_expect(read_config(), "%s: %s", row->variable, errors());
		cr_expect(value_is(row, some_value(row, 0)), "%s", row->variable);
		cr_expect(origin_is(row, ".env file"), "%s", row->variable);
		setenv(row->variable, some_value(row, 1), 1);
		cr_expect(read_config(), "%s: %s", row->variable, errors());
		cr_expect(value_is(row, some_value(row, 1)), "%s", row->variable);
		unsetenv(row->variable);
	}
}

/* No setting, and no X_FILE of a secret, may be reported as a misspelling of another. */
Test(config, no_setting_is_a_misspelling_of_another)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		setenv(rows[i].variable, some_value(&rows[i], 0), 1);
	cr_expect(read_config(), "%s", errors());
}

Test(config, is_printed_with_origins_and_masked_secrets)
{
	struct buf out = { 0 };

	setenv("DATABASE_URL", "postgresql://me:hunter2hunter2@db/b", 1);
	setenv("METRICS_TOKEN", "hunter3hunter3hunter3", 1);
	setenv("HOST", "127.0.0.1", 1);
	cr_assert(read_config(), "%s", errors());
	config_print(&f.config, &out);
	cr_expect(strstr(buf_cstr(&out), "hunter") == NULL, "%s", buf_cstr(&out));
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		cr_expect(strstr(buf_cstr(&out), rows[i].variable) != NULL, "%s is missing",
		          rows[i].variable);
	for (const char *line = buf_cstr(&out); (line = strstr(line, "HOST")); line++) {
		cr_expect(strstr(line, "127.0.0.1") && strstr(line, "environment"));
		break;
	}
	buf_finish(&out);
}
