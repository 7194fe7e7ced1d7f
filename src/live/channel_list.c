/* channel_list.c: reads and validates the channels of an event stream. */

#include "channel_list.h"
#include "channels.h"
#include "live_routes.h"
#include "parameter.h"
#include "reject.h"

enum { MAX_SHOWN = 64 }; /* bytes of a name in an error */

struct reader {
	struct request *request;
	struct validation_errors errors;
	struct buf names;
	size_t count, max;
};

static void add_error(struct validation_errors *errors, const char *code, const char *detail)
{
	validation_errors_add(errors, "parameter", STR("channels"), code, detail);
}

static const char *with_name(struct request *request, struct str name, const char *rest)
{
	struct str shown = str_utf8_prefix(name, MAX_SHOWN);

	return arena_print(&request->arena, "contains \"%.*s\"%s", STR_ARGS(shown), rest);
}

static void add_name(struct reader *reader, struct str name)
{
	struct request *request = reader->request;
	struct str id;

	if (++reader->count > reader->max)
		return;
	if (!name.length) {
		add_error(&reader->errors, "malformed", "must not contain an empty value");
	} else if (!channels_find(name, &id)) {
		add_error(&reader->errors, "unknown_channel",
		          with_name(request, name, ", which is not a channel"));
	} else if (str_has_part(buf_as_str(&reader->names), ',', name)) {
		add_error(&reader->errors, "duplicate", with_name(request, name, " twice"));
	} else {
		buf_text(&reader->names, reader->names.length ? "," : "");
		buf_str(&reader->names, name);
	}
}

static void on_value(void *arg, struct str value)
{
	struct str rest = value, name = { 0 };

	while (str_cut(&rest, ',', &name))
		add_name(arg, name);
	/* An empty value, or one that ends with a comma. */
	if (!value.length || value.at[value.length - 1] == ',')
		add_name(arg, STR(""));
}

bool channel_list_read(struct channel_list *list, struct request *request, size_t max)
{
	struct reader reader = { .request = request, .max = max };
	bool valid;

	parameter_read(request, live_events_query, &reader.errors, on_value, &reader);
	if (reader.count > max)
		add_error(&reader.errors, "too_long",
		          arena_print(&request->arena, "must have at most %zu entries, has %zu",
		                      max, reader.count));
	valid = !reader.errors.count;
	if (!valid)
		validation_errors_reject(&reader.errors, request, PROBLEM_VALIDATION_FAILED,
		                         "The channels or parameters are invalid.");
	list->names = (struct str){ arena_copy(&request->arena, buf_as_str(&reader.names)),
		                    reader.names.length };
	list->count = reader.count;
	buf_finish(&reader.names);
	validation_errors_finish(&reader.errors);
	return valid;
}

/* ---- Results ---- */

bool channel_list_all_allowed(const struct channel_list *list, struct str allowed)
{
	struct str each;
	size_t count = 0;

	while (str_cut(&allowed, ' ', &each)) {
		if (!str_is(each, "t"))
			return false;
		count++;
	}
	return count == list->count;
}

static const char *why(struct request *request, struct str name, enum role role)
{
	struct str id;
	const struct channel_row *row = channels_find(name, &id);

	if (row && role < row->role)
		return arena_print(&request->arena, ", which requires %s%s", role_name(row->role),
		                   row->role < SUPER_ADMIN ? " or higher" : "");
	return ", which does not exist or is not visible to you";
}

void channel_list_reject(const struct channel_list *list, struct request *request,
                         struct str allowed, enum role role)
{
	struct validation_errors errors = { 0 };
	struct str rest = list->names, name, result;

	while (str_cut(&rest, ',', &name)) {
		if (!str_cut(&allowed, ' ', &result) || !str_is(result, "t"))
			add_error(&errors, "not_allowed",
			          with_name(request, name, why(request, name, role)));
	}
	if (errors.count)
		validation_errors_reject(&errors, request, PROBLEM_FORBIDDEN,
		                         "You do not have permission for all of these channels.");
	else
		reject(request, PROBLEM_FORBIDDEN, NULL);
	validation_errors_finish(&errors);
}
