/* messages.c: tests messages between guards on duty and supervisors, broadcasts and direct messages. */

#include "e2e.h"

static struct {
	struct client *ada, *bert, *sven, *other, *admin;
	const char *ada_id, *bert_id, *sven_id, *session;
} f;

static const char *user_id(struct client *client)
{
	return e2e_format("%s", answer_at(client_get(client, "/api/v1/users/me"), "id"));
}

/* Starts a duty session for the user; returns its ID. */
static const char *clock_in(const char *user)
{
	return e2e_format("%s", server_query(e2e_server(),
	                                     "insert into app.duty_sessions (user_id) values ('%s')"
	                                     " returning id",
	                                     user));
}

static void clock_out(const char *user)
{
	server_query(e2e_server(),
	             "update app.duty_sessions set clock_out_time = now() where user_id = '%s'",
	             user);
}

static void setup(void)
{
	f.ada = e2e_new_user("GUARD", "Ada");
	f.bert = e2e_new_user("GUARD", "Bert");
	f.sven = e2e_new_user("SUPERVISOR", "Sven");
	f.other = e2e_client("supervisor");
	f.admin = e2e_client("admin");
	f.ada_id = user_id(f.ada);
	f.bert_id = user_id(f.bert);
	f.sven_id = user_id(f.sven);
	f.session = clock_in(f.ada_id);
}

TestSuite(messages, .init = setup, .timeout = 30);

static const struct answer *post_message(struct client *client, const char *content,
                                         const char *extra)
{
	return client_post(client, "/api/v1/messages", "{'content':'%s'%s}", content, extra);
}

static const char *create_message(struct client *client, const char *content, const char *extra)
{
	const struct answer *answer = post_message(client, content, extra);

	assert_status(answer, 201);
	return e2e_format("%s", answer_at(answer, "id"));
}

static const char *to(const char *user)
{
	return e2e_format(",'recipient_id':'%s'", user);
}

static const char *path_of(const char *id)
{
	return e2e_format("/api/v1/messages/%s", id);
}

static const struct answer *mark_read(struct client *client, const char *id)
{
	return client_post(client, e2e_format("/api/v1/messages/%s/read", id), NULL);
}

static const char *events_of(const char *user, const char *id)
{
	const char *events =
		server_query(e2e_server(),
	                     "select string_agg(type, ', ' order by \"offset\") from live.events"
	                     " where channel = 'user:%s' and data ->> 'id' = '%s'",
	                     user, id);

	return e2e_format("%s", events ? events : "nothing");
}

Test(messages, sends_from_a_guard_to_all_supervisors)
{
	const struct answer *answer = post_message(f.ada, " Gate is open.\\n", to(f.bert_id));
	const char *id;

	assert_status(answer, 201);
	id = e2e_format("%s", answer_at(answer, "id"));
	expect_at(answer, "content", "Gate is open.");
	expect_at(answer, "type", "GUARD_TO_SUPERVISOR");
	expect_at(answer, "sender.first_name", "Ada");
	expect_at(answer, "sender_id", f.ada_id);
	expect_at(answer, "duty_session_id", f.session);
	expect_at(answer, "read_at", "null");
	expect_at(answer, "threads", "1");
	expect_header(answer, "Location", path_of(id));
	expect_at(client_get(f.ada, "/api/v1/messages"), "0.id", id);
	expect_at(client_get(f.sven, "/api/v1/messages?guard_id=%s", f.ada_id), "0.id", id);
	cr_expect_str_eq(events_of(f.ada_id, id), "message.created");
	cr_expect_str_eq(events_of(f.sven_id, id), "message.created");
	cr_expect_str_eq(events_of(f.bert_id, id), "nothing");
}

Test(messages, sends_from_a_supervisor_to_the_given_guard)
{
	const char *id;
	const struct answer *answer;

	clock_in(f.sven_id);
	answer = post_message(f.sven, "Close it.", to(f.ada_id));
	assert_status(answer, 201);
	id = e2e_format("%s", answer_at(answer, "id"));
	expect_at(answer, "type", "SUPERVISOR_TO_GUARD");
	expect_at(answer, "duty_session_id", f.session);
	expect_at(client_get(f.ada, "/api/v1/messages"), "0.sender.first_name", "Sven");
	expect_at(client_get(f.sven, "/api/v1/messages"), "0", "absent");
	cr_expect_str_eq(events_of(f.ada_id, id), "message.created");
	cr_expect_str_eq(events_of(f.sven_id, id), "message.created");
}

