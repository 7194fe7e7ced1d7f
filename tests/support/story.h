/* story.h: what all stories begin with: one `binnacle dev` for a whole program of
 * tests, and people who know how to ask it.
 *
 * story_main.c starts the server before Criterion's tests, which run side by side,
 * each with data of its own. The program fails when a test does, when
 * the server does not end well, or when it answered 500 to anybody. */

#ifndef STORY_H
#define STORY_H

#include <criterion/criterion.h>

#include "client.h"
#include "program.h"
#include "server.h"

struct server *story_server(void);
/* A program whose server needs settings defines them; they end with NULL. */
extern const char *const story_settings[] __attribute__((weak));

/* Clients and texts of this header last until the test ends. */
struct client *story_client(const char *who); /* a role, or a demo person's e-mail; NULL: nobody */
struct client *story_client_of(const struct server *server, const char *who);

/* A token of anybody's, signed by dev's own issuer; texts that are NULL are left out. */
struct story_token {
	const char *subject, *email, *first_name, *last_name;
	bool anonymous; /* signed in without saying who he is */
	const char *audience; /* NULL: the right one */
	const char *issuer;   /* likewise */
	long long ttl;	      /* seconds from now; may be negative */
};
const char *story_token(const struct story_token *token);
const char *story_token_of(const struct server *server, const struct story_token *token);
/* A person nobody has seen before, with his token and this role. */
struct client *story_person(const char *role);
/* Somebody new who signed in without saying who he is. */
struct client *story_anonymous(void);
/* Somebody new who has this role from the first, by first name and "Story". */
struct client *story_member(const char *role, const char *first_name);
/* And a guard who is on duty at that place. */
struct client *story_guard(const char *first_name, const char *location);

const char *story_id(void);   /* a new UUID */
const char *story_name(void); /* a name that nobody else has */
const char *story_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

const char *story_location(void); /* a new one's id */
/* A new log there, by that client; its id. */
const char *story_log(struct client *client, const char *location, const char *title);

/* The same, asked by so many at the same time, each over a connection of his own: how many
 * were answered with that status. Any other answer must be a refusal with that code. */
int story_at_once(int many, const char *who, const char *method, const char *path, const char *body, int status,
                  const char *code);

/* For some time after this comes back nobody changes that row, or comes to refer to it: whoever
 * would waits behind it. Ends with a waitpid(). */
pid_t story_hold(const char *table, const char *id);

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
		const char *wrong_ = story_is_not_problem(it_, code);                            \
		cr_expect(!wrong_, "%s: %s: %.*s", it_->about, wrong_, STR_ARGS(it_->body));     \
	} while (0)

/* NULL: it is one; otherwise what is wrong with it. */
const char *story_is_not_problem(const struct answer *answer, const char *code);

#endif
