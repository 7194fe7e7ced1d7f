/* user.c: `binnacle user`: manages users from the command line, including the first SUPER_ADMIN.
 *
 * Runs the same statements as the API, with the same rules. A command has the permissions of a
 * SUPER_ADMIN, but is not a user: no account counts as its own. */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "cli_db.h"
#include "json.h"
#include "rest.h"
#include "text_table.h"
#include "uuid.h"

/* clang-format off */
#define AS_SUPER_ADMIN { "caller_role", "SUPER_ADMIN" }
/* clang-format on */

/* ---- Arguments ---- */

static bool is_valid(const struct args *args, const char *what, const struct field *field,
                     const char *typed)
{
	const char *error = field_error_text(field, str_of(typed));

	if (error)
		fprintf(stderr, "%s: %s %s\n", args->program, what, error);
	return !error;
}

/* "guard" → "GUARD"; NULL, with a message, if there is no such role. */
static const char *parse_role(const struct args *args, const char *typed)
{
	char upper[16] = "";
	enum role role;

	for (size_t i = 0; typed[i] && i < sizeof(upper) - 1; i++)
		upper[i] = (char)toupper((unsigned char)typed[i]);
	role = strlen(typed) < sizeof(upper) ? role_from_name(str_of(upper)) : ROLE_UNSET;
	if (role >= VISITOR)
		return role_name(role);
	fprintf(stderr, "%s: the role must be visitor, guard, supervisor, admin or super_admin\n",
	        args->program);
	return NULL;
}

/* ---- Output ---- */

static void add_user(struct text_table *table, const struct json *user)
{
	struct buf name = { 0 };

	buf_print(&name, "%.*s %.*s", STR_ARGS(json_member_string(user, "first_name")),
	          STR_ARGS(json_member_string(user, "last_name")));
	text_table_add(table, json_member_string(user, "role"));
	text_table_add(table, buf_as_str(&name));
	text_table_add(table, json_member_string(user, "email"));
	text_table_add(table, json_member_string(user, "archived_at").length ? STR("archived")
	                      : json_member_string(user, "subject").length   ? STR("active")
	                                                                     : STR("invited"));
	text_table_add(table, json_member_string(user, "id"));
	buf_finish(&name);
}

static void start_table(struct text_table *table)
{
	static const char *const headings[] = { "ROLE", "NAME", "EMAIL", "STATUS", "ID" };

	*table = (struct text_table){ .columns = COUNT_OF(headings) };
	for (size_t i = 0; i < COUNT_OF(headings); i++)
		text_table_add(table, str_of(headings[i]));
}

static void finish_table(struct text_table *table)
{
	text_table_print(table, stdout);
	text_table_finish(table);
}

/* Prints the user after a change. */
static int print_user(const struct args *args, struct db_rows *rows)
{
	struct str text = rows ? db_rows_column(rows, DB_BODY) : (struct str){ 0 };
	struct text_table table;
	struct json *user;

	if (!rows)
		return EXIT_FAILURE;
	if (args->options[OPTION_JSON]) {
		printf("%.*s\n", STR_ARGS(text));
	} else {
		user = json_parse(text, NULL, NULL);
		start_table(&table);
		add_user(&table, user);
		finish_table(&table);
		json_free(user);
	}
	db_rows_free(rows);
	return EXIT_SUCCESS;
}

/* ---- Adding and changing ---- */

static void add_member(struct buf *body, const char *name, const char *value)
{
	buf_print(body, "%c\"%s\":", body->length ? ',' : '{', name);
	buf_json(body, str_of(value));
}

int command_user_add(const struct args *args)
{
	static const struct field email = { .type = FIELD_EMAIL },
				  name = { .type = FIELD_LINE, .min = 1, .max = 100 };
	/* The defaults are those of api.provision_caller(); the user's token may replace them. */
	const char *first_name = args->options[OPTION_FIRST_NAME] ?: "Unknown";
	const char *last_name = args->options[OPTION_LAST_NAME] ?: "User";
	const char *role = parse_role(args, args->options[OPTION_ROLE] ?: "guard");
	struct buf body = { 0 };
	char id[UUID_SIZE];
	struct cli_db db;
	int status;

	if (!role || !is_valid(args, "EMAIL", &email, args->word)
	    || !is_valid(args, "--first-name", &name, first_name)
	    || !is_valid(args, "--last-name", &name, last_name))
		return EXIT_USAGE;
	uuid_make(id);
	add_member(&body, "email", args->word);
	add_member(&body, "first_name", first_name);
	add_member(&body, "last_name", last_name);
	add_member(&body, "role", role);
	buf_char(&body, '}');
	if (cli_db_open(&db, args, &status))
		status = print_user(args,
		                    CLI_DB_QUERY(&db, SQL_USERS_CREATE, AS_SUPER_ADMIN,
		                                 { "new_id", id }, { "body", buf_cstr(&body) }));
	cli_db_close(&db);
	buf_finish(&body);
	return status;
}

