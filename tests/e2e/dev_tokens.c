/* Tokens of `binnacle dev` behind a trusted proxy: only for clients on this machine. */

#include "e2e.h"

const char *const e2e_settings[] = { "TRUSTED_PROXIES=127.0.0.1,10.0.0.0/8", NULL };

TestSuite(dev_tokens, .timeout = 40);

static const struct answer *ask(struct client *client, const char *headers)
{
	if (headers)
		client_set_header(client, "%s", headers);
	return client_post(client, "/dev/token", "{'who':'visitor'}");
}

Test(dev_tokens, are_issued_to_clients_on_this_machine)
{
	static const char *const local[] = {
		NULL,
		"X-Forwarded-For: 127.0.0.1",
		"X-Forwarded-For: ::1\r\nX-Forwarded-Proto: http",
		"X-Forwarded-For: 127.0.0.1, 10.0.0.7",
	};

	for (size_t i = 0; i < COUNT_OF(local); i++)
		expect_status(ask(e2e_client(NULL), local[i]), 200);
}

Test(dev_tokens, are_refused_to_clients_elsewhere)
{
	static const char *const remote[] = {
		"X-Forwarded-For: 203.0.113.9",        "X-Forwarded-For: 127.0.0.1, 203.0.113.9",
		"X-Forwarded-For: 10.0.0.7",           "X-Forwarded-For: unknown",
		"X-Forwarded-For: unknown, 127.0.0.1", "X-Forwarded-Proto: https",
		"Origin: https://evil.example",
	};

	for (size_t i = 0; i < COUNT_OF(remote); i++)
		expect_problem(ask(e2e_client(NULL), remote[i]), "FORBIDDEN");
}

Test(dev_tokens, are_printed_for_every_role)
{
	static const char *const roles[] = { "visitor", "guard",       "supervisor",
		                             "admin",   "super_admin", "anonymous" };

	for (size_t i = 0; i < COUNT_OF(roles); i++) {
		struct program_result result = { 0 };
		struct client *client = e2e_client(NULL);

		program_run(&result, NULL,
		            (const char *const[]){ "token", roles[i], "--port",
		                                   e2e_format("%d", server_port(e2e_server())),
		                                   NULL });
		cr_assert_eq(result.status, 0, "%s: %s", roles[i], buf_cstr(&result.err));
		client_set_header(client, "Authorization: Bearer %.*s",
		                  STR_ARGS(result_line(&result)));
		expect_status(client_get(client, "/api/v1/users/me"), 200);
		result_finish(&result);
	}
}
