/* Who may hear a channel, and what he has missed of it: what the database says to the
 * streams, asked of it directly. */

#include <unistd.h>

#include "e2e.h"

TestSuite(channel_access, .timeout = 40);

static const char *ask(const char *sql)
{
	const char *answer = server_query(e2e_server(), "%s", sql);

	return e2e_format("%s", answer ? answer : "nothing");
}

/* ---- Who may ---- */

enum { NOBODY, PEOPLE = 7 };

static const struct {
	const char *name, *role;
} people[PEOPLE] = {
	{ "nobody" },		       { "a VISITOR", "VISITOR" }, { "a GUARD", "GUARD" },
	{ "a SUPERVISOR", "SUPERVISOR" }, { "an ADMIN", "ADMIN" },	   { "a SUPER_ADMIN", "SUPER_ADMIN" },
	{ "one who is archived", "SUPER_ADMIN" },
};

static const char *ids[PEOPLE]; /* as SQL has them */

static void make_people(void)
{
	ids[NOBODY] = "null";
	for (int i = 1; i < PEOPLE; i++)
		ids[i] = e2e_format("'%s'", ask(e2e_format("insert into app.users (first_name, last_name, role, archived_at)"
		                                             " values ('A', 'B', '%s', %s) returning id",
		                                             people[i].role, i == PEOPLE - 1 ? "now()" : "null")));
}

static bool may_hear(const char *channel, const char *who)
{
	return ask(e2e_format("select live.can_subscribe('%s', %s)", channel, who))[0] == 't';
}

