/* request_check.c: validates a request against the fields of its operation.
 *
 * Path, query, headers and body are checked in this order and all errors are reported. The database
 * is queried only if there are none. */

#include "call.h"
#include "uuid.h"

static void check_path(struct call *call)
{
	/* All path parameters are UUIDs. */
	static const struct field id = { .type = FIELD_UUID };

	for (int i = 0; i < call->endpoint->path_count; i++) {
		struct complaint complaint = field_complaint_text(&id, call->request->params[i]);

		if (complaint.code)
			faults_add(call->faults, "parameter", str_of(call->endpoint->path_names[i]), complaint.code,
			           complaint.detail);
	}
}

static int query_find(const struct endpoint *endpoint, struct str name)
{
	for (int i = 0; i < endpoint->query_count; i++) {
		if (str_is(name, endpoint->query[i]->name))
			return i;
	}
	return -1;
}

/* "A,B" as PostgreSQL's '{A,B}'. The values are choices or UUIDs, so none needs quotes. */
static struct complaint many(struct call *call, const struct field *field, struct str value, const char **out)
{
	struct complaint complaint = { 0 };
	struct str rest = value, part;
	long count = 0;

	while (!complaint.code && str_cut(&rest, ',', &part)) {
		complaint = field_complaint_text(field, part);
		count++;
	}
	if (!complaint.code && (count == 0 || value.at[value.length - 1] == ','))
		complaint = (struct complaint){ "malformed", "must not contain an empty value" };
	*out = arena_print(&call->request->arena, "{%.*s}", STR_ARGS(value));
	return complaint;
}

static void take_query(struct call *call, struct str name, struct str value)
{
	int i = query_find(call->endpoint, name);
	const struct field *field;
	struct complaint complaint;

	if (i < 0) {
		faults_add(call->faults, "parameter", name, "unknown", "is not a parameter of this operation");
		return;
	}
	field = call->endpoint->query[i];
	if (call->given[i]) {
		faults_add(call->faults, "parameter", name, "duplicate", "must not be repeated");
		return;
	}
	if (field->rules & MANY) {
		complaint = many(call, field, value, &call->given[i]);
	} else {
		complaint = field_complaint_text(field, value);
		call->given[i] = arena_copy(&call->request->arena, value);
	}
	if (complaint.code)
		faults_add(call->faults, "parameter", name, complaint.code, complaint.detail);
}

static void check_query(struct call *call)
{
	const struct endpoint *endpoint = call->endpoint;
	struct str rest = call->request->query, name, value;

	while (request_query_next(call->request, &rest, &name, &value)) {
		if (name.at)
			take_query(call, name, value);
		else
			faults_add(call->faults, "parameter", value, "malformed", "cannot be decoded");
	}
	for (int i = 0; i < endpoint->query_count; i++) {
		const struct field *field = endpoint->query[i];

		if (call->given[i] && field->needs
		    && !call->given[query_find(endpoint, str_of(field->needs))])
			faults_add(call->faults, "parameter", str_of(field->name), "lonely",
			           arena_print(&call->request->arena, "requires %s", field->needs));
		if (!call->given[i] && field->rules & REQUIRED)
			faults_add(call->faults, "parameter", str_of(field->name), "required",
			           "is required");
	}
	if (endpoint->cursor_at >= 0 && call->given[endpoint->cursor_at] && call->given[endpoint->skip_at])
		faults_add(call->faults, "parameter", STR("skip"), "conflict",
		           "cannot be combined with cursor");
	for (int i = 0; i < endpoint->query_count; i++) {
		if (!call->given[i])
			call->given[i] = endpoint->query[i]->usual;
	}
}

/* Our entity tags are "<revision>.<hash>"; -1 for any other. */
static long long revision_of(struct str tag)
{
	struct str number;
	long long revision;

	if (tag.length < 2 || tag.at[0] != '"' || tag.at[tag.length - 1] != '"')
		return -1;
	tag = (struct str){ tag.at + 1, tag.length - 2 };
	if (!str_cut(&tag, '.', &number) || !str_number(number, &revision))
		return -1;
	return revision;
}

