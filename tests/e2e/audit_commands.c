/* `binnacle audit` verifies, seals and prunes the trail from the command line. */

#include <stdio.h>
#include <stdlib.h>

#include "e2e.h"

TestSuite(audit_commands, .timeout = 80);

/* Of the last command run. */
static struct program_result result;

static int run(const struct server *server, const char *setting, const char *const *arguments)
{
	result_finish(&result);
	program_run(&result, (const char *const[]){ setting, NULL }, arguments);
	return result.status;
}

#define RUN(server, setting, ...)                                                                  \
	run(server, setting,                                                                       \
	    (const char *const[]){ "audit", __VA_ARGS__, "--data", server_data(server), NULL })

#define expect_success(status, text)                                                               \
	do {                                                                                       \
		cr_expect_eq(status, 0, "%s%s", buf_cstr(&result.out), buf_cstr(&result.err));     \
		cr_expect(result_has_output(&result, text), "no \"%s\" in: %s", text,              \
		          buf_cstr(&result.out));                                                  \
	} while (0)

#define expect_fault(status, text)                                                                 \
	do {                                                                                       \
		cr_expect_eq(status, 1, "%s", buf_cstr(&result.out));                              \
		cr_expect(result_has_output(&result, text), "no \"%s\" in: %s", text,              \
		          buf_cstr(&result.out));                                                  \
	} while (0)

/* Writes the output of the last command to a file. */
static const char *save_output(const struct server *server, const char *name)
{
	const char *path = e2e_format("%s/%s", server_directory(server), name);
	FILE *file = fopen(path, "w");

	cr_assert(file && fwrite(buf_cstr(&result.out), 1, result.out.length, file));
	fclose(file);
	return path;
}

Test(audit_commands, verify_with_seals)
{
	struct server *server = server_dev(NULL);
	const char *seal;

	cr_assert_eq(RUN(server, NULL, "seal"), 0, "%s", buf_cstr(&result.err));
	seal = save_output(server, "seal.json");
	expect_success(RUN(server, NULL, "verify", "--from", seal), "verified ");
	server_query(server, "update audit.entries set actor_id = gen_random_uuid() where id = 1");
	expect_fault(RUN(server, NULL, "verify"), "it was changed, or the entry before it");
	server_query(server, "update audit.entries set actor_id = null where id = 1");
	expect_success(RUN(server, NULL, "verify"), "verified ");

	/* Seals that were changed, or removed. */
	server_query(server, "update audit.seals set at = at + interval '1 second'");
	expect_fault(RUN(server, NULL, "verify"), "seal 1 was changed");
	server_query(server, "delete from audit.seals");
	expect_success(RUN(server, NULL, "verify"), "verified ");
	expect_fault(RUN(server, NULL, "verify", "--from", seal), "seal 1 is missing");
	cr_expect_eq(RUN(server, NULL, "export"), 1);
	cr_expect(result_has_error(&result, "there is no seal yet"), "%s", buf_cstr(&result.err));
	server_free(server);
}

/* As if all entries were two days old: with their hashes, since these cover the time. */
static void age_trail(const struct server *server)
{
	server_query(
		server,
		"do $$ declare e audit.entries; previous bytea; begin"
		"  update audit.entries set at = at - interval '2 days';"
		"  for e in select * from audit.entries order by chain, seq loop"
		"    previous := audit.chain_hash(case when e.seq = 1 then '' else previous end,"
		"      e.digest, e.id, e.chain, e.seq, e.at, e.kind, e.object_id, e.action,"
		"      e.actor_id, e.api_key_id, e.request_id, e.origin);"
		"    update audit.entries set hash = previous"
		"    where chain = e.chain and seq = e.seq;"
		"  end loop;"
		"end $$");
}

static const char *count_with_values(const struct server *server, const char *kind)
{
	return e2e_format("%s",
	                  server_query(server,
	                               "select count(*) from audit.entries where kind = '%s'"
	                               " and salt is not null and at < now() - interval '1 day'",
	                               kind));
}

Test(audit_commands, prune_old_values_by_kind)
{
	struct server *server = server_dev(NULL);
	const char *const retention = "AUDIT_RETENTION=visitor=1, RADIO=3";
	const char *radios, *visitors;

	expect_success(RUN(server, "AUDIT_RETENTION=visitor=1", "prune"),
	               "VISITOR: removed the values of 0 entries");
	age_trail(server);
	expect_success(RUN(server, NULL, "verify"), "verified ");
	visitors = count_with_values(server, "visitor");
	radios = count_with_values(server, "radio");
	cr_assert(atoi(visitors) > 0 && atoi(radios) > 0, "%s, %s", visitors, radios);

	expect_success(RUN(server, retention, "prune"),
	               e2e_format("VISITOR: removed the values of %s entries", visitors));
	cr_expect(result_has_output(&result, "RADIO: removed the values of 0 entries"));
	cr_expect_str_eq(count_with_values(server, "visitor"), "0");
	cr_expect_str_eq(count_with_values(server, "radio"), radios);
	expect_success(RUN(server, retention, "prune"), "VISITOR: removed the values of 0 entries");
	expect_success(RUN(server, NULL, "verify"), "verified ");
	server_free(server);
}
