/* users_lists.c: tests listing users: order, filters, search and paging. */

#include "e2e.h"

static struct {
	struct client *supervisor, *admin;
	const char *word; /* in the last names of all users of this test */
} f;

static void setup(void)
{
	f.supervisor = e2e_client("supervisor");
	f.admin = e2e_client("admin");
	f.word = e2e_format("w%.8s", e2e_id() + 28);
}

TestSuite(users_lists, .init = setup, .timeout = 30);

/* Adds a user to the database: tokens can have names that requests cannot. */
static const char *add_user(const char *first_name, const char *role, bool archived)
{
	const char *id = e2e_id();

	server_query(e2e_server(),
	             "insert into app.users (id, email, first_name, last_name, role, archived_at)"
	             " values ('%s', '%s@e2e.example', E'%s', 'Of %s', '%s', %s)",
	             id, id, first_name, f.word, role, archived ? "now()" : "null");
	return id;
}

static void expect_found(const char *query, const char *const *ids)
{
	const struct answer *answer =
		client_get(f.supervisor, "/api/v1/users?q=%s%s", f.word, query);
	size_t count = 0;

	expect_status(answer, 200);
	for (; ids[count]; count++)
		expect_at(answer, e2e_format("%zu.id", count), ids[count]);
	cr_expect_eq(json_count(answer->json), count, "%s: %zu instead of %zu", query,
	             json_count(answer->json), count);
}

/* clang-format off */
#define FOUND(...) (const char *const[]){ __VA_ARGS__, NULL }
/* clang-format on */

Test(users_lists, are_sorted_by_role_then_first_name)
{
	const char *visitor = add_user("Adam", "VISITOR", false),
		   *late = add_user("zoe", "GUARD", false);
	const char *early = add_user("berta", "GUARD", false),
		   *upper = add_user("Carl", "GUARD", false);
	const char *supervisor = add_user("Xenia", "SUPERVISOR", false),
		   *admin = add_user("Yuri", "ADMIN", false);
	const char *super_admin = add_user("Zita", "SUPER_ADMIN", false);
	const char *archived = add_user("Aaron", "SUPER_ADMIN", true),
		   *archived_too = add_user("Abel", "GUARD", true);

	expect_found("", FOUND(super_admin, admin, supervisor, early, upper, late, visitor));
	expect_found("&archived=NO",
	             FOUND(super_admin, admin, supervisor, early, upper, late, visitor));
	expect_found("&archived=YES", FOUND(archived, archived_too));
	expect_found("&archived=ALL", FOUND(super_admin, admin, supervisor, early, upper, late,
	                                    visitor, archived, archived_too));
	expect_found("&role=GUARD", FOUND(early, upper, late));
	expect_found("&role=VISITOR,ADMIN", FOUND(admin, visitor));
	expect_found("&role=SUPER_ADMIN,VISITOR", FOUND(super_admin, visitor));
	expect_found("&role=GUARD&archived=ALL", FOUND(early, upper, late, archived_too));
	expect_found("&role=GUARD&archived=YES", FOUND(archived_too));
	expect_found("&role=ADMIN&archived=YES", FOUND(NULL));
	expect_found("&limit=2&skip=1", FOUND(admin, supervisor));
	server_query(e2e_server(),
	             "delete from app.users where last_name = 'Of %s' and role = 'SUPER_ADMIN'",
	             f.word);
}

Test(users_lists, match_any_word_of_the_search)
{
	const char *a = add_user("Wilhelmina", "GUARD", false),
		   *b = add_user("100% Xaver_", "GUARD", false);
	const char *c = add_user("Zo\xc3\x8b", "GUARD", false);
	const struct {
		const char *q, *found[4];
	} rows[] = {
		{ f.word, { b, a, c } },
		{ e2e_format("OF%%20%s", f.word), { b, a, c } },
		{ "wilhelmina", { a } },
		{ "ILHELM", { a } },
		{ "wilhelmina%20zo%C3%AB", { a, c } },
		{ "%20%20Wilhelmina%20%20nobody%20", { a } },
		{ "wilhelmina-nobody", { 0 } },
		{ "%25%20xaver", { b } },
		{ "xaver_", { b } },
		{ "xaver.", { 0 } },
		{ "_ilhelmina", { 0 } },
		{ "xaver%5C", { 0 } },
		{ e2e_format("%s@E2E", a), { a } },
		{ "zo%C3%8B", { c } },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct answer *answer =
			client_get(f.supervisor, "/api/v1/users?limit=500&q=%s", rows[i].q);
		const char *const *next = rows[i].found;

		expect_status(answer, 200);
		/* Users of other tests may be found as well, but all expected ones must be. */
		for (size_t j = 0; j < json_count(answer->json); j++) {
			const char *id = answer_at(answer, e2e_format("%zu.id", j));

			if (*next && strcmp(id, *next) == 0)
				next++;
			else
				cr_expect(!strstr(answer_at(answer, e2e_format("%zu.last_name", j)),
				                  f.word),
				          "%s must not find %s", rows[i].q, id);
		}
		cr_expect(!*next, "%s did not find %s", rows[i].q, *next);
	}
}