Test(messages, broadcasts_to_all_guards_on_duty_without_a_recipient)
{
	const char *id, *own, *other_id = user_id(f.other);
	const struct answer *answer;

	clock_in(f.sven_id);
	clock_in(f.bert_id);
	answer = post_message(f.sven, "Storm by night.", "");
	assert_status(answer, 201);
	id = e2e_format("%s", answer_at(answer, "id"));
	expect_at(answer, "type", "BROADCAST");
	/* Other tests have guards on duty as well. */
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select count(*) from app.messages where type = 'BROADCAST'"
	                              " and sender_id = '%s'",
	                              f.sven_id),
	                 answer_at(answer, "threads"));
	cr_expect_str_eq(
		server_query(
			e2e_server(),
			"select string_agg(u.first_name, ' ' order by u.first_name)"
			" from app.messages m join app.duty_sessions s on s.id = m.duty_session_id"
			" join app.users u on u.id = s.user_id where m.sender_id = '%s'"
			" and u.id in ('%s', '%s', '%s')",
			f.sven_id, f.ada_id, f.bert_id, f.sven_id),
		"Ada Bert");
	answer = client_get(f.ada, "/api/v1/messages");
	expect_at(answer, "0.content", "Storm by night.");
	own = e2e_format("%s", answer_at(answer, "0.id"));
	cr_expect_str_eq(events_of(f.ada_id, own), "message.created");
	cr_expect_str_eq(events_of(f.sven_id, own), "message.created");
	cr_expect_str_eq(events_of(f.sven_id, id), "message.created");
	/* Each reader is recorded once. */
	for (int i = 0; i < 2; i++)
		expect_at(mark_read(f.ada, own), "read_by", e2e_format("[\"%s\"]", f.ada_id));
	expect_at(mark_read(f.other, own), "read_by.1", other_id);
	expect_problem(post_message(f.sven, "x", e2e_format(",'reply_to_id':'%s'", own)),
	               "VALIDATION_FAILED");
}

Test(messages, requires_sender_and_recipient_to_be_on_duty)
{
	expect_problem(post_message(f.bert, "x", ""), "NOT_ON_DUTY");
	/* In an earlier version, supervisors had to clock in. */
	create_message(f.sven, "x", to(f.ada_id));
	cr_expect_eq(json_count(client_get(f.bert, "/api/v1/messages")->json), 0);
	clock_in(f.sven_id);
	expect_problem(post_message(f.sven, "x", to(f.sven_id)), "VALIDATION_FAILED");
	expect_problem(post_message(f.sven, "x", to(e2e_id())), "USER_NOT_FOUND");
	expect_problem(client_get(f.sven, "/api/v1/messages?guard_id=%s", f.bert_id),
	               "GUARD_NOT_ON_DUTY");
	expect_problem(client_get(f.sven, "/api/v1/messages?guard_id=%s", e2e_id()),
	               "USER_NOT_FOUND");
	expect_problem(client_get(f.ada, "/api/v1/messages?guard_id=%s", f.bert_id), "FORBIDDEN");
	expect_status(client_get(f.ada, "/api/v1/messages?guard_id=%s", f.ada_id), 200);
	/* The conversation ends with the duty session. */
	create_message(f.ada, "x", "");
	clock_out(f.ada_id);
	cr_expect_eq(json_count(client_get(f.ada, "/api/v1/messages")->json), 0);
}

Test(messages, stay_readable_by_their_participants_after_duty)
{
	const char *id = create_message(f.ada, "x", ""),
		   *path = e2e_format("/api/v1/messages?duty_session_id=%s", f.session);

	clock_out(f.ada_id);
	cr_expect_eq(json_count(client_get(f.ada, "/api/v1/messages")->json), 0);
	expect_at(client_get(f.ada, "%s", path), "0.id", id);
	expect_at(client_get(f.sven, "%s", path), "0.id", id);
	expect_problem(client_get(f.bert, "%s", path), "FORBIDDEN");
	expect_problem(client_get(f.sven, "%s&guard_id=%s", path, f.bert_id), "NOT_FOUND");
	expect_problem(client_get(f.ada, "/api/v1/messages?duty_session_id=%s", e2e_id()),
	               "NOT_FOUND");
}

