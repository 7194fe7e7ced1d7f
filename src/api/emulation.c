/* emulation.c: the commands of clients whose own connection only brings them answers.
 *
 * They come by requests, and a load balancer may have given them to another process than the one that
 * has the stream: its node, which the client names, is told by NOTIFY what was said, some commands at
 * a time. Whether the session is still there, nobody says then; a client that is not answered comes
 * again. */

#include <stdlib.h>

#include "sockets.h"

enum { SESSION = 32, HANDED_ON_MOST = 7900 }; /* PostgreSQL takes 7999 bytes, node and session among them */

static const char channel[] = "binnacle_said";

struct emulation {
	struct api *api;
	struct db_listener said;
};

/* "node session words" */
static void on_said(struct db_listener *listener, const char *payload)
{
	struct ws *ws = stream_ws(container_of(listener, struct emulation, said)->api->stream);
	struct str words = str_of(payload), node, session;

	if (str_cut(&words, ' ', &node) && str_is(node, ws_node(ws)) && str_cut(&words, ' ', &session))
		ws_speak(ws, session, words);
}

static void on_lost(struct db_listener *)
{
	/* Its clients are not answered, and come again. */
}

/* As many lines as one NOTIFY takes; false: not even the first. */
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
	if (rest->length) { /* the end of its line */
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

/* False: it has been refused. */
static bool hand_on(struct request *request, struct str node, struct str session, struct str words)
{
	struct api *api = request->context;
	struct str piece;

	if (!uuid_is(node) || session.length != SESSION || memchr(session.at, ' ', SESSION)) {
		socket_refuse(request, PROBLEM_NOT_FOUND, "There is no stream of that session.");
		return false;
	}
	if (!can_be_cut(words)) {
		socket_refuse(request, PROBLEM_BODY_TOO_LARGE, "The stream is another process': a command has at most 7900 bytes.");
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

/* False: it has been refused. */
static bool speak(struct request *request, struct str node, struct str session, struct str words)
{
	struct ws *ws = stream_ws(((struct api *)request->context)->stream);

	if (node.length && !str_is(node, ws_node(ws)))
		return hand_on(request, node, session, words);
	if (ws_speak(ws, session, words))
		return true;
	socket_refuse(request, PROBLEM_NOT_FOUND, "There is no stream of that session.");
	return false;
}

/* {"session", "node", "data"}: data are commands, a line each. */
void emulation_run(struct request *request)
{
	const char *fault;
	size_t where;
	struct json *body = json_read(request->body, &fault, &where);
	bool object = body && json_kind(body) == JSON_OBJECT;
	const struct json *session = object ? json_member(body, "session") : NULL,
			  *node = object ? json_member(body, "node") : NULL,
			  *data = object ? json_member(body, "data") : NULL;

	if (!body)
		socket_refuse(request, PROBLEM_BAD_JSON, arena_print(&request->arena, "At byte %zu: %s.", where, fault));
	else if (!session || !data || json_kind(session) != JSON_TEXT || json_kind(data) != JSON_TEXT
	         || (node && json_kind(node) != JSON_TEXT))
		socket_refuse(request, PROBLEM_VALIDATION_FAILED, "`session`, `node` and `data` are texts; all but `node` must be given.");
	else if (speak(request, node ? json_text(node) : STR(""), json_text(session), json_text(data)))
		request_reply(request, &(struct reply){ .status = 204, .total = NO_TOTAL });
	json_drop(body);
}

struct emulation *emulation_new(struct api *api)
{
	struct emulation *emulation = xcalloc(1, sizeof(*emulation));

	emulation->api = api;
	emulation->said = (struct db_listener){ .channel = channel, .heard = on_said, .lost = on_lost };
	db_listen(api->db, &emulation->said);
	return emulation;
}
