/* emulation.c: POST /emulation, which carries the commands of clients with a one-way stream.
 *
 * A load balancer may send such a request to a process that does not have the stream. The commands
 * are then forwarded with NOTIFY to the node that the client names, several at a time. The sender
 * does not learn whether the session still exists; a client that gets no reply reconnects. */

#include <stdlib.h>

#include "handshake.h"

/* A NOTIFY payload has at most 7999 bytes, including node and session. */
enum { SESSION = 32, HANDED_ON_MOST = 7900 };

static const char channel[] = "binnacle_said";

struct emulation {
	struct api *api;
	struct db_listener said;
};

/* "node session commands" */
static void on_said(struct db_listener *listener, const char *payload)
{
	struct ws *ws = stream_ws(container_of(listener, struct emulation, said)->api->stream);
	struct str words = str_of(payload), node, session;

	if (str_cut(&words, ' ', &node) && str_is(node, ws_node(ws)) && str_cut(&words, ' ', &session))
		ws_speak(ws, session, words);
}

static void on_lost(struct db_listener *)
{
	/* Clients whose commands were lost get no reply and reconnect. */
}

/* Takes as many lines as fit into one NOTIFY. False: the first line is too long. */
static bool cut_piece(struct str *rest, struct str *piece)
{
	const char *end = rest->at + rest->length;

	if (rest->length > HANDED_ON_MOST)
		end = memrchr(rest->at, '\n', HANDED_ON_MOST + 1);
	if (!end || end == rest->at)
		return false;
	*piece = (struct str){ rest->at, (size_t)(end - rest->at) };
	rest->length -= piece->length;
	rest->at = end;
	if (rest->length) { /* skip the line break */
		rest->length--;
		rest->at++;
	}
	return true;
}

static bool can_be_cut(struct str words)
{
	struct str piece;

	while (words.length && cut_piece(&words, &piece))
		;
	return !words.length;
}

/* False: the request has been answered with an error. */
static bool hand_on(struct request *request, struct str node, struct str session, struct str words)
{
	struct api *api = request->context;
	struct str piece;

	if (!uuid_is_valid(node) || session.length != SESSION || memchr(session.at, ' ', SESSION)) {
		socket_refuse(request, PROBLEM_NOT_FOUND, "This session does not exist.");
		return false;
	}
	if (!can_be_cut(words)) {
		socket_refuse(
			request, PROBLEM_BODY_TOO_LARGE,
			"Another process has the stream; a command then has at most 7900 bytes.");
		return false;
	}
	if (!db_listening(api->db)) {
		socket_refuse(request, PROBLEM_DATABASE_DOWN, NULL);
		return false;
	}
	while (words.length && cut_piece(&words, &piece))
		db_tell(api->db, channel, str_of(arena_print(&request->arena, "%.*s %.*s %.*s", STR_ARGS(node),
		                                             STR_ARGS(session), STR_ARGS(piece))));
	return true;
}

/* False: the request has been answered with an error. */
static bool speak(struct request *request, struct str node, struct str session, struct str words)
{
	struct ws *ws = stream_ws(((struct api *)request->context)->stream);

	if (node.length && !str_is(node, ws_node(ws)))
		return hand_on(request, node, session, words);
	if (ws_speak(ws, session, words))
		return true;
	socket_refuse(request, PROBLEM_NOT_FOUND, "This session does not exist.");
	return false;
}

/* {"session", "node", "data"}: data holds one command per line. */
void emulation_run(struct request *request)
{
	const char *fault;
	size_t where;
	struct json *body = json_parse(request->body, &fault, &where);
	bool object = body && json_kind(body) == JSON_OBJECT;
	const struct json *session = object ? json_member(body, "session") : NULL,
			  *node = object ? json_member(body, "node") : NULL,
			  *data = object ? json_member(body, "data") : NULL;

	if (!body)
		socket_refuse(
			request, PROBLEM_BAD_JSON,
			arena_print(&request->arena, "At byte %zu of the body: %s.", where, fault));
	else if (!session || !data || json_kind(session) != JSON_STRING || json_kind(data) != JSON_STRING
	         || (node && json_kind(node) != JSON_STRING))
		socket_refuse(
			request, PROBLEM_VALIDATION_FAILED,
			"`session` and `data` must be strings; `node` is an optional string.");
	else if (speak(request, node ? json_string(node) : STR(""), json_string(session), json_string(data)))
		request_reply(request, &(struct reply){ .status = 204, .total = NO_TOTAL });
	json_free(body);
}

struct emulation *emulation_new(struct api *api)
{
	struct emulation *emulation = xcalloc(1, sizeof(*emulation));

	emulation->api = api;
	emulation->said = (struct db_listener){ .channel = channel, .heard = on_said, .lost = on_lost };
	db_listen(api->db, &emulation->said);
	return emulation;
}
