/* user.c: `binnacle user`: manages users from the command line, including the first SUPER_ADMIN.
 *
 * Runs the same statements as the API, with the same rules. A command has the permissions of a
 * SUPER_ADMIN, but is not a user: no account counts as its own. */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "api.h"
#include "arena.h"
#include "cli_db.h"
#include "json.h"
#include "text_table.h"
#include "uuid.h"

#define AS_SUPER_ADMIN { "caller_role", "SUPER_ADMIN" }

/* ---- Arguments ---- */

static bool is_well_typed(const struct args *args, const char *what, const struct field *field, const char *typed)
{
	const char *complaint = field_error_text(field, str_of(typed));

	if (complaint)
		fprintf(stderr, "%s: %s %s\n", args->program, what, complaint);
	return !complaint;
}

/* "guard" → "GUARD"; NULL, with a message, if there is no such role. */
static const char *role_typed(const struct args *args, const char *typed)
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

static void add_person(struct sheet *sheet, const struct json *person)
{
	struct buf name = { 0 };

	buf_print(&name, "%.*s %.*s", STR_ARGS(json_member_string(person, "first_name")),
	          STR_ARGS(json_member_string(person, "last_name")));
	sheet_add(sheet, json_member_string(person, "role"));
	sheet_add(sheet, buf_as_str(&name));
	sheet_add(sheet, json_member_string(person, "email"));
	sheet_add(sheet, json_member_string(person, "archived_at").length ? STR("archived")
			 : json_member_string(person, "subject").length ? STR("active")
								      : STR("invited"));
	sheet_add(sheet, json_member_string(person, "id"));
	buf_finish(&name);
}

static void begin(struct sheet *sheet)
{
	static const char *const heads[] = { "ROLE", "NAME", "EMAIL", "STATUS", "ID" };

	*sheet = (struct sheet){ .columns = COUNT_OF(heads) };
	for (size_t i = 0; i < COUNT_OF(heads); i++)
		sheet_add(sheet, str_of(heads[i]));
}

static void end(struct sheet *sheet)
{
	sheet_print(sheet, stdout);
	sheet_finish(sheet);
}

/* Prints the user after a change. */
static int show(const struct args *args, struct db_rows *rows)
{
	struct str text = rows ? db_rows_column(rows, DB_BODY) : (struct str){ 0 };
	struct sheet sheet;
	struct json *person;

	if (!rows)
		return EXIT_FAILURE;
	if (args->options[OPTION_JSON]) {
		printf("%.*s\n", STR_ARGS(text));
	} else {
		person = json_parse(text, NULL, NULL);
		begin(&sheet);
		add_person(&sheet, person);
		end(&sheet);
		json_free(person);
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
	static const struct field email = { .type = FIELD_EMAIL }, name = { .type = FIELD_LINE, .min = 1, .max = 100 };
	/* The defaults are those of api.provision_caller(); the user's token may replace them. */
	const char *first_name = args->options[OPTION_FIRST_NAME] ?: "Unknown";
	const char *last_name = args->options[OPTION_LAST_NAME] ?: "User";
	const char *role = role_typed(args, args->options[OPTION_ROLE] ?: "guard");
	struct buf body = { 0 };
	char id[UUID_SIZE];
	struct desk desk;
	int status;

	if (!role || !is_well_typed(args, "EMAIL", &email, args->word)
	    || !is_well_typed(args, "--first-name", &name, first_name)
	    || !is_well_typed(args, "--last-name", &name, last_name))
		return EXIT_USAGE;
	uuid_make(id);
	add_member(&body, "email", args->word);
	add_member(&body, "first_name", first_name);
	add_member(&body, "last_name", last_name);
	add_member(&body, "role", role);
	buf_char(&body, '}');
	if (desk_open(&desk, args, &status))
		status = show(args, DESK_ASK(&desk, SQL_USERS_CREATE, AS_SUPER_ADMIN, { "new_id", id },
		                             { "body", buf_cstr(&body) }));
	desk_close(&desk);
	buf_finish(&body);
	return status;
}

/* Finds a user by ID or email address. */
static bool find_who(const struct desk *desk, const char *who, char id[UUID_SIZE])
{
	struct db_rows *rows = DESK_ASK(desk, SQL_USERS_FIND, { uuid_is_valid(str_of(who)) ? "id" : "email", who });
	struct str found = rows ? db_rows_value(rows, 0, "id") : (struct str){ 0 };

	snprintf(id, UUID_SIZE, "%s", found.length ? found.at : "");
	if (rows && !found.length)
		fprintf(stderr, "%s: there is no user %s\n", desk->program, who);
	db_rows_free(rows);
	return id[0];
}

static int change(const struct args *args, enum sql statement, const char *body)
{
	char id[UUID_SIZE];
	struct desk desk;
	int status;

	if (desk_open(&desk, args, &status)) {
		status = EXIT_FAILURE;
		if (find_who(&desk, args->word, id))
			status = show(args, DESK_ASK(&desk, statement, AS_SUPER_ADMIN, { "id", id }, { "body", body }));
	}
	desk_close(&desk);
	return status;
}

int command_user_role(const struct args *args)
{
	const char *role = role_typed(args, args->words[1]);
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

static void add_page(struct sheet *sheet, struct str text)
{
	struct json *page = json_parse(text, NULL, NULL);

	for (size_t i = 0; i < json_count(page); i++)
		add_person(sheet, json_at(page, i));
	json_free(page);
}

/* Pages "[a,b]" and "[c]" are printed as "a,b" and ",c". */
static void print_page(struct str page, bool first)
{
	if (page.length > 2)
		printf("%s%.*s", first ? "" : ",", (int)page.length - 2, page.at + 1);
}

/* Page by page, archived users last. */
static int list(const struct args *args, const struct desk *desk)
{
	struct cursor cursor = { 0 };
	struct sheet sheet;
	bool json = args->options[OPTION_JSON], first = true, ok;

	begin(&sheet);
	printf("%s", json ? "[" : "");
	do {
		struct db_rows *rows = DESK_ASK(desk, SQL_USERS_LIST, AS_SUPER_ADMIN, { "limit", "200" },
		                                { "skip", "0" }, { "archived", "all" },
		                                { "cursor_1", cursor.keys[0] }, { "cursor_2", cursor.keys[1] });

		ok = rows;
		if (!ok)
			break;
		if (json)
			print_page(db_rows_column(rows, DB_BODY), first);
		else
			add_page(&sheet, db_rows_column(rows, DB_BODY));
		cursor_move(&cursor, db_rows_column(rows, DB_NEXT));
		db_rows_free(rows);
		first = false;
	} while (cursor.keys[0]);
	if (ok && json)
		printf("]\n");
	else if (ok)
		sheet_print(&sheet, stdout);
	sheet_finish(&sheet);
	cursor_move(&cursor, (struct str){ 0 });
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int command_user_list(const struct args *args)
{
	struct desk desk;
	int status;

	if (desk_open(&desk, args, &status))
		status = list(args, &desk);
	desk_close(&desk);
	return status;
}
