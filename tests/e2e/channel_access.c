/* Who can subscribe to a channel, and which missed events a subscriber gets: tests of the SQL
 * functions that the transports call. */

#include <unistd.h>

#include "e2e.h"

TestSuite(channel_access, .timeout = 40);

static const char *query(const char *sql)
{
	const char *answer = server_query(e2e_server(), "%s", sql);

	return e2e_format("%s", answer ? answer : "nothing");
}

/* ---- Permissions ---- */

enum { UNAUTHENTICATED, VISITOR, GUARD, SUPERVISOR, ADMIN, SUPER_ADMIN, ARCHIVED, USERS };

static const struct {
	const char *name, *role;
} users[USERS] = {
	[UNAUTHENTICATED] = { "an unauthenticated caller" },
	[VISITOR] = { "a VISITOR", "VISITOR" },
	[GUARD] = { "a GUARD", "GUARD" },
	[SUPERVISOR] = { "a SUPERVISOR", "SUPERVISOR" },
	[ADMIN] = { "an ADMIN", "ADMIN" },
	[SUPER_ADMIN] = { "a SUPER_ADMIN", "SUPER_ADMIN" },
	[ARCHIVED] = { "an archived user", "SUPER_ADMIN" },
};

static const char *ids[USERS]; /* quoted for SQL */

static void create_users(void)
{
	ids[UNAUTHENTICATED] = "null";
	for (int i = VISITOR; i < USERS; i++) {
		const char *archived_at = i == ARCHIVED ? "now()" : "null";
		const char *id = query(e2e_format(
			"insert into app.users (first_name, last_name, role, archived_at)"
			" values ('A', 'B', '%s', %s) returning id",
			users[i].role, archived_at));

		ids[i] = e2e_format("'%s'", id);
	}
}

static bool can_subscribe(const char *channel, const char *user)
{
	return query(e2e_format("select live.can_subscribe('%s', %s)", channel, user))[0] == 't';
}

