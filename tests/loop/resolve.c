/* A lookup yields addresses or an error, on a later turn. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <event2/event.h>

#include "fake_server.h"
#include "resolve.h"

static struct {
	struct loop *loop;
	struct resolver *resolver;
	struct lookup lookup;
	bool done;
	int done_count;
	const char *error;
} f;

static void set_up(void)
{
	f.loop = loop_new();
	f.resolver = resolver_new(f.loop);
	cr_assert(f.resolver != NULL);
}

static void tear_down(void)
{
	resolver_free(f.resolver);
	loop_free(f.loop);
}

static void on_done(struct lookup *lookup, const char *error)
{
	f.done = true;
	f.done_count++;
	f.error = error;
}

TestSuite(resolve, .init = set_up, .fini = tear_down, .timeout = 20);

Test(resolve, resolves_addresses_and_the_hosts_file_on_a_later_turn)
{
	static const struct {
		const char *host, *address;
	} rows[] = {
		{ "127.0.0.1", "127.0.0.1" },     { "192.0.2.7", "192.0.2.7" }, { "::1", "::1" },
		{ "2001:db8::7", "2001:db8::7" }, { "localhost", "127.0.0.1" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		f.done = false;
		resolve(f.resolver, &f.lookup, rows[i].host, on_done);
		cr_expect(not(f.done), "%s completed within the call", rows[i].host);
		cr_expect(turn_until(f.loop, &f.done, 2000), "%s did not complete", rows[i].host);
		cr_expect(f.error == NULL, "%s: %s", rows[i].host, f.error);
		cr_assert(f.lookup.count > 0, "%s has no address", rows[i].host);
		cr_expect(eq(str, f.lookup.addresses[0], (char *)rows[i].address));
		f.done = false;
		cr_expect(not(turn_until(f.loop, &f.done, 5)), "%s completed twice", rows[i].host);
	}
}

Test(resolve, reports_a_missing_address)
{
	/* The empty name. */
	resolve(f.resolver, &f.lookup, "", on_done);
	cr_assert(turn_until(f.loop, &f.done, 15000));
	cr_expect(eq(int, f.lookup.count, 0));
	cr_expect(f.error != NULL);
}

Test(resolve, does_not_call_back_when_cancelled)
{
	static const char *const hosts[] = { "127.0.0.1", "localhost", "nowhere.invalid" };

	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		resolve(f.resolver, &f.lookup, hosts[i], on_done);
		resolve_cancel(&f.lookup);
		resolve_cancel(&f.lookup);
		cr_expect(not(turn_until(f.loop, &f.done, 50)), "%s completed although cancelled",
		          hosts[i]);
	}
}

Test(resolve, can_be_reused_after_cancelling)
{
	f.done_count = 0;
	resolve(f.resolver, &f.lookup, "127.0.0.1", on_done);
	resolve_cancel(&f.lookup);
	resolve(f.resolver, &f.lookup, "127.0.0.2", on_done);
	cr_assert(turn_until(f.loop, &f.done, 1000));
	cr_expect(eq(str, f.lookup.addresses[0], "127.0.0.2"));
	cr_expect(eq(int, f.done_count, 1));
}

static void on_unexpected(struct lookup *, const char *)
{
	cr_fail("done() was called although cancelled");
}

Test(resolve, can_be_freed_with_pending_queries)
{
	struct lookup others[3];

	for (size_t i = 0; i < COUNT_OF(others); i++)
		resolve(f.resolver, &others[i], "nowhere.invalid", on_unexpected);
	for (size_t i = 0; i < COUNT_OF(others); i++)
		resolve_cancel(&others[i]);
}
