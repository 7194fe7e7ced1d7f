/* apikey.c: `binnacle apikey`: manages API keys from the command line.
 *
 * Runs the same statements as the API. A key is printed once, when it is created; it is not
 * stored and cannot be read afterwards. */

#include <stdio.h>
#include <stdlib.h>

#include "cli_db.h"
#include "json.h"
#include "rest.h"
#include "text_table.h"
#include "uuid.h"

/* ---- Creating ---- */

static bool is_scope(struct str name)
{
	for (const char *const *scope = scope_names; *scope; scope++) {
		if (str_is(name, *scope))
			return true;
	}
	return false;
}

/* Adds "places:read,logbook:read" as a JSON array. False, with a message, if one is unknown. */
static bool parse_scopes(const struct args *args, struct buf *body)
{
	struct str rest = str_of(args->options[OPTION_SCOPES]), name;
	bool first = true;

	if (!rest.at) {
		fprintf(stderr, "%s: --scopes is required, e.g. --scopes places:read\n",
		        args->program);
		return false;
	}
	while (str_cut(&rest, ',', &name)) {
		name = str_trim(name);
		if (!is_scope(name)) {
			fprintf(stderr, "%s: unknown scope \"%.*s\". Scopes:", args->program,
			        STR_ARGS(name));
			for (const char *const *scope = scope_names; *scope; scope++)
				fprintf(stderr, " %s", *scope);
			fprintf(stderr, "\n");
			return false;
		}
		buf_char(body, first ? '[' : ',');
		buf_json(body, name);
		first = false;
	}
	buf_char(body, ']');
	return true;
}

static int print_created(const struct args *args, const struct db_rows *rows)
{
	struct str text = db_rows_column(rows, DB_BODY);
	struct json *created = json_parse(text, NULL, NULL);

	if (args->options[OPTION_JSON])
		printf("%.*s\n", STR_ARGS(text));
	else
		printf("%.*s\n", STR_ARGS(json_member_string(created, "key")));
	fprintf(stderr, "created API key %.*s; the key cannot be shown again\n",
	        STR_ARGS(json_member_string(created, "id")));
	json_free(created);
	return EXIT_SUCCESS;
}

int command_apikey_add(const struct args *args)
{
	static const struct field name = { .type = FIELD_LINE, .min = 1, .max = 100 },
				  time = { .type = FIELD_TIME };
	const char *expires = args->options[OPTION_EXPIRES],
		   *error = field_error_text(&name, str_of(args->word));
	struct buf body = { 0 };
	char id[UUID_SIZE];
	struct cli_db db;
	int status = EXIT_USAGE;

	buf_text(&body, "{\"name\":");
	buf_json(&body, str_of(args->word));
	buf_text(&body, ",\"scopes\":");
	if (error) {
		fprintf(stderr, "%s: NAME %s\n", args->program, error);
	} else if (expires && (error = field_error_text(&time, str_of(expires)))) {
		fprintf(stderr, "%s: --expires %s\n", args->program, error);
	} else if (parse_scopes(args, &body)) {
		if (expires) {
			buf_text(&body, ",\"expires_at\":");
			buf_json(&body, str_of(expires));
		}
		buf_char(&body, '}');
		uuid_make(id);
		if (cli_db_open(&db, args, &status)) {
			struct db_rows *rows =
				CLI_DB_QUERY(&db, SQL_API_KEYS_CREATE, { "new_id", id },
			                     { "body", buf_cstr(&body) });

			status = rows ? print_created(args, rows) : EXIT_FAILURE;
			db_rows_free(rows);
		}
		cli_db_close(&db);
	}
	buf_finish(&body);
	return status;
}

/* ---- Listing ---- */

static void add_key(struct text_table *table, const struct json *key)
{
	const struct json *scopes = json_member(key, "scopes");
	struct buf list = { 0 };

	for (size_t i = 0; i < json_count(scopes); i++)
		buf_print(&list, "%s%.*s", i ? "," : "", STR_ARGS(json_string(json_at(scopes, i))));
	text_table_add(table, json_member_string(key, "name"));
	text_table_add(table, json_member_string(key, "beginning"));
	text_table_add(table, buf_as_str(&list));
	text_table_add(table, json_member_string(key, "revoked_at").length
	                              ? STR("revoked")
	                              : json_member_string(key, "expires_at"));
	text_table_add(table, json_member_string(key, "id"));
	buf_finish(&list);
}

static size_t add_page(struct text_table *table, struct str text)
{
	size_t count;
	struct json *page = json_parse(text, NULL, NULL);

	count = json_count(page);
	for (size_t i = 0; i < count; i++)
		add_key(table, json_at(page, i));
	json_free(page);
	return count;
}

static int list(const struct args *args, const struct cli_db *db)
{
	enum { PAGE = 500 };
	static const char *const headings[] = { "NAME", "PREFIX", "SCOPES", "EXPIRES", "ID" };
	struct text_table table = { .columns = COUNT_OF(headings) };
	struct buf json = { 0 };
	size_t seen = 0, more = PAGE;
	bool ok = true;

	for (size_t i = 0; i < COUNT_OF(headings); i++)
		text_table_add(&table, str_of(headings[i]));
	while (ok && more == PAGE) {
		char skip[24];
		struct db_rows *rows;
		struct str page;

		snprintf(skip, sizeof(skip), "%zu", seen);
		rows = CLI_DB_QUERY(db, SQL_API_KEYS_LIST, { "limit", "500" }, { "skip", skip });
		ok = rows != NULL;
		page = ok ? db_rows_column(rows, DB_BODY) : STR("[]");
		more = add_page(&table, page);
		seen += more;
		/* Pages "[a,b]" and "[c]" are joined as "a,b" and ",c". */
		if (more)
			buf_print(&json, "%s%.*s", json.length ? "," : "", (int)page.length - 2,
			          page.at + 1);
		db_rows_free(rows);
	}
	if (ok && args->options[OPTION_JSON])
		printf("[%s]\n", buf_cstr(&json));
	else if (ok)
		text_table_print(&table, stdout);
	text_table_finish(&table);
	buf_finish(&json);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int command_apikey_list(const struct args *args)
{
	struct cli_db db;
	int status;

	if (cli_db_open(&db, args, &status))
		status = list(args, &db);
	cli_db_close(&db);
	return status;
}

/* ---- Revoking ---- */

int command_apikey_revoke(const struct args *args)
{
	struct cli_db db;
	int status;

	if (!uuid_is_valid(str_of(args->word))) {
		fprintf(stderr, "%s: ID must be the ID of an API key. See `%s apikey list`.\n",
		        args->program, args->program);
		return EXIT_USAGE;
	}
	if (cli_db_open(&db, args, &status)) {
		struct db_rows *rows = CLI_DB_QUERY(&db, SQL_API_KEYS_REVOKE, { "id", args->word });

		status = rows ? EXIT_SUCCESS : EXIT_FAILURE;
		if (rows)
			fprintf(stderr, "revoked API key %s\n", args->word);
		db_rows_free(rows);
	}
	cli_db_close(&db);
	return status;
}