Test(users_lists, have_more_fields_for_administrators)
{
	static const char *const all[] = { "id",   "email", "first_name", "last_name",
		                           "role", "phone", "created_at" };
	static const char *const more[] = { "username",     "image_url",   "street_address",
		                            "city",         "state",       "zip_code",
		                            "is_anonymous", "archived_at", "issuer",
		                            "subject",      "updated_at" };
	const struct answer *answer;

	add_user("Ada", "GUARD", false);
	answer = client_get(f.supervisor, "/api/v1/users?q=%s", f.word);
	for (size_t i = 0; i < COUNT_OF(all); i++)
		cr_expect(json_in(answer->json, e2e_format("0.%s", all[i])) != NULL, "%s", all[i]);
	for (size_t i = 0; i < COUNT_OF(more); i++)
		expect_at(answer, e2e_format("0.%s", more[i]), "absent");

	answer = client_get(f.admin, "/api/v1/users?q=%s", f.word);
	for (size_t i = 0; i < COUNT_OF(all); i++)
		cr_expect(json_in(answer->json, e2e_format("0.%s", all[i])) != NULL, "%s", all[i]);
	for (size_t i = 0; i < COUNT_OF(more); i++)
		cr_expect(json_in(answer->json, e2e_format("0.%s", more[i])) != NULL, "%s",
		          more[i]);
}

Test(users_lists, can_be_paged_through)
{
	static const char *const names[] = {
		"Ada",           "ada",         "\\u0001Bell", "Tab\\tand\\nlines", "\"Quoted\"",
		"back\\\\slash", "\\u00c9mile", "\\u4f0d",     "\\u0130\\u212a",    "'' or 1=1 --",
		"\\u007fDel",    "Ada",
	};
	const char *path = e2e_format("/api/v1/users?q=%s&archived=ALL&limit=1", f.word),
		   *last = "";
	const char *seen[2 * COUNT_OF(names)];
	size_t count = 0, pages = 0;

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		add_user(names[i], i % 3 ? "GUARD" : "VISITOR", false);
		add_user(names[i], "GUARD", true);
	}
	for (; path; pages++) {
		const struct answer *answer = client_get(f.admin, "%s", path);
		const char *link = answer_header(answer, "Link");

		assert_status(answer, 200);
		for (size_t i = 0; i < json_count(answer->json) && count < COUNT_OF(seen); i++) {
			seen[count] = e2e_format("%s", answer_at(answer, e2e_format("%zu.id", i)));
			for (size_t j = 0; j < count; j++)
				cr_expect_str_neq(seen[count], seen[j]);
			count++;
		}
		path = link ? e2e_format("%.*s", (int)strcspn(link + 1, ">"), link + 1) : NULL;
		last = path ? path : last;
	}
	cr_expect_eq(count, COUNT_OF(seen), "%zu", count);
	cr_expect_eq(pages, COUNT_OF(seen));
	/* A cursor is valid only for its list. */
	expect_problem(client_get(f.admin, "%s&role=GUARD", last), "BAD_CURSOR");
	expect_problem(client_get(f.admin, "/api/v1/users?cursor=%s", strstr(last, "cursor=") + 7),
	               "BAD_CURSOR");
}

Test(users_lists, are_counted_on_request)
{
	for (int i = 0; i < 3; i++)
		add_user("Ada", i ? "GUARD" : "VISITOR", i == 2);
	client_set_header(f.admin, "Prefer: count=exact");
	expect_header(client_get(f.admin, "/api/v1/users?q=%s&limit=1", f.word), "X-Total-Count",
	              "2");
	client_set_header(f.admin, "Prefer: count=exact");
	expect_header(
		client_get(f.admin, "/api/v1/users?q=%s&limit=1&archived=ALL&role=GUARD", f.word),
		"X-Total-Count", "2");
	cr_expect(
		!answer_header(client_get(f.admin, "/api/v1/users?q=%s", f.word), "X-Total-Count"));
}

