/* endpoint.c: resolves at startup everything that an operation needs.
 *
 * A name that cannot be resolved is an error in the tables. All errors are reported together. */

#include <stdlib.h>

#include "arena.h"
#include "endpoint.h"

int endpoint_find_query(const struct endpoint *endpoint, struct str name)
{
	for (int i = 0; name.at && i < endpoint->query_count; i++) {
		if (str_is(name, endpoint->query[i]->name))
			return i;
	}
	return -1;
}

static void add_query(struct endpoint *endpoint, const struct field *field, struct buf *errors)
{
	if (endpoint->query_count == QUERY_FIELDS)
		buf_print(errors, "%s: too many query parameters; no space for %s.\n",
		          endpoint->operation->name, field->name);
	else
		endpoint->query[endpoint->query_count++] = field;
}

static void gather_query(struct endpoint *endpoint, struct buf *errors)
{
	const struct operation *operation = endpoint->operation;
	const struct field *paging[PAGING_FIELDS];
	size_t paging_count = paging_fields(operation, paging);

	for (const struct field *field = operation->query; field && field->name; field++)
		add_query(endpoint, field, errors);
	for (size_t i = 0; i < paging_count; i++)
		add_query(endpoint, paging[i], errors);
	endpoint->cursor_at = endpoint_find_query(endpoint, STR("cursor"));
	endpoint->skip_at = endpoint_find_query(endpoint, STR("skip"));
	endpoint->alt_when_at = endpoint_find_query(endpoint, str_of(operation->alt_when));
}

static void gather_path(struct endpoint *endpoint)
{
	struct str rest = str_of(endpoint->path), part;

	while (str_cut(&rest, '/', &part)) {
		if (part.length > 2 && part.at[0] == '{')
			endpoint->path_names[endpoint->path_count++] =
				xprint("%.*s", (int)part.length - 2, part.at + 1);
	}
}

static bool is_idempotent(enum sql sql)
{
	for (int i = 0; i < sql_statements[sql].param_count; i++) {
		if (strcmp(sql_statements[sql].params[i], "idempotency_key") == 0)
			return true;
	}
	return false;
}

static bool has_field(const struct field *fields, const char *name)
{
	while (fields && fields->name && strcmp(fields->name, name) != 0)
		fields++;
	return fields && fields->name;
}

static void check_versions(const struct operation *operation, struct buf *errors)
{
	bool dated = operation->deprecated_at && operation->sunset_at && operation->successor;

	if (operation->removed_in && !dated)
		buf_print(errors,
		          "%s: .removed_in needs .deprecated_at, .sunset_at and .successor.\n",
		          operation->name);
	if (operation->removed_in && operation->removed_in <= operation->added_in)
		buf_print(errors, "%s: .removed_in must be after .added_in.\n", operation->name);
}

static bool is_choice(const struct field *field, const char *value)
{
	const char *const *choice = field->choices;

	while (choice && *choice && strcmp(*choice, value) != 0)
		choice++;
	return choice && *choice;
}

static void check_alternative(const struct endpoint *endpoint, struct buf *errors)
{
	const struct operation *operation = endpoint->operation;
	int i = endpoint->alt_when_at;

	if (operation->alt_when && operation->alt_role == ROLE_UNSET)
		buf_print(errors, "%s: .alt_role is missing.\n", operation->name);
	if (operation->alt_when && i < 0)
		buf_print(errors, "%s: .alt_when names %s, which is not a query parameter.\n",
		          operation->name, operation->alt_when);
	if (operation->alt_value && (i < 0 || !is_choice(endpoint->query[i], operation->alt_value)))
		buf_print(errors, "%s: .alt_value must be one of the choices of .alt_when.\n",
		          operation->name);
}

static void check_row(const struct endpoint *endpoint, struct buf *errors)
{
	const struct operation *operation = endpoint->operation;

	if (operation->role == ROLE_UNSET)
		buf_print(errors, "%s %s has no role.\n", method_name(operation->method),
		          endpoint->path);
	if (!operation->name || !operation->summary)
		buf_print(errors, "%s %s has no name or no summary.\n",
		          method_name(operation->method), endpoint->path);
	if (operation->method == POST && sql_statements[operation->sql].lane == SQL_WRITE
	    && !is_idempotent(operation->sql))
		buf_print(errors,
		          "%s: a POST needs an idempotent statement; mark it `idempotent`.\n",
		          operation->name);
	check_versions(operation, errors);
	check_alternative(endpoint, errors);
	if (operation->second_token && !has_field(operation->body, operation->second_token))
		buf_print(errors, "%s: .second_token names %s, which is not a field of its body.\n",
		          operation->name, operation->second_token);
}

void endpoint_init(struct endpoint *endpoint, const struct resource *resource,
                   const struct operation *operation, struct buf *errors)
{
	*endpoint = (struct endpoint){ .resource = resource, .operation = operation };
	endpoint->path = xprint("%s%s", operation_parent(resource, operation), operation->path);
	gather_path(endpoint);
	gather_query(endpoint, errors);
	check_row(endpoint, errors);
	bind_plan(endpoint, operation->sql, &endpoint->plan, errors);
	if (operation->alt_when)
		bind_plan(endpoint, operation->alt_sql, &endpoint->alt_plan, errors);
}

void endpoint_finish(struct endpoint *endpoint)
{
	for (int i = 0; i < endpoint->path_count; i++)
		free(endpoint->path_names[i]);
	free(endpoint->path);
}