Test(messages, accepts_replies_only_within_a_conversation)
{
	const char *question = create_message(f.ada, "Who has the key?", ""), *reply, *elsewhere;

	clock_in(f.sven_id);
	clock_in(f.bert_id);
	elsewhere = create_message(f.bert, "Me.", "");
	reply = create_message(f.sven, "Bert.",
	                       e2e_format("%s,'reply_to_id':'%s'", to(f.ada_id), question));
	expect_at(client_get(f.ada, "%s", path_of(reply)), "reply_to_id", question);
	expect_problem(post_message(f.ada, "x", e2e_format(",'reply_to_id':'%s'", elsewhere)),
	               "NOT_FOUND");
	expect_problem(post_message(f.ada, "x", e2e_format(",'reply_to_id':'%s'", e2e_id())),
	               "NOT_FOUND");
	/* Deleting a message keeps the replies to it. */
	expect_status(client_delete(f.ada, "%s", path_of(question)), 204);
	expect_at(client_get(f.ada, "%s", path_of(reply)), "reply_to_id", "null");
	expect_problem(client_get(f.ada, "%s", path_of(question)), "NOT_FOUND");
	cr_expect_str_eq(events_of(f.sven_id, question), "message.created, message.removed");
}

Test(messages, records_when_a_participant_first_reads_a_message)
{
	const char *id = create_message(f.ada, "Read me", ""), *read_at;
	const struct answer *answer;

	clock_in(f.bert_id);
	expect_problem(mark_read(f.bert, id), "FORBIDDEN");
	expect_problem(client_get(f.bert, "%s", path_of(id)), "FORBIDDEN");
	client_set_header(f.sven, "If-Match: \"9.0\"");
	expect_problem(mark_read(f.sven, id), "PRECONDITION_FAILED");
	answer = mark_read(f.sven, id);
	assert_status(answer, 200);
	read_at = e2e_format("%s", answer_at(answer, "read_at"));
	cr_expect_str_neq(read_at, "null");
	expect_at(answer, "read_by", "[]");
	expect_at(mark_read(f.other, id), "read_at", read_at);
	expect_at(mark_read(f.ada, id), "read_at", read_at);
	expect_problem(mark_read(f.ada, e2e_id()), "NOT_FOUND");
	cr_expect_str_eq(events_of(f.ada_id, id), "message.created, message.read");
}

Test(messages, lets_only_the_sender_and_admins_delete_a_message)
{
	const char *one = create_message(f.ada, "One", ""), *two = create_message(f.ada, "Two", "");

	expect_problem(client_delete(f.sven, "%s", path_of(one)), "FORBIDDEN");
	expect_problem(client_delete(f.bert, "%s", path_of(one)), "FORBIDDEN");
	client_set_header(f.ada, "If-Match: \"9.0\"");
	expect_problem(client_delete(f.ada, "%s", path_of(one)), "PRECONDITION_FAILED");
	expect_status(client_delete(f.ada, "%s", path_of(one)), 204);
	expect_status(client_delete(f.admin, "%s", path_of(two)), 204);
	expect_problem(client_delete(f.ada, "%s", path_of(one)), "NOT_FOUND");
	cr_expect_eq(json_count(client_get(f.ada, "/api/v1/messages")->json), 0);
}

Test(messages, lists_pages_oldest_first)
{
	const char *ids[5], *path = "/api/v1/messages?limit=2";
	int seen = 0;

	for (size_t i = 0; i < COUNT_OF(ids); i++)
		ids[i] = create_message(f.ada, e2e_format("No. %zu", i), "");
	while (path) {
		const struct answer *answer;
		const char *link;

		client_set_header(f.ada, "Prefer: count=exact");
		answer = client_get(f.ada, "%s", path);
		assert_status(answer, 200);
		expect_header(answer, "X-Total-Count", "5");
		for (size_t i = 0; i < json_count(answer->json); i++)
			expect_at(answer, e2e_format("%zu.id", i), ids[seen++]);
		link = answer_header(answer, "Link");
		path = link ? e2e_format("%.*s", (int)strcspn(link + 1, ">"), link + 1) : NULL;
	}
	cr_expect_eq(seen, 5);
}