Test(users_lists, require_a_role_and_valid_parameters)
{
	static const struct {
		const char *query, *name, *code;
	} rows[] = {
		{ "archived=maybe", "archived", "not_a_choice" },
		{ "role=KING", "role", "not_a_choice" },
		{ "role=GUARD,", "role", "malformed" },
		{ "q=", "q", "too_short" },
		{ "q=%20", "q", "too_short" },
		{ "q=a%01b", "q", "malformed" },
		{ "name=x", "name", "unknown" },
		{ "limit=501", "limit", "out_of_range" },
	};

	expect_problem(client_get(e2e_client("guard"), "/api/v1/users"), "FORBIDDEN");
	expect_problem(client_get(e2e_sign_up("VISITOR"), "/api/v1/users"), "FORBIDDEN");
	expect_problem(client_get(e2e_client(NULL), "/api/v1/users"), "UNAUTHENTICATED");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct answer *answer =
			client_get(f.supervisor, "/api/v1/users?%s", rows[i].query);

		expect_problem(answer, "VALIDATION_FAILED");
		expect_at(answer, "errors.0.parameter", rows[i].name);
		expect_at(answer, "errors.0.code", rows[i].code);
	}
}

/* ---- Guests ---- */

static const char *add_guest(const char *columns, const char *values, bool archived)
{
	const char *id = e2e_id();

	server_query(e2e_server(),
	             "insert into app.users (id, email, first_name, last_name, role, archived_at%s)"
	             " values ('%s', '%s.%s@e2e.example', 'Unknown', 'User', 'VISITOR', %s%s)",
	             columns, id, f.word, id, archived ? "now()" : "null", values);
	return id;
}

Test(users_lists, leave_out_guests_unless_asked_for)
{
	const char *visitor = add_user("Zoe", "VISITOR", false),
		   *guard = add_user("Carl", "GUARD", false),
		   *gone = add_user("Adam", "VISITOR", true);
	const char *unnamed = add_guest("", "", false), *gone_guest = add_guest("", "", true);
	const char *named = add_guest(", display_name", ", 'Owl'", false);

	expect_found("", FOUND(guard, named, visitor));
	expect_found("&guests=YES", FOUND(unnamed));
	expect_found("&guests=ALL", FOUND(guard, named, visitor, unnamed));
	expect_found("&guests=ALL&role=VISITOR", FOUND(named, visitor, unnamed));
	expect_found("&guests=YES&role=GUARD", FOUND(NULL));
	expect_found("&archived=ALL", FOUND(guard, named, visitor, gone));
	expect_found("&archived=ALL&guests=YES", FOUND(unnamed, gone_guest));
	expect_found("&archived=ALL&guests=ALL",
	             FOUND(guard, named, visitor, unnamed, gone, gone_guest));
	expect_found("&archived=YES&guests=YES", FOUND(gone_guest));
}

/* As expiry.c does it every few minutes. */
Test(users_lists, guests_expire)
{
	enum { IDLE, AUTHOR, ACTIVE, WRITING, FORMER_GUARD, NAMED, GUESTS };
	const char *old = ", now() - interval '91 days'";
	const char *ids[GUESTS] = {
		[IDLE] =
			add_guest(", updated_at, is_anonymous", e2e_format("%s, true", old), false),
		[NAMED] = add_guest(", updated_at, display_name", e2e_format("%s, 'Owl'", old),
		                    false),
	};
	const char *all;

	for (size_t i = AUTHOR; i < NAMED; i++)
		ids[i] = add_guest(", updated_at", i == ACTIVE ? ", now()" : old, false);
	all = e2e_format("'%s','%s','%s','%s','%s','%s'", ids[IDLE], ids[AUTHOR], ids[ACTIVE],
	                 ids[WRITING], ids[FORMER_GUARD], ids[NAMED]);
	server_query(e2e_server(),
	             "insert into app.notes (owner_id, content, updated_at) values"
	             " ('%s', 'Old.', now() - interval '91 days'), ('%s', 'New.', now());"
	             " insert into app.logs (location_id, user_id, type, title, description)"
	             " select id, '%s', 'PATROL', 'Round', 'Quiet.' from app.locations limit 1",
	             ids[AUTHOR], ids[WRITING], ids[FORMER_GUARD]);
	while (strcmp(server_query(e2e_server(), "select api.expire_guests(90, 100)"), "t") == 0)
		continue;
	cr_expect_str_eq(server_query(e2e_server(),
	                              "select string_agg(concat_ws(' ', archived_at is not null,"
	                              " erased_at is not null), ', ' order by array_position("
	                              "array[%s], id::text)) from app.users where id in (%s)",
	                              all, all),
	                 "t t, t f, f f, f f, t f, f f");
}