static void check_if_match(struct call *call)
{
	struct str rest = call->request->headers[HEADER_IF_MATCH], tag;
	struct buf revisions = { 0 };

	if (!rest.at || !(call->endpoint->operation->rules & CONDITIONAL) || str_is(str_trim(rest), "*"))
		return;
	while (str_cut(&rest, ',', &tag)) {
		buf_char(&revisions, revisions.length ? ',' : '{');
		buf_number(&revisions, revision_of(str_trim(tag)));
	}
	buf_text(&revisions, revisions.length ? "}" : "{-1}");
	call->if_match = arena_copy(&call->request->arena, buf_as_str(&revisions));
	buf_finish(&revisions);
}

/* A quoted Structured Field string, or bare, as many clients send it. */
static void check_idempotency(struct call *call)
{
	enum { MOST = 255 };
	struct str key = call->request->headers[HEADER_IDEMPOTENCY_KEY];
	bool fits;

	if (!key.at || call->endpoint->operation->method != POST)
		return;
	if (key.length >= 2 && key.at[0] == '"' && key.at[key.length - 1] == '"')
		key = (struct str){ key.at + 1, key.length - 2 };
	fits = key.length >= 1 && key.length <= MOST;
	for (size_t i = 0; fits && i < key.length; i++)
		fits = key.at[i] > ' ' && key.at[i] < 0x7f && key.at[i] != '"' && key.at[i] != '\\';
	if (fits)
		call->idempotency_key = arena_copy(&call->request->arena, key);
	else
		faults_add(call->faults, "header", STR("Idempotency-Key"), "malformed",
		           "must be 1 to 255 visible ASCII characters, such as a UUID");
}

static void check_prefer(struct call *call)
{
	struct str rest = call->request->headers[HEADER_PREFER], wish;

	if (!(call->endpoint->operation->rules & COUNTED))
		return;
	while (str_cut(&rest, ',', &wish)) {
		wish = str_trim(wish);
		if (str_is_nocase(wish, "count=exact") || str_is_nocase(wish, "count=\"exact\""))
			call->counted = true;
	}
}

/* Does Accept allow JSON? The most specific range decides. */
static bool is_acceptable(struct str accept)
{
	int best = -1;
	bool allowed = false;
	struct str range;

	if (str_trim(accept).length == 0)
		return true;
	while (str_cut(&accept, ',', &range)) {
		struct str rest = range, type = { 0 }, parameter;
		int particular;
		bool wanted = true;

		str_cut(&rest, ';', &type);
		type = str_trim(type);
		particular = str_is_nocase(type, "application/json") ? 2
			     : str_is_nocase(type, "application/*")  ? 1
			     : str_is(type, "*/*")		     ? 0
								     : -1;
		while (str_cut(&rest, ';', &parameter)) {
			parameter = str_trim(parameter);
			if (str_begins(parameter, "q=0") && strspn(parameter.at + 2, "0.") >= parameter.length - 2)
				wanted = false;
		}
		if (particular > best) {
			best = particular;
			allowed = wanted;
		}
	}
	return allowed;
}

bool asked_check(struct call *call)
{
	struct faults faults = { 0 };
	bool fine;

	call->faults = &faults;
	if (!is_acceptable(call->request->headers[HEADER_ACCEPT])) {
		call_refuse(call, PROBLEM_NOT_ACCEPTABLE, NULL);
		return false;
	}
	check_path(call);
	check_query(call);
	check_if_match(call);
	check_prefer(call);
	check_idempotency(call);
	fine = body_check(call);
	if (fine && faults.count) {
		buf_char(&faults.json, ']');
		request_refuse(call->request, &(struct refusal){
			.problem = PROBLEM_VALIDATION_FAILED,
			.detail = faults.count == 1 ? "One field or parameter is invalid."
			                            : "Several fields or parameters are invalid.",
			.errors = buf_as_str(&faults.json),
		});
		fine = false;
	}
	buf_finish(&faults.json);
	call->faults = NULL;
	if (fine && call->endpoint->cursor_at >= 0 && call->given[call->endpoint->cursor_at]
	    && !cursor_read(call, str_of(call->given[call->endpoint->cursor_at]))) {
		call_refuse(call, PROBLEM_BAD_CURSOR, NULL);
		fine = false;
	}
	return fine;
}
