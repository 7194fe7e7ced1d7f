/* e2e.h: what all stories begin with: one `binnacle dev` for a whole program of
 * tests, and people who know how to ask it.
 *
 * e2e_main.c starts the server before Criterion's tests, which run side by side,
 * each with data of its own. The program fails when a test does, when
 * the server does not end well, or when it answered 500 to anybody. */

#ifndef E2E_H
#define E2E_H

#include <criterion/criterion.h>

#include "client.h"
#include "program.h"
#include "server.h"

struct server *e2e_server(void);
/* A program whose server needs settings defines them; they end with NULL. */
extern const char *const e2e_settings[] __attribute__((weak));

/* Clients and texts of this header last until the test ends. */
struct client *e2e_client(const char *who); /* a role, or a demo person's e-mail; NULL: nobody */
struct client *e2e_client_of(const struct server *server, const char *who);

/* A token of anybody's, signed by dev's own issuer; texts that are NULL are left out. */
struct e2e_token {
	const char *subject, *email, *first_name, *last_name;
	bool anonymous; /* signed in without saying who he is */
	const char *audience; /* NULL: the right one */
	const char *issuer;   /* likewise */
	long long ttl;	      /* seconds from now; may be negative */
};
const char *e2e_token(const struct e2e_token *token);
const char *e2e_token_of(const struct server *server, const struct e2e_token *token);
/* A person nobody has seen before, with his token and this role. */
struct client *e2e_new_person(const char *role);
/* Somebody new who signed in without saying who he is. */
struct client *e2e_anonymous(void);
/* Somebody new who has this role from the first, by first name and "Story". */
struct client *e2e_new_user(const char *role, const char *first_name);
/* And a guard who is on duty at that place. */
struct client *e2e_guard_on_duty(const char *first_name, const char *location);

const char *e2e_id(void);   /* a new UUID */
const char *e2e_name(void); /* a name that nobody else has */
const char *e2e_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

const char *e2e_location(void); /* a new one's id */
/* A new log there, by that client; its id. */
const char *e2e_log(struct client *client, const char *location, const char *title);

/* The same, asked by so many at the same time, each over a connection of his own: how many
 * were answered with that status. Any other answer must be a refusal with that code. */
int e2e_in_parallel(int many, const char *who, const char *method, const char *path, const char *body, int status,
                  const char *code);

/* For some time after this comes back nobody changes that row, or comes to refer to it: whoever
 * would waits behind it. Ends with a waitpid(). */
pid_t e2e_lock_row(const char *table, const char *id);

#define expect_status(given, wanted)                                                             \
	do {                                                                                     \
		const struct answer *it_ = (given);                                              \
		cr_expect(it_->status == (wanted), "%s: %d instead of %d: %.*s", it_->about,     \
		          it_->status, (wanted), STR_ARGS(it_->body));                           \
	} while (0)

#define assert_status(given, wanted)                                                             \
	do {                                                                                     \
		const struct answer *it_ = (given);                                              \
		cr_assert(it_->status == (wanted), "%s: %d instead of %d: %.*s", it_->about,     \
		          it_->status, (wanted), STR_ARGS(it_->body));                           \
	} while (0)

#define expect_at(given, path, wanted)                                                           \
	do {                                                                                     \
		const struct answer *it_ = (given);                                              \
		const char *path_ = (path), *wanted_ = (wanted), *is_ = answer_at(it_, path_);   \
		cr_expect_str_eq(is_, wanted_, "%s: %s is %s instead of %s", it_->about, path_,  \
		                 is_, wanted_);                                                  \
	} while (0)

#define expect_header(given, name, wanted)                                                       \
	do {                                                                                     \
		const struct answer *it_ = (given);                                              \
		const char *is_ = answer_header(it_, name) ?: "absent", *wanted_ = (wanted);     \
		cr_expect_str_eq(is_, wanted_, "%s: %s is %s instead of %s", it_->about, (name), \
		                 is_, wanted_);                                                  \
	} while (0)

/* A refusal as problems.def has it: status, type, title, code, and its request's id. */
#define expect_problem(given, code)                                                              \
	do {                                                                                     \
		const struct answer *it_ = (given);                                              \
		const char *wrong_ = e2e_check_problem(it_, code);                            \
		cr_expect(!wrong_, "%s: %s: %.*s", it_->about, wrong_, STR_ARGS(it_->body));     \
	} while (0)

/* NULL: it is one; otherwise what is wrong with it. */
const char *e2e_check_problem(const struct answer *answer, const char *code);

#endif