/* Index of the guard's conversation, as text; empty if it is not listed. */
static const char *index_of(const struct answer *answer, const char *guard)
{
	for (size_t i = 0; i < json_count(answer->json); i++) {
		if (strcmp(answer_at(answer, e2e_format("%zu.guard_id", i)), guard) == 0)
			return e2e_format("%zu", i);
	}
	return "";
}

Test(messages, lists_a_conversation_for_each_guard_on_duty)
{
	const struct answer *answer;
	const char *first, *ada, *bert;

	clock_in(f.bert_id);
	first = create_message(f.ada, "One", "");
	create_message(f.ada, "Two", "");
	answer = client_get(f.sven, "/api/v1/messages/conversations");
	ada = index_of(answer, f.ada_id);
	cr_expect_str_eq(index_of(answer, f.bert_id), "");
	expect_at(answer, e2e_format("%s.guard.first_name", ada), "Ada");
	expect_at(answer, e2e_format("%s.location", ada), "null");
	expect_at(answer, e2e_format("%s.last_message", ada), "Two");
	expect_at(answer, e2e_format("%s.unread_count", ada), "2");
	assert_status(mark_read(f.sven, first), 200);
	create_message(f.bert, "Three", "");
	answer = client_get(f.sven, "/api/v1/messages/conversations");
	ada = index_of(answer, f.ada_id);
	bert = index_of(answer, f.bert_id);
	cr_expect(*bert && strtol(bert, NULL, 10) < strtol(ada, NULL, 10));
	expect_at(answer, e2e_format("%s.unread_count", ada), "1");
	clock_out(f.ada_id);
	cr_expect_str_eq(index_of(client_get(f.sven, "/api/v1/messages/conversations"), f.ada_id),
	                 "");
	expect_problem(client_get(f.bert, "/api/v1/messages/conversations"), "FORBIDDEN");
}

static const char *unread_of_ada(struct client *client)
{
	const struct answer *answer = client_get(client, "/api/v1/messages/conversations");

	return e2e_format(
		"%s", answer_at(answer, e2e_format("%s.unread_count", index_of(answer, f.ada_id))));
}

/* In an earlier version, anyone's reading, even the sender's, cleared the message for all. */
Test(messages, are_read_by_each_recipient_for_themselves)
{
	const char *from_ada = create_message(f.ada, "One", ""),
		   *from_sven = create_message(f.sven, "Two", to(f.ada_id));

	expect_at(mark_read(f.ada, from_ada), "read_at", "null");
	cr_expect_str_eq(unread_of_ada(f.sven), "1");
	assert_status(mark_read(f.other, from_ada), 200);
	cr_expect_str_eq(unread_of_ada(f.sven), "1");
	cr_expect_str_eq(unread_of_ada(f.other), "0");
	assert_status(mark_read(f.sven, from_ada), 200);
	cr_expect_str_eq(unread_of_ada(f.sven), "0");
	expect_at(mark_read(f.sven, from_sven), "read_at", "null");
	expect_at(mark_read(f.other, from_sven), "read_at", "null");
	cr_expect_str_neq(answer_at(mark_read(f.ada, from_sven), "read_at"), "null");
}

static const char *with(const char *user)
{
	return e2e_format("/api/v1/messages?with_user_id=%s", user);
}