Test(channel_access, depends_on_the_role_and_the_resource, .init = create_users)
{
	const char *location = e2e_new_location(),
		   *log = e2e_new_log(e2e_client("supervisor"), location, "x");
	const struct {
		const char *channel;
		const char *allowed; /* '+' or '-' for each of `users` */
	} rows[] = {
		{ e2e_format("log:%s", log), "--++++-" },
		{ e2e_format("location:%s", location), "--++++-" },
		{ "duty", "---+++-" },
		{ "org", "--++++-" },
		{ "all", "++++++-" },
		{ e2e_format("user:%.36s", ids[GUARD] + 1), "--+----" },
		{ e2e_format("user:%.36s", ids[ARCHIVED] + 1), "-------" },
		/* Resources that do not exist. */
		{ e2e_format("log:%s", e2e_id()), "-------" },
		{ e2e_format("location:%s", e2e_id()), "-------" },
		{ e2e_format("user:%s", e2e_id()), "-------" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		for (int user = 0; user < USERS; user++)
			cr_expect_eq(can_subscribe(rows[i].channel, ids[user]),
			             rows[i].allowed[user] == '+', "%s, %s", rows[i].channel,
			             users[user].name);
	}
	/* A user who does not exist. */
	cr_expect(!can_subscribe("all", e2e_format("'%s'", e2e_id())));
}

/* Only the owner can subscribe to a private note, whatever the role of others. */
Test(channel_access, to_a_note_depends_on_its_visibility, .init = create_users)
{
	enum { OWNER = VISITOR };
	const char *note = e2e_format(
		"note:%s", query(e2e_format("insert into app.notes (owner_id, title, content)"
	                                    " values (%s, 'A', 'B') returning id",
	                                    ids[OWNER])));
	const char *id = note + strlen("note:");

	for (int user = 0; user < USERS; user++)
		cr_expect_eq(can_subscribe(note, ids[user]), user == OWNER, "%s", users[user].name);
	query(e2e_format(
		"update app.notes set is_public = true, published_at = now() where id = '%s'", id));
	for (int user = 0; user < USERS; user++)
		cr_expect_eq(can_subscribe(note, ids[user]), user != ARCHIVED, "%s",
		             users[user].name);
	query(e2e_format(
		"update app.notes set is_public = false, published_at = null where id = '%s'", id));
	for (int user = 0; user < USERS; user++)
		cr_expect_eq(can_subscribe(note, ids[user]), user == OWNER, "%s", users[user].name);
	query(e2e_format("update app.users set archived_at = now() where id = %s", ids[OWNER]));
	cr_expect(!can_subscribe(note, ids[OWNER]));
	cr_expect(!can_subscribe(e2e_format("note:%s", e2e_id()), ids[UNAUTHENTICATED]));
}

Test(channel_access, to_a_log_ends_when_it_is_removed, .init = create_users)
{
	struct client *admin = e2e_client("super_admin");
	const char *log = e2e_new_log(admin, e2e_new_location(), "Gone"),
		   *channel = e2e_format("log:%s", log);

	assert_status(client_delete(admin, "/api/v1/logs/%s", log), 204);
	cr_expect(can_subscribe(channel, ids[GUARD]));
	assert_status(client_delete(admin, "/api/v1/logs/%s?hard=true", log), 204);
	cr_expect(!can_subscribe(channel, ids[GUARD]));
}

Test(channel_access, to_invalid_channels_is_denied, .init = create_users)
{
	const char *location = e2e_new_location();
	/* clang-format off */
	const char *const channels[] = {
		"", ":", "log", "log:{id}", "user:{id}", "log:", "log:x", "location:null", "logs",
		"user", "user:", "note", "note:", "note:x", "duty:", "all ", "all:all", "ALL", "*",
		"{id}", "duty:x",
		e2e_format("duty:%s", location), e2e_format("all:%s", location),
		e2e_format("Location:%s", location),
		e2e_format("location:%s ", location), e2e_format("location: %s", location),
		e2e_format("location:%s:", location), e2e_format("location:{%s}", location),
		e2e_format("user:%s", location),
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT_OF(channels); i++)
		cr_expect(!can_subscribe(channels[i], ids[SUPER_ADMIN]), "\"%s\"", channels[i]);
	cr_expect_str_eq(query(e2e_format("select live.can_subscribe(upper('location:%s'), %s)",
	                                  location, ids[SUPER_ADMIN])),
	                 "f");
	cr_expect_str_eq(query(e2e_format("select live.can_subscribe(null, %s)", ids[SUPER_ADMIN])),
	                 "f");
}

Test(channel_access, follows_changes_of_the_role, .init = create_users)
{
	const char *guard = ids[GUARD];

	cr_expect(can_subscribe("org", guard) && !can_subscribe("duty", guard));
	query(e2e_format("update app.users set role = 'SUPERVISOR' where id = %s", guard));
	cr_expect(can_subscribe("duty", guard));
	query(e2e_format("update app.users set role = 'VISITOR' where id = %s", guard));
	cr_expect(!can_subscribe("org", guard) && can_subscribe("all", guard));
	query(e2e_format("update app.users set archived_at = now() where id = %s", guard));
	cr_expect(!can_subscribe("all", guard));
}

Test(channel_access, is_checked_for_many_in_one_call, .init = create_users)
{
	cr_expect_str_eq(query(e2e_format("select array_to_string(live.can_subscribe_many("
	                                  "'{duty,all,org,nothing,duty,duty}',"
	                                  " array[%s, null, %s, %s, %s, %s]::uuid[]), ' ')",
	                                  ids[GUARD], ids[GUARD], ids[SUPER_ADMIN], ids[SUPERVISOR],
	                                  ids[ARCHIVED])),
	                 "f t t f t f");
	cr_expect_str_eq(query("select cardinality(live.can_subscribe_many('{}', '{}'))"), "0");
}

/* ---- Missed events ---- */

/* A new location's channel with `count` events, whose data is their offset. */
static const char *channel_with_events(int count)
{
	const char *channel = e2e_format(
		"location:%s", query("insert into app.locations (name)"
	                             " values ('Pier ' || gen_random_uuid()) returning id"));

	query(e2e_format("select live.emit(jsonb_agg(jsonb_build_object('channel', '%s', 'type',"
	                 " 'location.updated', 'data', jsonb_build_object('n', n)) order by n))"
	                 " from generate_series(1, %d) n having count(*) > 0",
	                 channel, count));
	return channel;
}

/* "code offset recovered missed" */
static const char *subscribe(const char *channel, const char *since, const char *epoch, int max)
{
	return query(e2e_format(
		"select concat_ws(' ', coalesce(h.code, 'ok'), h.\"offset\", h.recovered,"
		" coalesce((select string_agg(m ->> 'offset', ',' order by n)"
		" from jsonb_array_elements(h.missed) with ordinality x (m, n)),"
		" jsonb_typeof(h.missed)))"
		" from live.subscribe('%s', %s, %s, %s, %d) h",
		channel, ids[GUARD], since, epoch, max));
}

Test(channel_access, recovers_all_missed_events_or_none, .init = create_users)
{
	const char *channel = channel_with_events(11);
	const struct {
		const char *since, *epoch;
		int max;
		const char *expected;
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
		/* The epoch of another database, and none. */
		{ "8", "'0123456789abcdef'", 100, "ok 11 f" },
		{ "8", "null", 100, "ok 11 f" },
		{ "8", "''", 100, "ok 11 f" },
		/* Offsets that do not exist. */
		{ "12", "live.epoch()", 100, "ok 11 f" },
		{ "9223372036854775807", "live.epoch()", 100, "ok 11 f" },
		{ "-1", "live.epoch()", 100, "ok 11 f" },
		{ "-9223372036854775807", "live.epoch()", 2147483647, "ok 11 f" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		cr_expect_str_eq(subscribe(channel, rows[i].since, rows[i].epoch, rows[i].max),
		                 rows[i].expected, "since %s in epoch %s", rows[i].since,
		                 rows[i].epoch);
	cr_expect_str_eq(subscribe(channel_with_events(0), "0", "live.epoch()", 10),
	                 "ok 0 t array");
	cr_expect_str_eq(subscribe(channel_with_events(0), "null", "null", 10), "ok 0 f");
	cr_expect_str_eq(subscribe("duty", "0", "live.epoch()", 10), "FORBIDDEN f");
	cr_expect_str_eq(
		query(e2e_format(
			"select (h.epoch is null and h.\"offset\" is null and h.missed is null)"
			" from live.subscribe('duty', %s, 0, live.epoch(), 10) h",
			ids[GUARD])),
		"t");
}

Test(channel_access, recovers_events_unchanged, .init = create_users)
{
	const char *channel = channel_with_events(3);

	cr_expect_str_eq(
		query(e2e_format("select h.missed = (select jsonb_agg(to_jsonb(e) - 'channel'"
	                         " order by \"offset\") from live.events e where e.channel = '%s'"
	                         " and e.\"offset\" > 1)"
	                         " from live.subscribe('%s', %s, 1, live.epoch(), 9) h",
	                         channel, channel, ids[GUARD])),
		"t");
}

Test(channel_access, does_not_recover_if_events_have_been_deleted, .init = create_users)
{
	const char *channel = channel_with_events(9);

	query(e2e_format("delete from live.events where channel = '%s' and \"offset\" <= 6",
	                 channel));
	cr_expect_str_eq(subscribe(channel, "6", "live.epoch()", 9), "ok 9 t 7,8,9");
	cr_expect_str_eq(subscribe(channel, "5", "live.epoch()", 9), "ok 9 f");
	cr_expect_str_eq(subscribe(channel, "0", "live.epoch()", 9), "ok 9 f");
	cr_expect_str_eq(subscribe(channel, "9", "live.epoch()", 9), "ok 9 t array");
}

/* The offset and the events of a subscription are from one snapshot. */
Test(channel_access, recovers_consistently_during_concurrent_writes, .init = create_users)
{
	enum { WRITERS = 6, ROUNDS = 15 };
	struct client *writers[WRITERS];
	const char *location = e2e_new_location();

	for (int i = 0; i < WRITERS; i++)
		writers[i] = e2e_client("admin");
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < WRITERS; i++)
			client_send(writers[i], "PATCH",
			            e2e_format("/api/v1/locations/%s", location),
			            "{'description':'%d %d'}", round, i);
		cr_expect_str_eq(
			query(e2e_format(
				"select bool_and(h.recovered"
				" and jsonb_array_length(h.missed) = h.\"offset\""
				" and h.missed -> -1 -> 'offset' = to_jsonb(h.\"offset\"))"
				" from generate_series(1, 20) n"
				" cross join lateral live.subscribe('location:%s', %s, 0 * n,"
				" live.epoch(), 1000) h",
				location, ids[GUARD])),
			"t");
		for (int i = 0; i < WRITERS; i++)
			expect_status(client_receive(writers[i]), 200);
	}
}

Test(channel_access, backfills_many_channels_in_one_query)
{
	const char *one = channel_with_events(7), *other = channel_with_events(3),
		   *empty = channel_with_events(0);

	cr_expect_str_eq(
		query(e2e_format(
			"select string_agg(concat_ws(' ', case m.channel when '%s' then 'one' else"
			" 'other' end, m.\"offset\", m.data ->> 'n', m.more), ', ')"
			" from live.backfill(array['%s','%s','%s'], '{2,1,0}', 3) m",
			one, one, other, empty)),
		"one 3 3 f, one 4 4 f, one 5 5 t, other 2 2 f, other 3 3 f");
	/* Exactly three are left: there are no more. */
	cr_expect_str_eq(query(e2e_format("select string_agg(m.\"offset\" || ' ' || m.more, ', ')"
	                                  " from live.backfill(array['%s'], '{4}', 3) m",
	                                  one)),
	                 "5 false, 6 false, 7 false");
	cr_expect_str_eq(
		query(e2e_format("select count(*) from live.backfill(array['%s','%s'], '{7,9}', 3)",
	                         one, other)),
		"0");
	cr_expect_str_eq(query("select count(*) from live.backfill('{}', '{}', 3)"), "0");
	cr_expect_str_eq(query(e2e_format("select string_agg(\"offset\"::text, ' ') from"
	                                  " live.last_offsets(array['%s','%s','%s'])",
	                                  one, empty, other)),
	                 "7 0 3");
	/* Times have the format of JSON. */
	cr_expect_str_eq(
		query(e2e_format(
			"select m.at = to_jsonb(e.at) #>> '{}' and m.at like '____-__-__T%%+00:00'"
			" from live.backfill(array['%s'], '{0}', 1) m, live.events e"
			" where e.channel = m.channel and e.\"offset\" = m.\"offset\"",
			one)),
		"t");
}

/* "offset:publications" */
static const char *history(const char *channel, const char *since, int limit, const char *reverse)
{
	return query(e2e_format(
		"select coalesce(p.code, p.\"offset\" || ':' || coalesce((select string_agg(m ->>"
		" 'offset', ',' order by n)"
		" from jsonb_array_elements(p.publications) with ordinality x (m, n)), ''))"
		" from live.history('%s', %s, %s, %d, %s) p",
		channel, ids[GUARD], since, limit, reverse));
}

Test(channel_access, includes_history_in_both_directions, .init = create_users)
{
	const char *channel = channel_with_events(6);

	cr_expect_str_eq(history(channel, "null", 3, "false"), "6:1,2,3");
	cr_expect_str_eq(history(channel, "3", 9, "false"), "6:4,5,6");
	cr_expect_str_eq(history(channel, "6", 9, "false"), "6:");
	cr_expect_str_eq(history(channel, "null", 3, "true"), "6:6,5,4");
	cr_expect_str_eq(history(channel, "3", 9, "true"), "6:2,1");
	cr_expect_str_eq(history(channel, "null", 0, "false"), "6:");
	cr_expect_str_eq(history("duty", "null", 9, "false"), "FORBIDDEN");
}

Test(channel_access, includes_the_presence_of_guards_on_duty, .init = create_users)
{
	struct client *guard = e2e_guard_on_duty("Mei", e2e_new_location());
	const char *session = e2e_format(
		"%s", answer_at(client_get(guard, "/api/v1/duty-sessions/active"), "id"));
	const char *presence = e2e_format(
		"select concat_ws(' ', p.presence -> '%s' -> 'conn_info' ->> 'first_name',"
		" p.presence -> '%s' ->> 'client' = '%s', p.presence -> '%s' ->> 'user' ="
		" s.user_id::text, p.clients >= p.users)"
		" from live.presence('duty', %s) p, app.duty_sessions s where s.id = '%s'",
		session, session, session, session, ids[SUPERVISOR], session);

	cr_expect_str_eq(query(presence), "Mei t t t");
	assert_status(
		client_post(guard, e2e_format("/api/v1/duty-sessions/%s/clock-out", session), NULL),
		200);
	cr_expect_str_eq(query(presence), "t");
	cr_expect_str_eq(
		query(e2e_format("select code from live.presence('duty', %s)", ids[GUARD])),
		"FORBIDDEN");
	cr_expect_str_eq(
		query(e2e_format(
			"select (code is null and presence is null) from live.presence('org', %s)",
			ids[GUARD])),
		"t");
}

/* ---- Retention ---- */

static const char *remaining(const char *channel)
{
	return query(e2e_format(
		"select string_agg(\"offset\"::text, ' ' order by \"offset\") from live.events"
		" where channel = '%s'",
		channel));
}

/* Makes events up to this offset so many hours old. */
static void set_age(const char *channel, int hours, int last)
{
	query(e2e_format(
		"update live.events set at = now() - interval '%d hours' where channel = '%s' and"
		" \"offset\" <= %d",
		hours, channel, last));
}

/* Deletes events older than 72 hours in batches of this size, and returns how many batches. */
static int delete_expired(int batch_size)
{
	int batches = 1;

	while (query(e2e_format("select live.delete_expired(72, %d)", batch_size))[0] == 't')
		batches++;
	return batches;
}

/* One test, because deletions of concurrent tests would delete each other's events. */
Test(channel_access, expiry_keeps_the_newest_event)
{
	const char *all_old = channel_with_events(5), *single = channel_with_events(1),
		   *some_old = channel_with_events(4), *recent = channel_with_events(3);
	const char *channels[6];

	set_age(all_old, 100, 5);
	set_age(single, 99, 1);
	set_age(some_old, 98, 3);
	set_age(recent, 71, 3);
	delete_expired(5000);
	cr_expect_str_eq(remaining(all_old), "5");
	cr_expect_str_eq(remaining(single), "1");
	cr_expect_str_eq(remaining(some_old), "4");
	cr_expect_str_eq(remaining(recent), "1 2 3");

	/* An old event that was the newest is deleted once newer ones have expired. */
	query(e2e_format(
		"select live.emit('[{\"channel\":\"%s\",\"type\":\"location.updated\",\"data\":{}},"
		"{\"channel\":\"%s\",\"type\":\"location.updated\",\"data\":{}}]')",
		single, single));
	delete_expired(5000);
	cr_expect_str_eq(remaining(single), "1 2 3");
	query(e2e_format(
		"update live.events set at = now() - interval '90 hours' where channel = '%s' and"
		" \"offset\" > 1",
		single));
	delete_expired(5000);
	cr_expect_str_eq(remaining(single), "3");
	cr_expect_str_eq(remaining(all_old), "5");

	/* Several batches delete all; events with the same time are deleted in the same batch. */
	for (size_t i = 0; i < COUNT_OF(channels); i++) {
		channels[i] = channel_with_events(3);
		set_age(channels[i], 80 - (int)i, 3);
	}
	cr_expect(delete_expired(4) >= 3);
	for (size_t i = 0; i < COUNT_OF(channels); i++)
		cr_expect_str_eq(remaining(channels[i]), "3");
	/* Offsets continue after a deletion. */
	query(e2e_format("select live.emit('[{\"channel\":\"%s\",\"type\":\"location.updated\","
	                 "\"data\":{}}]')",
	                 all_old));
	cr_expect_str_eq(remaining(all_old), "5 6");
}

Test(channel_access, has_another_epoch_in_another_database)
{
	static const char *const settings[] = { "DOMAINS=live", NULL };
	struct server *server = server_dev(settings);
	const char *epoch = e2e_format("%s", server_query(server, "select live.epoch()"));

	cr_expect_eq(strlen(epoch), 16);
	cr_expect_eq(server_stop(server), 0);
	server_start(server);
	cr_assert(server_wait_ready(server, 60000));
	cr_expect_str_eq(server_query(server, "select live.epoch()"), epoch);
	/* A restored table has another OID; another ID has the same effect. */
	server_query(server, "alter table live.epoch rename to before;"
	                     "create table live.epoch as select * from live.before; select 1");
	cr_expect_str_neq(server_query(server, "select live.epoch()"), epoch);
	server_query(server, "drop table live.epoch; alter table live.before rename to epoch");
	cr_expect_str_eq(server_query(server, "select live.epoch()"), epoch);
	server_query(server, "update live.epoch set id = gen_random_uuid()");
	cr_expect_str_neq(server_query(server, "select live.epoch()"), epoch);
	server_free(server);
}

Test(channel_access, is_listed_as_a_connection_for_administrators)
{
	struct client *subscriber = e2e_client(NULL), *admin = e2e_client("admin");
	const struct answer *answer = NULL;

	client_send(subscriber, "GET", "/api/v1/events?channels=all", NULL);
	for (int i = 0; i < 500; i++) {
		answer = client_get(admin, "/websocket/connections?limit=1");
		/* A connection is listed before its subscription. */
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
	client_disconnect(subscriber);
}