Test(channel_access, is_for_whom_the_table_says, .init = make_people)
{
	const char *place = e2e_location(), *log = e2e_log(e2e_client("supervisor"), place, "Heard");
	const struct {
		const char *channel;
		const char *may; /* in the order of people */
	} rows[] = {
		{ e2e_format("log:%s", log), "--++++-" },
		{ e2e_format("location:%s", place), "--++++-" },
		{ "duty", "---+++-" },
		{ "org", "--++++-" },
		{ "all", "++++++-" },
		{ e2e_format("user:%.36s", ids[2] + 1), "--+----" },
		{ e2e_format("user:%.36s", ids[PEOPLE - 1] + 1), "-------" },
		/* What there is not is refused as what is not his. */
		{ e2e_format("log:%s", e2e_id()), "-------" },
		{ e2e_format("location:%s", e2e_id()), "-------" },
		{ e2e_format("user:%s", e2e_id()), "-------" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		for (int who = 0; who < PEOPLE; who++)
			cr_expect_eq(may_hear(rows[i].channel, ids[who]), rows[i].may[who] == '+', "%s, %s", rows[i].channel,
			             people[who].name);
	}
	/* A person who is none of ours. */
	cr_expect(!may_hear("all", e2e_format("'%s'", e2e_id())));
}

/* A private note is its owner's alone, whoever asks; a public one everybody's. */
Test(channel_access, of_a_note_is_for_whom_it_is_shown_to, .init = make_people)
{
	enum { OWNER = 1 };
	const char *note = e2e_format("note:%s", ask(e2e_format("insert into app.notes (owner_id, title, content)"
	                                                          " values (%s, 'A', 'B') returning id",
	                                                          ids[OWNER])));
	const char *id = note + strlen("note:");

	for (int who = 0; who < PEOPLE; who++)
		cr_expect_eq(may_hear(note, ids[who]), who == OWNER, "%s", people[who].name);
	ask(e2e_format("update app.notes set is_public = true, published_at = now() where id = '%s'", id));
	for (int who = 0; who < PEOPLE; who++)
		cr_expect_eq(may_hear(note, ids[who]), who != PEOPLE - 1, "%s", people[who].name);
	ask(e2e_format("update app.notes set is_public = false, published_at = null where id = '%s'", id));
	for (int who = 0; who < PEOPLE; who++)
		cr_expect_eq(may_hear(note, ids[who]), who == OWNER, "%s", people[who].name);
	ask(e2e_format("update app.users set archived_at = now() where id = %s", ids[OWNER]));
	cr_expect(!may_hear(note, ids[OWNER]));
	cr_expect(!may_hear(e2e_format("note:%s", e2e_id()), ids[NOBODY]));
}

Test(channel_access, of_a_log_goes_on_when_it_is_archived, .init = make_people)
{
	struct client *chief = e2e_client("super_admin");
	const char *log = e2e_log(chief, e2e_location(), "Gone"), *channel = e2e_format("log:%s", log);

	assert_status(client_delete(chief, "/api/v1/logs/%s", log), 204);
	cr_expect(may_hear(channel, ids[2]));
	assert_status(client_delete(chief, "/api/v1/logs/%s?hard=true", log), 204);
	cr_expect(!may_hear(channel, ids[2]));
}

Test(channel_access, of_what_is_no_channel_is_for_nobody, .init = make_people)
{
	const char *place = e2e_location();
	const char *const channels[] = {
		"", ":", "log", "log:{id}", "user:{id}", "log:", "log:x", "location:null", "logs", "user", "user:", "note", "note:", "note:x", "duty:",
		"all ", "all:all", "ALL", "*", "{id}", "duty:x",
		e2e_format("duty:%s", place), e2e_format("all:%s", place), e2e_format("Location:%s", place),
		e2e_format("location:%s ", place), e2e_format("location: %s", place), e2e_format("location:%s:", place),
		e2e_format("location:{%s}", place), e2e_format("user:%s", place),
	};

	for (size_t i = 0; i < COUNT_OF(channels); i++)
		cr_expect(!may_hear(channels[i], ids[5]), "\"%s\"", channels[i]);
	cr_expect_str_eq(ask(e2e_format("select live.can_subscribe(upper('location:%s'), %s)", place, ids[5])), "f");
	cr_expect_str_eq(ask(e2e_format("select live.can_subscribe(null, %s)", ids[5])), "f");
}

Test(channel_access, follows_the_row_and_not_what_is_remembered, .init = make_people)
{
	const char *guard = ids[2];

	cr_expect(may_hear("org", guard) && !may_hear("duty", guard));
	ask(e2e_format("update app.users set role = 'SUPERVISOR' where id = %s", guard));
	cr_expect(may_hear("duty", guard));
	ask(e2e_format("update app.users set role = 'VISITOR' where id = %s", guard));
	cr_expect(!may_hear("org", guard) && may_hear("all", guard));
	ask(e2e_format("update app.users set archived_at = now() where id = %s", guard));
	cr_expect(!may_hear("all", guard));
}

Test(channel_access, of_many_is_judged_in_their_order, .init = make_people)
{
	cr_expect_str_eq(ask(e2e_format("select array_to_string(live.can_subscribe_many('{duty,all,org,nothing,duty,duty}',"
	                                 " array[%s, null, %s, %s, %s, %s]::uuid[]), ' ')",
	                                 ids[2], ids[2], ids[5], ids[3], ids[6])),
	                 "f t t f t f");
	cr_expect_str_eq(ask("select cardinality(live.can_subscribe_many('{}', '{}'))"), "0");
}

/* ---- What was missed ---- */

/* A place on which so many things happened, with their numbers. */
static const char *told(int many)
{
	const char *channel = e2e_format("location:%s", ask("insert into app.locations (name)"
	                                                     " values ('Heard ' || gen_random_uuid()) returning id"));

	ask(e2e_format("select live.emit(jsonb_agg(jsonb_build_object('channel', '%s', 'type', 'location.updated',"
	                " 'data', jsonb_build_object('n', n)) order by n)) from generate_series(1, %d) n having count(*) > 0",
	                channel, many));
	return channel;
}

/* "code offset recovered missed" */
static const char *hear(const char *channel, const char *since, const char *epoch, int most)
{
	return ask(e2e_format("select concat_ws(' ', coalesce(h.code, 'ok'), h.\"offset\", h.recovered,"
	                       " coalesce((select string_agg(m ->> 'offset', ',' order by n)"
	                       " from jsonb_array_elements(h.missed) with ordinality x (m, n)), jsonb_typeof(h.missed)))"
	                       " from live.subscribe('%s', %s, %s, %s, %d) h",
	                       channel, ids[2], since, epoch, most));
}

Test(channel_access, gives_back_what_was_missed_whole_or_not_at_all, .init = make_people)
{
	const char *channel = told(11);
	const struct {
		const char *since, *epoch;
		int most;
		const char *answer;
	} rows[] = {
		{ "null", "null", 100, "ok 11 f" },
		{ "null", "live.epoch()", 100, "ok 11 f" },
		{ "11", "live.epoch()", 100, "ok 11 t array" },
		{ "8", "live.epoch()", 100, "ok 11 t 9,10,11" },
		{ "8", "live.epoch()", 3, "ok 11 t 9,10,11" },
		{ "8", "live.epoch()", 2, "ok 11 f" },
		{ "0", "live.epoch()", 11, "ok 11 t 1,2,3,4,5,6,7,8,9,10,11" },
		{ "11", "live.epoch()", 0, "ok 11 t array" },
		{ "10", "live.epoch()", 0, "ok 11 f" },
		/* Of another database, or of none that is named. */
		{ "8", "'0123456789abcdef'", 100, "ok 11 f" },
		{ "8", "null", 100, "ok 11 f" },
		{ "8", "''", 100, "ok 11 f" },
		/* Nobody has seen what was not said yet. */
		{ "12", "live.epoch()", 100, "ok 11 f" },
		{ "9223372036854775807", "live.epoch()", 100, "ok 11 f" },
		{ "-1", "live.epoch()", 100, "ok 11 f" },
		{ "-9223372036854775807", "live.epoch()", 2147483647, "ok 11 f" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		cr_expect_str_eq(hear(channel, rows[i].since, rows[i].epoch, rows[i].most), rows[i].answer, "since %s of %s",
		                 rows[i].since, rows[i].epoch);
	cr_expect_str_eq(hear(told(0), "0", "live.epoch()", 10), "ok 0 t array");
	cr_expect_str_eq(hear(told(0), "null", "null", 10), "ok 0 f");
	cr_expect_str_eq(hear("duty", "0", "live.epoch()", 10), "FORBIDDEN f");
	cr_expect_str_eq(ask(e2e_format("select (h.epoch is null and h.\"offset\" is null and h.missed is null)"
	                                 " from live.subscribe('duty', %s, 0, live.epoch(), 10) h", ids[2])),
	                 "t");
}

Test(channel_access, tells_what_was_missed_as_it_was_told, .init = make_people)
{
	const char *channel = told(3);

	cr_expect_str_eq(ask(e2e_format("select h.missed = (select jsonb_agg(to_jsonb(e) - 'channel' order by \"offset\")"
	                                 " from live.events e where e.channel = '%s' and e.\"offset\" > 1)"
	                                 " from live.subscribe('%s', %s, 1, live.epoch(), 9) h",
	                                 channel, channel, ids[2])),
	                 "t");
}

Test(channel_access, gives_no_part_of_what_was_dropped, .init = make_people)
{
	const char *channel = told(9);

	ask(e2e_format("delete from live.events where channel = '%s' and \"offset\" <= 6", channel));
	cr_expect_str_eq(hear(channel, "6", "live.epoch()", 9), "ok 9 t 7,8,9");
	cr_expect_str_eq(hear(channel, "5", "live.epoch()", 9), "ok 9 f");
	cr_expect_str_eq(hear(channel, "0", "live.epoch()", 9), "ok 9 f");
	cr_expect_str_eq(hear(channel, "9", "live.epoch()", 9), "ok 9 t array");
}

Test(channel_access, is_of_one_moment_however_many_speak, .init = make_people)
{
	enum { SPEAKERS = 6, ROUNDS = 15 };
	struct client *speakers[SPEAKERS];
	const char *place = e2e_location();

	for (int i = 0; i < SPEAKERS; i++)
		speakers[i] = e2e_client("admin");
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < SPEAKERS; i++)
			client_send(speakers[i], "PATCH", e2e_format("/api/v1/locations/%s", place), "{'description':'%d %d'}",
			            round, i);
		cr_expect_str_eq(ask(e2e_format("select bool_and(h.recovered and jsonb_array_length(h.missed) = h.\"offset\""
		                                 " and h.missed -> -1 -> 'offset' = to_jsonb(h.\"offset\"))"
		                                 " from generate_series(1, 20) n"
		                                 " cross join lateral live.subscribe('location:%s', %s, 0 * n, live.epoch(), 1000) h",
		                                 place, ids[2])),
		                 "t");
		for (int i = 0; i < SPEAKERS; i++)
			expect_status(client_receive(speakers[i]), 200);
	}
}

Test(channel_access, fills_holes_of_many_channels_at_once)
{
	const char *one = told(7), *other = told(3), *none = told(0);

	cr_expect_str_eq(ask(e2e_format("select string_agg(concat_ws(' ', case m.channel when '%s' then 'one' else 'other' end,"
	                                 " m.\"offset\", m.data ->> 'n', m.more), ', ')"
	                                 " from live.backfill(array['%s','%s','%s'], '{2,1,0}', 3) m",
	                                 one, one, other, none)),
	                 "one 3 3 f, one 4 4 f, one 5 5 t, other 2 2 f, other 3 3 f");
	/* Three, and none behind them. */
	cr_expect_str_eq(ask(e2e_format("select string_agg(m.\"offset\" || ' ' || m.more, ', ')"
	                                 " from live.backfill(array['%s'], '{4}', 3) m",
	                                 one)),
	                 "5 false, 6 false, 7 false");
	cr_expect_str_eq(ask(e2e_format("select count(*) from live.backfill(array['%s','%s'], '{7,9}', 3)", one, other)), "0");
	cr_expect_str_eq(ask("select count(*) from live.backfill('{}', '{}', 3)"), "0");
	cr_expect_str_eq(ask(e2e_format("select string_agg(\"offset\"::text, ' ') from live.last_offsets(array['%s','%s','%s'])", one,
	                                 none, other)),
	                 "7 0 3");
	/* A time as JSON has it. */
	cr_expect_str_eq(ask(e2e_format("select m.at = to_jsonb(e.at) #>> '{}' and m.at like '____-__-__T%%+00:00'"
	                                 " from live.backfill(array['%s'], '{0}', 1) m, live.events e"
	                                 " where e.channel = m.channel and e.\"offset\" = m.\"offset\"",
	                                 one)),
	                 "t");
}

/* "offset: publications" */
static const char *past(const char *channel, const char *since, int most, const char *reverse)
{
	return ask(e2e_format("select coalesce(p.code, p.\"offset\" || ':' || coalesce((select string_agg(m ->> 'offset', ',' order by n)"
	                       " from jsonb_array_elements(p.publications) with ordinality x (m, n)), ''))"
	                       " from live.history('%s', %s, %s, %d, %s) p",
	                       channel, ids[2], since, most, reverse));
}

Test(channel_access, of_what_was_said_before_goes_both_ways, .init = make_people)
{
	const char *channel = told(6);

	cr_expect_str_eq(past(channel, "null", 3, "false"), "6:1,2,3");
	cr_expect_str_eq(past(channel, "3", 9, "false"), "6:4,5,6");
	cr_expect_str_eq(past(channel, "6", 9, "false"), "6:");
	cr_expect_str_eq(past(channel, "null", 3, "true"), "6:6,5,4");
	cr_expect_str_eq(past(channel, "3", 9, "true"), "6:2,1");
	cr_expect_str_eq(past(channel, "null", 0, "false"), "6:");
	cr_expect_str_eq(past("duty", "null", 9, "false"), "FORBIDDEN");
}

Test(channel_access, knows_who_is_on_duty, .init = make_people)
{
	struct client *guard = e2e_guard_on_duty("Present", e2e_location());
	const char *session = e2e_format("%s", answer_at(client_get(guard, "/api/v1/duty-sessions/active"), "id"));
	const char *member = e2e_format("select concat_ws(' ', p.presence -> '%s' -> 'conn_info' ->> 'first_name',"
	                                 " p.presence -> '%s' ->> 'client' = '%s', p.presence -> '%s' ->> 'user' = s.user_id::text,"
	                                 " p.clients >= p.users)"
	                                 " from live.presence('duty', %s) p, app.duty_sessions s where s.id = '%s'",
	                                 session, session, session, session, ids[3], session);

	cr_expect_str_eq(ask(member), "Present t t t");
	assert_status(client_post(guard, e2e_format("/api/v1/duty-sessions/%s/clock-out", session), NULL), 200);
	cr_expect_str_eq(ask(member), "t");
	cr_expect_str_eq(ask(e2e_format("select code from live.presence('duty', %s)", ids[2])), "FORBIDDEN");
	cr_expect_str_eq(ask(e2e_format("select (code is null and presence is null) from live.presence('org', %s)", ids[2])),
	                 "t");
}

/* ---- What does not last ---- */

static const char *left(const char *channel)
{
	return ask(e2e_format("select string_agg(\"offset\"::text, ' ' order by \"offset\") from live.events"
	                       " where channel = '%s'",
	                       channel));
}

static void age(const char *channel, int hours, int until)
{
	ask(e2e_format("update live.events set at = now() - interval '%d hours' where channel = '%s' and \"offset\" <= %d",
	                hours, channel, until));
}

static int drop_old(int most)
{
	int times = 1;

	while (ask(e2e_format("select live.delete_expired(72, %d)", most))[0] == 't')
		times++;
	return times;
}

/* (One after another in one test: who drops passes by what others have made older.) */
Test(channel_access, forgets_what_is_old_but_never_the_last)
{
	const char *all_old = told(5), *single = told(1), *some_old = told(4), *young = told(3);
	const char *many[6];

	age(all_old, 100, 5);
	age(single, 99, 1);
	age(some_old, 98, 3);
	age(young, 71, 3);
	drop_old(5000);
	cr_expect_str_eq(left(all_old), "5");
	cr_expect_str_eq(left(single), "1");
	cr_expect_str_eq(left(some_old), "4");
	cr_expect_str_eq(left(young), "1 2 3");

	/* What was the last goes when what came after it is old. */
	ask(e2e_format("select live.emit('[{\"channel\":\"%s\",\"type\":\"location.updated\",\"data\":{}},"
	                "{\"channel\":\"%s\",\"type\":\"location.updated\",\"data\":{}}]')",
	                single, single));
	drop_old(5000);
	cr_expect_str_eq(left(single), "1 2 3");
	ask(e2e_format("update live.events set at = now() - interval '90 hours' where channel = '%s' and \"offset\" > 1",
	                single));
	drop_old(5000);
	cr_expect_str_eq(left(single), "3");
	cr_expect_str_eq(left(all_old), "5");

	/* So many at a time, and all in the end; those of one moment go together. */
	for (size_t i = 0; i < COUNT_OF(many); i++) {
		many[i] = told(3);
		age(many[i], 80 - (int)i, 3);
	}
	cr_expect(drop_old(4) >= 3);
	for (size_t i = 0; i < COUNT_OF(many); i++)
		cr_expect_str_eq(left(many[i]), "3");
	/* The next one's place is counted on. */
	ask(e2e_format("select live.emit('[{\"channel\":\"%s\",\"type\":\"location.updated\",\"data\":{}}]')", all_old));
	cr_expect_str_eq(left(all_old), "5 6");
}

Test(channel_access, says_another_epoch_of_another_database)
{
	static const char *const settings[] = { "DOMAINS=live", NULL };
	struct server *server = server_dev(settings);
	const char *epoch = e2e_format("%s", server_query(server, "select live.epoch()"));

	cr_expect_eq(strlen(epoch), 16);
	cr_expect_eq(server_stop(server), 0);
	server_start(server);
	cr_assert(server_wait_ready(server, 60000));
	cr_expect_str_eq(server_query(server, "select live.epoch()"), epoch);
	/* Restored beside itself, and from a dump in its own place. */
	server_query(server, "alter table live.epoch rename to before;"
	                   "create table live.epoch as select * from live.before; select 1");
	cr_expect_str_neq(server_query(server, "select live.epoch()"), epoch);
	server_query(server, "drop table live.epoch; alter table live.before rename to epoch");
	cr_expect_str_eq(server_query(server, "select live.epoch()"), epoch);
	server_query(server, "update live.epoch set id = gen_random_uuid()");
	cr_expect_str_neq(server_query(server, "select live.epoch()"), epoch);
	server_free(server);
}

Test(channel_access, administrators_see_who_listens)
{
	struct client *listener = e2e_client(NULL), *admin = e2e_client("admin");
	const struct answer *answer = NULL;

	client_send(listener, "GET", "/api/v1/events?channels=all", NULL);
	for (int i = 0; i < 500; i++) {
		answer = client_get(admin, "/websocket/connections?limit=1");
		/* It is there before it hears. */
		if (strcmp(answer_at(answer, "connections.0.channels"), "1") == 0)
			break;
		usleep(10 * 1000);
	}
	expect_at(answer, "process_connections", "1");
	expect_at(answer, "connections.0.user_id", "null");
	expect_at(answer, "connections.0.address", "127.0.0.1");
	expect_at(answer, "connections.0.transport", "events");
	expect_at(client_get(admin, "/websocket/connections?skip=1"), "connections", "[]");
	expect_problem(client_get(admin, "/websocket/connections?limit=501"), "VALIDATION_FAILED");
	client_disconnect(listener);
}