/* Finds a user by ID or email address. */
static bool find_user(const struct cli_db *db, const char *user, char id[UUID_SIZE])
{
	struct db_rows *rows = CLI_DB_QUERY(db, SQL_USERS_FIND,
	                                    { uuid_is_valid(str_of(user)) ? "id" : "email", user });
	struct str found = rows ? db_rows_value(rows, 0, "id") : (struct str){ 0 };

	snprintf(id, UUID_SIZE, "%s", found.length ? found.at : "");
	if (rows && !found.length)
		fprintf(stderr, "%s: there is no user %s\n", db->program, user);
	db_rows_free(rows);
	return id[0];
}

static int change(const struct args *args, enum sql statement, const char *body)
{
	char id[UUID_SIZE];
	struct cli_db db;
	int status;

	if (cli_db_open(&db, args, &status)) {
		status = EXIT_FAILURE;
		if (find_user(&db, args->word, id))
			status = print_user(args, CLI_DB_QUERY(&db, statement, AS_SUPER_ADMIN,
			                                       { "id", id }, { "body", body }));
	}
	cli_db_close(&db);
	return status;
}

int command_user_role(const struct args *args)
{
	const char *role = parse_role(args, args->words[1]);
	char body[64];

	if (!role)
		return EXIT_USAGE;
	snprintf(body, sizeof(body), "{\"role\":\"%s\"}", role);
	return change(args, SQL_USERS_UPDATE_ROLE, body);
}

int command_user_archive(const struct args *args)
{
	return change(args, SQL_USERS_ARCHIVE, NULL);
}

int command_user_unarchive(const struct args *args)
{
	return change(args, SQL_USERS_UNARCHIVE, NULL);
}

/* ---- Listing ---- */

/* The sort keys after which the next page starts. */
struct cursor {
	char *keys[2]; /* owned; NULL on the first page and after the last */
};

static void cursor_move(struct cursor *cursor, struct str next)
{
	struct json *keys = next.at ? json_parse(next, NULL, NULL) : NULL;

	for (size_t i = 0; i < COUNT_OF(cursor->keys); i++) {
		const struct json *key = keys ? json_at(keys, i) : NULL;

		free(cursor->keys[i]);
		cursor->keys[i] = key ? xprint("%.*s", STR_ARGS(json_string(key))) : NULL;
	}
	json_free(keys);
}

static void add_page(struct text_table *table, struct str text)
{
	struct json *page = json_parse(text, NULL, NULL);

	for (size_t i = 0; i < json_count(page); i++)
		add_user(table, json_at(page, i));
	json_free(page);
}

/* Pages "[a,b]" and "[c]" are printed as "a,b" and ",c". */
static void print_page(struct str page, bool first)
{
	if (page.length > 2)
		printf("%s%.*s", first ? "" : ",", (int)page.length - 2, page.at + 1);
}

/* Page by page, archived users last. */
static int list(const struct args *args, const struct cli_db *db)
{
	struct cursor cursor = { 0 };
	struct text_table table;
	bool json = args->options[OPTION_JSON], first = true, ok;

	start_table(&table);
	printf("%s", json ? "[" : "");
	do {
		struct db_rows *rows = CLI_DB_QUERY(
			db, SQL_USERS_LIST, AS_SUPER_ADMIN, { "limit", "200" }, { "skip", "0" },
			{ "archived", "all" }, { "guests", "ALL" }, { "cursor_1", cursor.keys[0] },
			{ "cursor_2", cursor.keys[1] });

		ok = rows;
		if (!ok)
			break;
		if (json)
			print_page(db_rows_column(rows, DB_BODY), first);
		else
			add_page(&table, db_rows_column(rows, DB_BODY));
		cursor_move(&cursor, db_rows_column(rows, DB_NEXT));
		db_rows_free(rows);
		first = false;
	} while (cursor.keys[0]);
	if (ok && json)
		printf("]\n");
	else if (ok)
		text_table_print(&table, stdout);
	text_table_finish(&table);
	cursor_move(&cursor, (struct str){ 0 });
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int command_user_list(const struct args *args)
{
	struct cli_db db;
	int status;

	if (cli_db_open(&db, args, &status))
		status = list(args, &db);
	cli_db_close(&db);
	return status;
}
