/* emulation.c: POST /emulation, which receives the commands of clients with a one-way stream.
 *
 * A load balancer may send such a request to a process that does not have the stream. The commands
 * are then forwarded with NOTIFY to the node that the client names, several at a time. This process
 * does not learn whether the session still exists; a client that gets no reply reconnects. */

#include <stdio.h>
#include <stdlib.h>

#include "emulation.h"
#include "json.h"
#include "live_routes.h"
#include "reject.h"
#include "state.h"
#include "validation_errors.h"

/* A NOTIFY payload has at most 7999 bytes, including node and session. */
enum { SESSION = 32, MAX_FORWARDED = 7900 };

static const char channel[] = "binnacle_emulation";

struct emulation {
	struct live *live;
	struct db_listener commands;
};

/* "node session commands" */
static void on_commands(struct db_listener *listener, const char *payload)
{
	struct ws *ws = container_of(listener, struct emulation, commands)->live->ws;
	struct str commands = str_of(payload), node, session;

	if (str_cut(&commands, ' ', &node) && str_is(node, ws_node(ws))
	    && str_cut(&commands, ' ', &session))
		ws_session_receive(ws, session, commands);
}

static void on_lost(struct db_listener *)
{
	/* Clients whose commands were lost get no reply and reconnect. */
}

/* Takes as many lines as fit into one NOTIFY. False: the first line is too long. */
static bool take_batch(struct str *rest, struct str *batch)
{
	const char *end = rest->at + rest->length;

	if (rest->length > MAX_FORWARDED)
		end = memrchr(rest->at, '\n', MAX_FORWARDED + 1);
	if (!end || end == rest->at)
		return false;
	*batch = (struct str){ rest->at, (size_t)(end - rest->at) };
	rest->length -= batch->length;
	rest->at = end;
	if (rest->length) { /* skip the line break */
		rest->length--;
		rest->at++;
	}
	return true;
}

static bool is_splittable(struct str commands)
{
	struct str batch;

	while (commands.length && take_batch(&commands, &batch))
		;
	return !commands.length;
}

/* False: the request has been answered with an error. */
static bool forward(struct request *request, struct str node, struct str session,
                    struct str commands)
{
	struct live *live = live_of(request);
	struct str batch;

	if (!uuid_is_valid(node) || session.length != SESSION || memchr(session.at, ' ', SESSION)) {
		reject(request, PROBLEM_NOT_FOUND, "This session does not exist.");
		return false;
	}
	if (!is_splittable(commands)) {
		reject(request, PROBLEM_BODY_TOO_LARGE,
		       "Another process has the stream; a command then has at most 7900 bytes.");
		return false;
	}
	if (!db_listening(live->db)) {
		reject(request, PROBLEM_DATABASE_DOWN, NULL);
		return false;
	}
	while (commands.length && take_batch(&commands, &batch))
		db_notify(live->db, channel,
		          str_of(arena_print(&request->arena, "%.*s %.*s %.*s", STR_ARGS(node),
		                             STR_ARGS(session), STR_ARGS(batch))));
	return true;
}

/* False: the request has been answered with an error. */
static bool deliver(struct request *request, struct str node, struct str session,
                    struct str commands)
{
	struct ws *ws = live_of(request)->ws;

	if (node.length && !str_is(node, ws_node(ws)))
		return forward(request, node, session, commands);
	if (ws_session_receive(ws, session, commands))
		return true;
	reject(request, PROBLEM_NOT_FOUND, "This session does not exist.");
	return false;
}

/* Unknown members are ignored: later versions of the client libraries may send more. The format of
 * `session` and `node` is not checked: a value that matches no session gets 404. */
static void check_member(struct validation_errors *errors, const struct field *field,
                         const struct json *body)
{
	const struct json *value = json_member(body, field->name);
	char pointer[32];

	snprintf(pointer, sizeof(pointer), "/%s", field->name);
	if (!value && field->rules & REQUIRED)
		validation_errors_add(errors, "pointer", str_of(pointer), "required",
		                      "is required");
	else if (value && json_kind(value) != JSON_STRING)
		validation_errors_add(errors, "pointer", str_of(pointer), "wrong_type",
		                      "must be a string");
}

static void check_members(struct validation_errors *errors, const struct json *body)
{
	for (const struct field *field = live_emulation_fields; field->name; field++)
		check_member(errors, field, body);
}

/* False: the request has been answered with an error. */
static bool is_valid(struct request *request, const struct json *body)
{
	struct validation_errors errors = { 0 };
	bool valid;

	if (json_kind(body) != JSON_OBJECT)
		validation_errors_add(&errors, "pointer", STR(""), "wrong_type",
		                      "must be an object");
	else
		check_members(&errors, body);
	valid = !errors.count;
	if (!valid)
		validation_errors_reject(&errors, request, PROBLEM_VALIDATION_FAILED,
		                         "The body must be an object with `session` and `data`.");
	validation_errors_finish(&errors);
	return valid;
}

/* {"session", "node", "data"}: data holds one command per line. */
void emulation_run(struct request *request)
{
	const char *error;
	size_t offset;
	struct json *body = json_parse(request->body, &error, &offset);

	if (!body)
		reject(request, PROBLEM_BAD_JSON,
		       arena_print(&request->arena, "At byte %zu of the body: %s.", offset, error));
	else if (is_valid(request, body)
	         && deliver(request, json_member_string(body, "node"),
	                    json_member_string(body, "session"), json_member_string(body, "data")))
		request_reply(request, &(struct reply){ .status = 204, .total = NO_TOTAL });
	json_free(body);
}

struct emulation *emulation_new(struct live *live)
{
	struct emulation *emulation = xcalloc(1, sizeof(*emulation));

	emulation->live = live;
	emulation->commands = (struct db_listener){ .channel = channel,
		                                    .on_notify = on_commands,
		                                    .on_lost = on_lost };
	db_listen(live->db, &emulation->commands);
	return emulation;
}
