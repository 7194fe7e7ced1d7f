/* Each source of settings has its precedence; all errors are reported at once. */

#include <stdio.h>

#include "config_place.h"

enum kind { TEXT, SECRET, LIST, CHOICE, NUMBER };

#define ROW_TEXT(least, most, ...)   NULL, least, most
#define ROW_SECRET(least, most, ...) NULL, least, most
#define ROW_LIST(least, most, ...)   NULL, least, most
#define ROW_NUMBER(least, most, ...) NULL, least, most
#define ROW_CHOICE(choices, ...)     choices, 0, 0

/* The table, read a second time. */
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
		return arena_print(&f.arena, "%lld", row->least + n);
	case CHOICE:
		for (int i = 0; i <= n; i++)
			str_cut(&rest, ' ', &choice);
		return arena_copy(&f.arena, choice);
	default:
		return arena_print(&f.arena, "a-value-long-enough-%d", n);
	}
}

Test(config, without_anything_is_the_usual)
{
	cr_assert(read_config(), "%s", faults());
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		cr_expect(value_is(&rows[i], rows[i].usual), "%s", rows[i].variable);
		cr_expect(origin_is(&rows[i], "default"), "%s", rows[i].variable);
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

		if (row->kind == NUMBER || row->kind == CHOICE)
			continue;
		setenv(row->variable, text_of_length(row->most), 1);
		cr_expect(read_config(), "%s: %s", row->variable, faults());
		setenv(row->variable, text_of_length(row->most + 1), 1);
		cr_expect_not(read_config(), "%s must reject one character more", row->variable);
		cr_expect(strstr(faults(), "characters") != NULL, "%s", faults());
		if (row->least > 1) {
			setenv(row->variable, text_of_length(row->least), 1);
			cr_expect(read_config(), "%s: %s", row->variable, faults());
			setenv(row->variable, text_of_length(row->least - 1), 1);
			cr_expect_not(read_config(), "%s must reject one character less",
			              row->variable);
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

Test(config, every_fault_is_named)
{
	struct str rest, line;
	int lines = 0;

	setenv("PORT", "http", 1);
	setenv("DB_LINE", "0", 1);
	setenv("LOG_LEVEL", "LOUD", 1);
	setenv("COGNITO_TOKEN_USE", "any", 1);
	setenv("METRICS_TOKEN", "short", 1);
	cr_assert_not(read_config());
	for (rest = buf_as_str(&f.faults); str_cut(&rest, '\n', &line); lines++)
		cr_expect(line.length > 20 && line.at[line.length - 1] == '.', "%.*s", STR_ARGS(line));
	cr_expect(eq(int, lines, 5), "%s", faults());
	cr_expect(strstr(faults(), "short") == NULL, "a secret must not be printed");
	for (const char *const *name = (const char *[]){ "PORT must", "DB_LINE must", "LOG_LEVEL must",
	                                                 "COGNITO_TOKEN_USE must", "METRICS_TOKEN must", NULL };
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
		cr_expect(origin_is(row, secret ? "file" : "default"), "%s", variable);
		if (secret) {
			setenv(row->variable, some_value(row, 1), 1);
			cr_expect(read_config() && value_is(row, some_value(row, 1)),
			          "%s must take precedence", row->variable);
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

/* No setting, and no X_FILE of a secret, may be reported as a misspelling of another. */
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
