/* e2e.h: one `binnacle dev` for all tests of a program, and clients for it.
 *
 * e2e_main.c starts the server before Criterion's tests, which run in parallel and each use their
 * own data. The program fails if a test fails, if the server does not exit with 0, or if it
 * answered a request with 500. */

#ifndef E2E_H
#define E2E_H

#include <criterion/criterion.h>

#include "client.h"
#include "program.h"
#include "server.h"

struct server *e2e_server(void);
/* Settings of the server, ended by NULL; defined by programs that need some. */
extern const char *const e2e_settings[] __attribute__((weak));

/* Clients and strings returned by these functions are valid until the test ends. */
struct client *e2e_client(
	const char *who); /* a role, or the email address of a demo user; NULL: without a token */
struct client *e2e_client_of(const struct server *server, const char *who);

/* A token signed by the issuer of `dev`; members that are NULL are omitted. */
struct e2e_token {
	const char *subject, *email, *first_name, *last_name;
	bool anonymous;       /* an anonymous sign-in */
	const char *audience; /* NULL: the expected one */
	const char *issuer;   /* likewise */
	long long ttl;        /* seconds from now; may be negative */
};
const char *e2e_token(const struct e2e_token *token);
const char *e2e_token_of(const struct server *server, const struct e2e_token *token);
/* A new user who was created by their first token, then given this role. */
struct client *e2e_sign_up(const char *role);
/* A new anonymous user. */
struct client *e2e_anonymous(void);
/* A new user with this role and first name; the last name is "Tester". */
struct client *e2e_new_user(const char *role, const char *first_name);
/* A new guard, on duty at this location. */
struct client *e2e_guard_on_duty(const char *first_name, const char *location);

const char *e2e_id(void);   /* a new UUID */
const char *e2e_name(void); /* a unique name */
const char *e2e_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

const char *e2e_new_location(void); /* creates a location and returns its id */
/* Creates a log at this location and returns its id. */
const char *e2e_new_log(struct client *client, const char *location, const char *title);

/* Sends the same request over `many` connections at once and returns how many were answered with
 * this status. All others must be answered with this problem. */
int e2e_in_parallel(int many, const char *who, const char *method, const char *path,
                    const char *body, int status, const char *code);

/* Locks a row for half a second in another process, for which the caller has to waitpid():
 * statements that change the row, or add a reference to it, wait. */
pid_t e2e_lock_row(const char *table, const char *id);

#define expect_status(got, expected)                                                               \
	do {                                                                                       \
		const struct answer *answer_ = (got);                                              \
		cr_expect(answer_->status == (expected), "%s: %d instead of %d: %.*s",             \
		          answer_->about, answer_->status, (expected), STR_ARGS(answer_->body));   \
	} while (0)

#define assert_status(got, expected)                                                               \
	do {                                                                                       \
		const struct answer *answer_ = (got);                                              \
		cr_assert(answer_->status == (expected), "%s: %d instead of %d: %.*s",             \
		          answer_->about, answer_->status, (expected), STR_ARGS(answer_->body));   \
	} while (0)

#define expect_at(got, path, expected)                                                             \
	do {                                                                                       \
		const struct answer *answer_ = (got);                                              \
		const char *path_ = (path), *expected_ = (expected),                               \
			   *actual_ = answer_at(answer_, path_);                                   \
		cr_expect_str_eq(actual_, expected_, "%s: %s is %s instead of %s", answer_->about, \
		                 path_, actual_, expected_);                                       \
	} while (0)

#define expect_header(got, name, expected)                                                         \
	do {                                                                                       \
		const struct answer *answer_ = (got);                                              \
		const char *actual_ = answer_header(answer_, name) ?: "absent",                    \
			   *expected_ = (expected);                                                \
		cr_expect_str_eq(actual_, expected_, "%s: %s is %s instead of %s", answer_->about, \
		                 (name), actual_, expected_);                                      \
	} while (0)

/* The answer is this problem of problems.def, with its status, type, title and code, and with
 * the ID of the request. */
#define expect_problem(got, code)                                                                  \
	do {                                                                                       \
		const struct answer *answer_ = (got);                                              \
		const char *error_ = e2e_check_problem(answer_, code);                             \
		cr_expect(!error_, "%s: %s: %.*s", answer_->about, error_,                         \
		          STR_ARGS(answer_->body));                                                \
	} while (0)

/* NULL: the answer is this problem; otherwise what is wrong. */
const char *e2e_check_problem(const struct answer *answer, const char *code);

#endif