/* In an earlier version, supervisors on duty got GUARD_NOT_ON_DUTY. */
Test(messages, between_supervisors_belong_to_the_two)
{
	const char *other_id = user_id(f.other), *id, *path;
	const struct answer *answer = post_message(f.sven, "Take my shift?", to(other_id));

	assert_status(answer, 201);
	id = e2e_format("%s", answer_at(answer, "id"));
	path = path_of(id);
	expect_at(answer, "type", "DIRECT");
	expect_at(answer, "recipient_id", other_id);
	expect_at(answer, "duty_session_id", "null");
	expect_at(client_get(f.sven, "%s", with(other_id)), "0.id", id);
	expect_at(client_get(f.other, "%s", with(f.sven_id)), "0.id", id);
	cr_expect_str_eq(events_of(f.sven_id, id), "message.created");
	cr_expect_str_eq(events_of(other_id, id), "message.created");
	/* Nobody else reads them, not even an administrator. */
	cr_expect_str_eq(events_of(user_id(f.admin), id), "nothing");
	expect_problem(client_get(f.admin, "%s", path), "FORBIDDEN");
	expect_problem(mark_read(f.admin, id), "FORBIDDEN");
	expect_problem(client_delete(f.admin, "%s", path), "FORBIDDEN");
	expect_problem(client_delete(f.other, "%s", path), "FORBIDDEN");
	cr_expect_eq(json_count(client_get(f.admin, "%s", with(f.sven_id))->json), 0);
	expect_status(client_delete(f.sven, "%s", path), 204);
	cr_expect_str_eq(events_of(other_id, id), "message.created, message.removed");
}

/* The entry of a user in the list of direct conversations, as text. */
static const char *direct_with(struct client *client, const char *user, const char *member)
{
	const struct answer *answer = client_get(client, "/api/v1/messages/direct");

	for (size_t i = 0; i < json_count(answer->json); i++) {
		if (strcmp(answer_at(answer, e2e_format("%zu.user_id", i)), user) == 0)
			return e2e_format("%s", answer_at(answer, e2e_format("%zu.%s", i, member)));
	}
	return "absent";
}

static const char *unread_messages(struct client *client)
{
	return e2e_format(
		"%s", answer_at(client_get(client, "/api/v1/users/me/stats"), "unread_messages"));
}

/* In an earlier version, guards off duty could not be reached. */
Test(messages, reach_a_guard_off_duty_who_can_reply)
{
	const char *id = create_message(f.sven, "Please come in early.", to(f.bert_id)), *reply;
	const struct answer *answer;

	cr_expect_str_eq(direct_with(f.bert, f.sven_id, "user.first_name"), "Sven");
	cr_expect_str_eq(direct_with(f.bert, f.sven_id, "last_message"), "Please come in early.");
	cr_expect_str_eq(direct_with(f.bert, f.sven_id, "unread_count"), "1");
	cr_expect_str_eq(direct_with(f.ada, f.sven_id, "unread_count"), "absent");
	cr_expect_str_eq(unread_messages(f.bert), "1");
	expect_at(mark_read(f.sven, id), "read_at", "null");
	cr_expect_str_neq(answer_at(mark_read(f.bert, id), "read_at"), "null");
	cr_expect_str_eq(unread_messages(f.bert), "0");
	/* A guard replies, but cannot write to others so. */
	answer = post_message(f.bert, "At five.", e2e_format(",'reply_to_id':'%s'", id));
	assert_status(answer, 201);
	expect_at(answer, "recipient_id", f.sven_id);
	reply = e2e_format("%s", answer_at(answer, "id"));
	cr_expect_str_eq(direct_with(f.sven, f.bert_id, "unread_count"), "1");
	expect_problem(post_message(f.bert, "x", to(f.sven_id)), "NOT_ON_DUTY");
	expect_problem(post_message(f.ada, "x", e2e_format(",'reply_to_id':'%s'", id)),
	               "NOT_FOUND");
	/* The guard is on duty by now: other messages go to the thread. */
	clock_in(f.bert_id);
	answer = post_message(f.sven, "Five.", e2e_format(",'reply_to_id':'%s'", reply));
	expect_at(answer, "type", "DIRECT");
	answer = post_message(f.sven, "Come to the gate.", to(f.bert_id));
	expect_at(answer, "type", "SUPERVISOR_TO_GUARD");
	cr_expect_eq(json_count(client_get(f.bert, "%s", with(f.sven_id))->json), 3);
	cr_expect_eq(json_count(client_get(f.bert, "/api/v1/messages")->json), 1);
	cr_expect_str_eq(unread_messages(f.bert), "2");
	expect_status(client_delete(f.bert, "%s", path_of(reply)), 204);
	expect_at(client_get(f.sven, "%s", with(f.bert_id)), "1.reply_to_id", "null");
}

Test(messages, are_direct_only_between_active_people)
{
	struct client *visitor = e2e_new_user("VISITOR", "Vera");
	const char *visitor_id = user_id(visitor), *id;

	expect_problem(post_message(f.sven, "x", to(visitor_id)), "NOT_A_GUARD");
	expect_problem(client_get(f.sven, "%s", with(e2e_id())), "USER_NOT_FOUND");
	expect_problem(client_get(f.sven, "%s&guard_id=%s", with(f.ada_id), f.ada_id),
	               "VALIDATION_FAILED");
	id = create_message(f.sven, "x", to(f.bert_id));
	assert_status(client_post(f.admin, e2e_format("/api/v1/users/%s/archive", f.sven_id), NULL),
	              200);
	expect_problem(post_message(f.bert, "x", e2e_format(",'reply_to_id':'%s'", id)),
	               "USER_NOT_FOUND");
	expect_at(client_get(f.bert, "%s", with(f.sven_id)), "0.id", id);
	cr_expect_str_eq(direct_with(f.bert, f.sven_id, "last_message"), "x");
}

/* Both write first at the same time; they get one conversation. */
Test(messages, of_two_people_have_one_conversation)
{
	enum { MESSAGES = 20 };
	struct client *clients[MESSAGES];
	struct client *tim = e2e_new_user("SUPERVISOR", "Tim");
	const char *ids[] = { f.sven_id, user_id(tim) }, *tokens[2];

	for (int i = 0; i < 2; i++)
		tokens[i] = e2e_token(&(struct e2e_token){
			.subject = server_query(e2e_server(),
		                                "select subject from app.users where id = '%s'",
		                                ids[i]) });
	for (int i = 0; i < MESSAGES; i++) {
		clients[i] = e2e_client(NULL);
		client_set_token(clients[i], tokens[i % 2]);
		client_send(clients[i], "POST", "/api/v1/messages",
		            "{'content':'No. %d','recipient_id':'%s'}", i, ids[1 - i % 2]);
	}
	for (int i = 0; i < MESSAGES; i++)
		expect_status(client_receive(clients[i]), 201);
	cr_expect_eq(json_count(client_get(f.sven, "%s", with(ids[1]))->json), MESSAGES);
	cr_expect_str_eq(direct_with(tim, f.sven_id, "unread_count"), "10");
}

Test(messages, to_a_guard_are_counted_until_read)
{
	const char *own = create_message(f.ada, "One", ""),
		   *id = create_message(f.sven, "Two", to(f.ada_id));
	long unread = strtol(unread_messages(f.other), NULL, 10);

	cr_expect_str_eq(unread_messages(f.ada), "1");
	assert_status(mark_read(f.other, own), 200);
	cr_expect_eq(strtol(unread_messages(f.other), NULL, 10), unread - 1);
	assert_status(mark_read(f.ada, id), 200);
	cr_expect_str_eq(unread_messages(f.ada), "0");
}

/* While a guard clocks out, each message is either stored or rejected. */
Test(messages, stores_or_rejects_messages_while_duty_ends)
{
	enum { MESSAGES = 20 };
	struct client *clients[MESSAGES];
	const char *subject = server_query(
		e2e_server(), "select subject from app.users where id = '%s'", f.ada_id);
	const char *token = e2e_token(&(struct e2e_token){ .subject = subject });
	int sent = 0, rejected = 0;

	for (int i = 0; i < MESSAGES; i++) {
		clients[i] = e2e_client(NULL);
		client_set_token(clients[i], token);
		client_send(clients[i], "POST", "/api/v1/messages", "{'content':'No. %d'}", i);
		if (i == MESSAGES / 2)
			clock_out(f.ada_id);
	}
	for (int i = 0; i < MESSAGES; i++) {
		const struct answer *answer = client_receive(clients[i]);

		sent += answer->status == 201;
		rejected += !e2e_check_problem(answer, "NOT_ON_DUTY");
	}
	cr_expect_eq(sent + rejected, MESSAGES);
	cr_expect_str_eq(
		server_query(e2e_server(),
	                     "select count(*) from app.messages where duty_session_id = '%s'",
	                     f.session),
		e2e_format("%d", sent));
	expect_problem(post_message(f.ada, "Late", ""), "NOT_ON_DUTY");
}
